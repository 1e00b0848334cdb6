"""Managed policies and their versions."""

from collections.abc import Mapping

from mfa_session.local_aws.account import Group, ManagedPolicy, PolicyVersion, Role, User
from mfa_session.local_aws.iam.responses import (
    PAGING,
    already_exists,
    checked,
    described_policy,
    described_version,
    no_such,
    on_the_wire,
    page,
    still_needed,
)
from mfa_session.local_aws.iam.targets import authorized_policy
from mfa_session.local_aws.operations import Action, Operation
from mfa_session.local_aws.responses import RefusedError, Result, Value

_MAX = 6144
_MAX_VERSIONS = 5


def _create_policy(operation: Operation) -> Result:
    account, name, path = operation.account, operation["PolicyName"], operation.get("Path") or "/"
    operation.authorize(account.arn(f"policy{path}{name}"))
    document = checked(operation["PolicyDocument"], quota="PolicySize", longest=_MAX)
    if any(policy.name == name for policy in account.managed_policies.values()):
        raise already_exists(f"A policy called {name} already exists. Duplicate names are not allowed.")
    return {"Policy": described_policy(account, account.add_managed_policy(name, document, path=path))}


def _get_policy(operation: Operation) -> Result:
    return {"Policy": described_policy(operation.account, authorized_policy(operation))}


def _list_policies(operation: Operation) -> Result:
    account = operation.account
    operation.authorize(account.arn("policy/"))
    policies = list(account.managed_policies.values())
    if operation.get("Scope") == "AWS":
        policies = []
    if operation.get("OnlyAttached") == "true":
        policies = [policy for policy in policies if account.attachments_of(policy)]
    return page(operation, "Policies", [described_policy(account, policy) for policy in policies])


def _create_policy_version(operation: Operation) -> Result:
    policy = authorized_policy(operation)
    document = checked(operation["PolicyDocument"], quota="PolicySize", longest=_MAX)
    if len(policy.versions) >= _MAX_VERSIONS:
        raise RefusedError(
            409,
            "LimitExceeded",
            f"A managed policy can have up to {_MAX_VERSIONS} versions. "
            "Before you create a new version, you must delete an existing version.",
        )
    version = policy.add_version(document, operation.account.now())
    if operation.get("SetAsDefault") == "true":
        policy.in_force = version
    return {"PolicyVersion": described_version(policy, version)}


def _get_policy_version(operation: Operation) -> Result:
    policy = authorized_policy(operation)
    version = _version(operation, policy)
    return {"PolicyVersion": {**described_version(policy, version), "Document": on_the_wire(version.document)}}


def _list_policy_versions(operation: Operation) -> Result:
    policy = authorized_policy(operation)
    # the newest first, as AWS has them
    return page(operation, "Versions", [described_version(policy, version) for version in reversed(policy.versions)])


def _set_default_policy_version(operation: Operation) -> None:
    policy = authorized_policy(operation)
    policy.in_force = _version(operation, policy)


def _delete_policy_version(operation: Operation) -> None:
    policy = authorized_policy(operation)
    version = _version(operation, policy)
    if version is policy.in_force:
        raise still_needed("Cannot delete the default version of a policy.")
    policy.versions.remove(version)


def _version(operation: Operation, policy: ManagedPolicy) -> PolicyVersion:
    for version in policy.versions:
        if version.version_id == operation["VersionId"]:
            return version
    raise no_such(f"Policy {policy.arn} version {operation['VersionId']} does not exist or is not attachable.")


def _list_entities_for_policy(operation: Operation) -> Result:
    account, arn = operation.account, authorized_policy(operation).arn

    def attached(owners: Mapping[str, User | Group | Role], key: str) -> list[Value]:
        return [{key: owner.name} for owner in owners.values() if arn in owner.grants.attached]

    return {
        "PolicyUsers": attached(account.users, "UserName"),
        "PolicyGroups": attached(account.groups, "GroupName"),
        "PolicyRoles": attached(account.roles, "RoleName"),
        "IsTruncated": False,
    }


ACTIONS = {
    "CreatePolicy": Action(
        _create_policy,
        requires=("PolicyName", "PolicyDocument"),
        accepts=("Path", "Description"),
        shapes={"Path": "PolicyPath"},
    ),
    "ListEntitiesForPolicy": Action(_list_entities_for_policy, requires=("PolicyArn",), accepts=PAGING),
    "GetPolicy": Action(_get_policy, requires=("PolicyArn",)),
    "ListPolicies": Action(_list_policies, accepts=("Scope", "OnlyAttached", *PAGING)),
    "CreatePolicyVersion": Action(
        _create_policy_version, requires=("PolicyArn", "PolicyDocument"), accepts=("SetAsDefault",)
    ),
    "GetPolicyVersion": Action(_get_policy_version, requires=("PolicyArn", "VersionId")),
    "ListPolicyVersions": Action(_list_policy_versions, requires=("PolicyArn",), accepts=PAGING),
    "SetDefaultPolicyVersion": Action(_set_default_policy_version, requires=("PolicyArn", "VersionId")),
    "DeletePolicyVersion": Action(_delete_policy_version, requires=("PolicyArn", "VersionId")),
}
