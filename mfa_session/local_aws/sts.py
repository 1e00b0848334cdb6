"""The Security Token Service: who one is, and sessions for those who can prove it."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from mfa_session.local_aws.account import Account, Role
from mfa_session.local_aws.authentication import Caller
from mfa_session.local_aws.mfa_devices import VirtualDevice
from mfa_session.local_aws.operations import Action, Operation, Service
from mfa_session.local_aws.responses import RefusedError, Result
from mfa_session.policies.evaluator import DecisionType, Policy, Request, evaluate_known

_MAX_OF_A_CHAIN = timedelta(hours=1)


def assume_role(operation: Operation) -> Result:
    """Give the caller a session of the role it names, for an hour where it asks for no other time.

    Raises:
        RefusedError: the role is not theirs to take, or not for so long.
    """
    account = operation.account
    duration = timedelta(seconds=int(operation.get("DurationSeconds") or 3600))
    if operation.caller.identity.is_root:
        raise RefusedError(403, "AccessDenied", "Roles may not be assumed by root accounts.")
    if operation.caller.session is not None and duration > _MAX_OF_A_CHAIN:
        raise _too_long("the 1 hour session limit for roles assumed by role chaining.")
    role = _permitted(operation)
    if duration > role.longest_session:
        raise _too_long("the MaxSessionDuration set for this role.")
    identity = account.identity_of_role(role, operation["RoleSessionName"])
    return {
        "Credentials": account.begin_session(identity, duration).described(),
        "AssumedRoleUser": {"AssumedRoleId": identity.user_id, "Arn": identity.arn},
    }


def _too_long(limit: str) -> RefusedError:
    return RefusedError(400, "ValidationError", f"The requested DurationSeconds exceeds {limit}")


def _permitted(operation: Operation) -> Role:
    """Return the role that is asked for, if both its trust and the caller's own policies allow it.

    A principal that the trust policy names needs no policy of its own; one that is only of the account does.
    A caller who may not assume a role does not learn whether it exists.
    """
    account, arn = operation.account, operation["RoleArn"]
    request = operation.request(arn, _circumstances(operation))
    own = operation.decide(request)
    if own.decision is DecisionType.EXPLICITLY_DENIED:
        raise operation.refusal(request, own)
    role = next((role for role in account.roles.values() if role.arn == arn), None)
    if role is None:
        raise operation.refusal(request, None)
    in_person = _trust(role, request, {operation.caller.identity.arn, operation.principal_arn})
    as_one_of_the_account = _trust(role, request, {account.account_id, account.arn("root"), "*"})
    if DecisionType.EXPLICITLY_DENIED in (in_person, as_one_of_the_account):
        raise operation.refusal(request, None)
    if DecisionType.ALLOWED not in (in_person, as_one_of_the_account):
        raise operation.refusal(request, None)
    if in_person is not DecisionType.ALLOWED and own.decision is not DecisionType.ALLOWED:
        raise operation.refusal(request, own)
    return role


def _circumstances(operation: Operation) -> dict[str, str | None]:
    """Return what only a call of AssumeRole tells a policy."""
    proof = {"aws:MultiFactorAuthPresent": "true", "aws:MultiFactorAuthAge": "0"} if is_proven(operation) else {}
    return {
        "sts:ExternalId": operation.get("ExternalId"),
        "sts:RoleSessionName": operation["RoleSessionName"],
        **proof,
    }


def _trust(role: Role, request: Request, principals: set[str]) -> DecisionType:
    """Return what those statements of the trust policy decide that name one of *principals*."""
    document = json.loads(role.trust_policy)
    statements = document["Statement"]
    listed: list[dict[str, Any]] = statements if isinstance(statements, list) else [statements]
    meant = [
        {**{element: value for element, value in statement.items() if element != "Principal"}, "Resource": "*"}
        for statement in listed
        if principals & _principals(statement)
    ]
    if not meant:
        return DecisionType.IMPLICITLY_DENIED
    return evaluate_known([Policy.parse({"Version": document["Version"], "Statement": meant})], request).decision


def _principals(statement: Mapping[str, Any]) -> set[str]:
    principal = statement["Principal"]
    named = principal.get("AWS", []) if isinstance(principal, Mapping) else principal
    return {named} if isinstance(named, str) else set(named)


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


_DEFAULT_SECONDS = "43200"
_MAX_FOR_ROOT = timedelta(hours=1)

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
    duration = timedelta(seconds=int(operation.get("DurationSeconds") or _DEFAULT_SECONDS))
    if identity.is_root:
        # clamped, not refused
        duration = min(duration, _MAX_FOR_ROOT)
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
