"""MFA devices of users."""

from mfa_session.demo.answers import Result, Value
from mfa_session.demo.iam.pages import PAGING, page
from mfa_session.demo.iam.subjects import authorized_user
from mfa_session.demo.operations import Action, Operation


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


ACTIONS = {
    "ListMFADevices": Action(_list_mfa_devices, accepts=("UserName", *PAGING)),
}
