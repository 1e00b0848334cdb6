"""Users, groups and managed policies as IAM's answers describe them."""

from mfa_session.demo.account import Account, Group, ManagedPolicy, PolicyVersion, User
from mfa_session.demo.answers import Value

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
