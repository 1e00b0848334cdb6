"""The Security Token Service: who one is, and sessions for those who can prove it."""

from datetime import timedelta

from mfa_session.demo.account import Account
from mfa_session.demo.answers import RefusedError, Result
from mfa_session.demo.callers import Caller
from mfa_session.demo.operations import Action, Operation, Service
from mfa_session.demo.proof import PROOF, is_proven
from mfa_session.demo.roles import assume_role

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
    mfa_at = account.now() if is_proven(operation) else None
    return {"Credentials": account.begin_session(identity, duration, mfa_at=mfa_at).described()}


STS = Service(
    name="sts",
    version="2011-06-15",
    namespace="https://sts.amazonaws.com/doc/2011-06-15/",
    admit=_admit,
    actions={
        "GetCallerIdentity": Action(_get_caller_identity),
        "GetSessionToken": Action(_get_session_token, accepts=("DurationSeconds", *PROOF)),
        "AssumeRole": Action(
            assume_role,
            requires=("RoleArn", "RoleSessionName"),
            accepts=("DurationSeconds", "ExternalId", *PROOF),
            shapes={"DurationSeconds": "RoleDurationSeconds"},
        ),
    },
)
