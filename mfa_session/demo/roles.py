"""Roles: who may take one, and the session they get.

A role's trust policy is a policy with principals where others have resources. Known are
accounts, users, roles and role sessions; services and federations never call this endpoint.
"""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from mfa_session.demo.account import Role
from mfa_session.demo.answers import RefusedError, Result
from mfa_session.demo.operations import Operation
from mfa_session.demo.proof import is_proven
from mfa_session.policies.evaluator import Decision, Policy, Request, evaluate

_LONGEST_OF_A_CHAIN = timedelta(hours=1)


def assume_role(operation: Operation) -> Result:
    """Give the caller a session of the role it names, for an hour where it asks for no other time.

    Raises:
        RefusedError: the role is not theirs to take, or not for so long.
    """
    account = operation.account
    duration = timedelta(seconds=int(operation.get("DurationSeconds") or 3600))
    if operation.caller.identity.is_root:
        raise RefusedError(403, "AccessDenied", "Roles may not be assumed by root accounts.")
    if operation.caller.session is not None and duration > _LONGEST_OF_A_CHAIN:
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

    Whom the trust policy names needs no leave of their own; whoever is only of the account does.
    Whether there is such a role is told to nobody who may not take it.
    """
    account, arn = operation.account, operation["RoleArn"]
    request = operation.request(arn, _circumstances(operation))
    own = operation.ruling(request)
    if own.decision is Decision.EXPLICITLY_DENIED:
        raise operation.refusal(request, own)
    role = next((role for role in account.roles.values() if role.arn == arn), None)
    if role is None:
        raise operation.refusal(request, None)
    in_person = _trust(role, request, {operation.caller.identity.arn, operation.principal_arn})
    as_one_of_the_account = _trust(role, request, {account.account_id, account.arn("root"), "*"})
    if Decision.EXPLICITLY_DENIED in (in_person, as_one_of_the_account):
        raise operation.refusal(request, None)
    if Decision.ALLOWED not in (in_person, as_one_of_the_account):
        raise operation.refusal(request, None)
    if in_person is not Decision.ALLOWED and own.decision is not Decision.ALLOWED:
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


def _trust(role: Role, request: Request, principals: set[str]) -> Decision:
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
        return Decision.IMPLICITLY_DENIED
    return evaluate([Policy.parse({"Version": document["Version"], "Statement": meant})], request).decision


def _principals(statement: Mapping[str, Any]) -> set[str]:
    principal = statement["Principal"]
    named = principal.get("AWS", []) if isinstance(principal, Mapping) else principal
    return {named} if isinstance(named, str) else set(named)
