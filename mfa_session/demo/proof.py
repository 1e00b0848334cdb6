"""The proof that a caller has their MFA device: a serial number and the code it shows, in the call itself."""

from mfa_session.demo.answers import RefusedError
from mfa_session.demo.devices import VirtualDevice
from mfa_session.demo.operations import Operation

PROOF = ("SerialNumber", "TokenCode")


def is_proven(operation: Operation) -> bool:
    """Tell whether the call carries the code of a device of its caller; the code is used up by it.

    Raises:
        RefusedError: the code or the device is not right, or one of the two is missing.
    """
    serial, code = operation.get("SerialNumber"), operation.get("TokenCode")
    if serial is None and code is None:
        return False
    if serial is None or code is None:
        raise _failed(", must provide both MFA serial number and one time pass code.")
    is_a_role = operation.caller.identity.role_name is not None
    device = None if is_a_role else operation.account.devices_of(operation.user).get(serial)
    if not isinstance(device, VirtualDevice):
        raise _failed(
            ", unable to validate MFA code.  "
            "Please verify your MFA serial number is valid and associated with this user."
        )
    if not device.accepts(code):
        # the blank at the end is AWS's
        raise _failed(" with invalid MFA one time pass code. ")
    return True


def _failed(reason: str) -> RefusedError:
    return RefusedError(403, "AccessDenied", f"MultiFactorAuthentication failed{reason}")
