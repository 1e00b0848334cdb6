"""MFA devices: made, enabled with two codes, brought back into step, and taken away."""

from base64 import b64decode

from mfa_session.local_aws.account import User
from mfa_session.local_aws.iam.responses import (
    PAGING,
    already_exists,
    described_user,
    no_such,
    page,
    quota_exceeded,
    still_needed,
)
from mfa_session.local_aws.iam.targets import authorized_user, named_user
from mfa_session.local_aws.mfa_devices import Device, VirtualDevice
from mfa_session.local_aws.operations import Action, Operation
from mfa_session.local_aws.responses import RefusedError, Result, Value

_MAX_OF_A_USER = 8

# How many steps a device may be off when it is enabled or brought back into step. AWS does not say; an hour is
# more than the code window and less than a phone in the wrong time zone.
_REACH = 120

# One transparent pixel. AWS's picture holds otpauth://totp/NAME@ACCOUNT?secret=SEED; no camera reads it here.
_PICTURE = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")

_CODES = ("AuthenticationCode1", "AuthenticationCode2")


def _list_mfa_devices(operation: Operation) -> Result:
    user = authorized_user(operation)
    devices: list[Value] = [
        {
            "UserName": user.name if user else None,
            "SerialNumber": device.serial_number,
            "EnableDate": device.enable_date,
        }
        for device in operation.account.devices_of(user).values()
    ]
    return page(operation, "MFADevices", devices)


def _get_mfa_device(operation: Operation) -> Result:
    user = authorized_user(operation)
    device = _assigned(operation, user)
    name = user.name if user else None
    return {"UserName": name, "SerialNumber": device.serial_number, "EnableDate": device.enable_date}


def _list_virtual_mfa_devices(operation: Operation) -> Result:
    operation.authorize(operation.account.arn("mfa/"))
    asked = operation.get("AssignmentStatus") or "Any"
    listed: list[Value] = []
    for serial, device in operation.account.devices.items():
        owner = next((user for user in operation.account.users.values() if serial in user.devices), None)
        assigned = owner is not None or serial in operation.account.root_devices
        if asked == "Any" or (asked == "Assigned") == assigned:
            described = {"SerialNumber": serial, "EnableDate": device.enable_date}
            listed.append({**described, "User": described_user(operation.account, owner) if assigned else None})
    return page(operation, "VirtualMFADevices", listed)


def _create_virtual_mfa_device(operation: Operation) -> Result:
    account = operation.account
    serial = account.arn(f"mfa{operation.get('Path') or '/'}{operation['VirtualMFADeviceName']}")
    operation.authorize(serial)
    if serial in account.devices:
        raise already_exists("MFA device already exists.")
    device = VirtualDevice(serial, account.clock)
    account.devices[serial] = device
    # botocore's type is a blob: the base 32 text, in base 64 on the wire
    seed = device.base32_seed.encode("ascii")
    return {"VirtualMFADevice": {"SerialNumber": serial, "Base32StringSeed": seed, "QRCodePNG": _PICTURE}}


def _enable_mfa_device(operation: Operation) -> None:
    account, serial = operation.account, operation["SerialNumber"]
    user = named_user(operation)
    _check_device_change(operation, user)
    device = account.devices.get(serial)
    if device is None:
        raise _unknown(serial)
    if device.enable_date is not None:
        raise already_exists("MFA Device is already in use.")
    if len(user.devices) >= _MAX_OF_A_USER:
        raise quota_exceeded("MFADevicesPerUser", _MAX_OF_A_USER)
    _check_codes(operation, device)
    device.enable_date = account.now()
    user.devices[serial] = device


def _resync_mfa_device(operation: Operation) -> None:
    device = _assigned(operation, named_user(operation))
    if not isinstance(device, VirtualDevice):
        raise _unknown(device.serial_number)
    _check_codes(operation, device)


def _deactivate_mfa_device(operation: Operation) -> None:
    user = authorized_user(operation)
    _check_device_change(operation, user)
    device = _assigned(operation, user)
    del operation.account.devices_of(user)[device.serial_number]
    if isinstance(device, VirtualDevice):
        device.enable_date = None


def _delete_virtual_mfa_device(operation: Operation) -> None:
    account, serial = operation.account, operation["SerialNumber"]
    operation.authorize(serial)
    device = account.devices.get(serial)
    if device is None:
        raise _unknown(serial)
    if device.enable_date is not None:
        raise still_needed("MFA VirtualDevice in use. Must deactivate first.")
    del account.devices[serial]


def _check_device_change(operation: Operation, user: User | None) -> None:
    """Hold a user who has a device to showing it first. AWS's words for it are not recorded; these say who and what."""
    about_oneself = user is operation.user
    if not about_oneself or not operation.account.devices_of(user) or operation.caller.mfa:
        return
    if operation.account.device_changes_need_mfa:
        arn = user.arn if user else operation.account.arn("root")
        raise operation.refusal(operation.request(arn, {}), None)


def _check_codes(operation: Operation, device: VirtualDevice) -> None:
    first, second = (operation[name] for name in _CODES)
    if not device.accepts_both(first, second, reach=_REACH):
        raise RefusedError(403, "InvalidAuthenticationCode", "Authentication code for device is not valid.")


def _assigned(operation: Operation, user: User | None) -> Device:
    serial = operation["SerialNumber"]
    device = operation.account.devices_of(user).get(serial)
    if device is None:
        raise no_such("MFA Device invalid for user.")
    return device


def _unknown(serial: str) -> RefusedError:
    return no_such(f"VirtualMFADevice with serial number {serial} does not exist.")


ACTIONS = {
    "ListMFADevices": Action(_list_mfa_devices, accepts=("UserName", *PAGING)),
    "GetMFADevice": Action(_get_mfa_device, requires=("SerialNumber",), accepts=("UserName",)),
    "ListVirtualMFADevices": Action(_list_virtual_mfa_devices, accepts=("AssignmentStatus", *PAGING)),
    "CreateVirtualMFADevice": Action(_create_virtual_mfa_device, requires=("VirtualMFADeviceName",), accepts=("Path",)),
    "EnableMFADevice": Action(_enable_mfa_device, requires=("UserName", "SerialNumber", *_CODES)),
    "ResyncMFADevice": Action(_resync_mfa_device, requires=("UserName", "SerialNumber", *_CODES)),
    "DeactivateMFADevice": Action(_deactivate_mfa_device, requires=("SerialNumber",), accepts=("UserName",)),
    "DeleteVirtualMFADevice": Action(_delete_virtual_mfa_device, requires=("SerialNumber",)),
}
