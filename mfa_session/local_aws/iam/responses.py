"""Pages: the part of a list that one answer holds."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from urllib.parse import quote

from mfa_session.errors import UsageError
from mfa_session.local_aws.account import Account, Group, ManagedPolicy, PolicyVersion, User
from mfa_session.local_aws.operations import Operation
from mfa_session.local_aws.responses import RefusedError, Value
from mfa_session.policies.evaluator import Policy

# AWS's markers are opaque, and these look so: base 64 of where the next page begins.
_MARKER = re.compile(rb"after:([0-9]{1,9})")

PAGING = ("MaxItems", "Marker")


def page(operation: Operation, name: str, items: Sequence[Value]) -> dict[str, Value]:
    """Return the part of *items* that was asked for, as element *name*, and how to ask for the next.

    AWS may return fewer than ``MaxItems``: here never more than the account's page size.

    Raises:
        RefusedError: the marker is none that was given.
    """
    start = _start(operation.get("Marker"))
    most = min(int(operation.get("MaxItems") or 100), operation.account.page_size)
    end = start + most
    if end >= len(items):
        return {name: items[start:], "IsTruncated": False}
    return {name: items[start:end], "IsTruncated": True, "Marker": urlsafe_b64encode(f"after:{end}".encode()).decode()}


def _start(marker: str | None) -> int:
    if marker is None:
        return 0
    try:
        given = _MARKER.fullmatch(urlsafe_b64decode(marker))
    except ValueError:
        given = None
    if given is None:
        raise RefusedError(400, "ValidationError", "Invalid Marker.")
    return int(given[1])


# Root has no date of its own in this account.
_BEGINNING = "2024-02-29T09:00:00Z"


def described_user(account: Account, user: User | None) -> dict[str, Value]:
    """Return *user*, or root where that is ``None``, which has no name and no path."""
    if user is None:
        return {"UserId": account.account_id, "Arn": account.arn("root"), "CreateDate": _BEGINNING}
    return {
        "Path": user.path,
        "UserName": user.name,
        "UserId": user.user_id,
        "Arn": user.arn,
        "CreateDate": user.create_date,
    }


def described_group(group: Group) -> dict[str, Value]:
    """Return *group* without its members."""
    return {
        "Path": group.path,
        "GroupName": group.name,
        "GroupId": group.group_id,
        "Arn": group.arn,
        "CreateDate": group.create_date,
    }


def described_policy(account: Account, policy: ManagedPolicy) -> dict[str, Value]:
    """Return *policy* without its document."""
    return {
        "PolicyName": policy.name,
        "PolicyId": policy.policy_id,
        "Arn": policy.arn,
        "Path": policy.path,
        "DefaultVersionId": policy.in_force.version_id,
        "AttachmentCount": account.attachments_of(policy),
        "PermissionsBoundaryUsageCount": 0,
        "IsAttachable": True,
        "CreateDate": policy.versions[0].create_date,
        "UpdateDate": policy.versions[-1].create_date,
    }


def described_version(policy: ManagedPolicy, version: PolicyVersion) -> dict[str, Value]:
    """Return *version* of *policy* without its document."""
    return {
        "VersionId": version.version_id,
        "IsDefaultVersion": version is policy.in_force,
        "CreateDate": version.create_date,
    }


def on_the_wire(document: str) -> str:
    """Return *document* as IAM sends it, percent-encoded."""
    return quote(document, safe="")


def checked(document: str, *, quota: str, longest: int) -> str:
    """Return *document*, if it can be kept. Blanks do not count against *longest*.

    Raises:
        RefusedError: it is too long, or not understood. What AWS would understand and the local AWS does not
            is refused too: a policy that cannot be evaluated would be no better than none.
    """
    if len("".join(document.split())) > longest:
        raise quota_exceeded(quota, longest)
    try:
        Policy.parse(document)
    except UsageError as error:
        raise RefusedError(400, "MalformedPolicyDocument", str(error)) from None
    return document


def no_such(message: str) -> RefusedError:
    """Return the answer to a name that nothing has."""
    return RefusedError(404, "NoSuchEntity", message)


def quota_exceeded(quota: str, most: int) -> RefusedError:
    """Return the answer to one thing more than there may be."""
    return RefusedError(409, "LimitExceeded", f"Cannot exceed quota for {quota}: {most}")


def already_exists(message: str) -> RefusedError:
    """Return the answer to a name that is taken."""
    return RefusedError(409, "EntityAlreadyExists", message)


def still_needed(message: str) -> RefusedError:
    """Return the answer to the removal of what something else stands on."""
    return RefusedError(409, "DeleteConflict", message)
