"""The Security Token Service: who one is, and sessions for those who can prove it."""

from datetime import timedelta

from mfa_session.demo.account import Account, User
from mfa_session.demo.answers import RefusedError, Result
from mfa_session.demo.callers import Caller
from mfa_session.demo.devices import VirtualDevice
from mfa_session.demo.operations import Action, Operation, Service
from mfa_session.demo.sessions import Session

_USUAL_SECONDS = "43200"
_LONGEST_FOR_ROOT = timedelta(hours=1)

# What a session may call. Everything else that STS can do is for long-term keys.
_OPEN_TO_SESSIONS = ("AssumeRole", "GetCallerIdentity")
_CLOSED_TO_SESSIONS = ("DecodeAuthorizationMessage", "GetAccessKeyInfo", "GetFederationToken", "GetSessionToken")

# The one region in which STS cannot be switched off.
_ALWAYS_ON = "us-east-1"


def _admit(account: Account, caller: Caller, action: str) -> None:
    if caller.region in account.disabled_regions and caller.region != _ALWAYS_ON:
        raise RefusedError(
            403,
            "RegionDisabledException",
            f"STS is not activated in this region for account:{account.account_id}. "
            "Your account administrator can activate STS in this region using the IAM Console.",
        )
    if caller.session is not None and action in _CLOSED_TO_SESSIONS:
        raise RefusedError(403, "AccessDenied", f"Cannot call {action} with session credentials")


def _get_caller_identity(operation: Operation) -> Result:
    identity = operation.caller.identity
    return {"Arn": identity.arn, "UserId": identity.user_id, "Account": operation.account.account_id}


def _get_session_token(operation: Operation) -> Result:
    account, identity = operation.account, operation.caller.identity
    duration = timedelta(seconds=int(operation.get("DurationSeconds") or _USUAL_SECONDS))
    if identity.is_root:
        # clamped, not refused
        duration = min(duration, _LONGEST_FOR_ROOT)
    mfa_at = account.now() if code_was_right(operation, operation.user) else None
    return {"Credentials": _credentials(account.begin_session(identity, duration, mfa_at=mfa_at))}


def code_was_right(operation: Operation, user: User | None) -> bool:
    """Tell whether the call carries a code, and use that code up.

    Raises:
        RefusedError: the code or the device is not right, or one of the two is missing.
    """
    serial, code = operation.get("SerialNumber"), operation.get("TokenCode")
    if serial is None and code is None:
        return False
    if serial is None or code is None:
        raise _mfa_failed("must provide both MFA serial number and one time pass code.")
    device = operation.account.devices_of(user).get(serial)
    if not isinstance(device, VirtualDevice):
        raise _mfa_failed(
            "unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user."
        )
    if not device.accepts(code):
        # the blank at the end is AWS's
        raise _mfa_failed("with invalid MFA one time pass code. ", comma="")
    return True


def _mfa_failed(reason: str, *, comma: str = ",") -> RefusedError:
    return RefusedError(403, "AccessDenied", f"MultiFactorAuthentication failed{comma} {reason}")


def _credentials(session: Session) -> Result:
    return {
        "AccessKeyId": session.access_key_id,
        "SecretAccessKey": session.secret_access_key,
        "SessionToken": session.session_token,
        "Expiration": session.expiration,
    }


STS = Service(
    name="sts",
    version="2011-06-15",
    namespace="https://sts.amazonaws.com/doc/2011-06-15/",
    admit=_admit,
    actions={
        "GetCallerIdentity": Action(_get_caller_identity),
        "GetSessionToken": Action(_get_session_token, accepts=("DurationSeconds", "SerialNumber", "TokenCode")),
    },
)
