"""Subjects: the user, group or policy that an IAM call is about.

Policies come first: who may not look at a thing is not told whether there is one.
"""

from collections.abc import Mapping

from mfa_session.local_aws.account import Group, ManagedPolicy, User
from mfa_session.local_aws.iam.responses import no_such
from mfa_session.local_aws.operations import Operation
from mfa_session.local_aws.responses import RefusedError


def authorized_user(operation: Operation) -> User | None:
    """Return the user whom ``UserName`` names, or the caller; ``None`` where root calls about itself.

    Raises:
        RefusedError: the policies do not allow it, there is no such user, or a role names no user.
    """
    return _implied_user(operation) if operation.get("UserName") is None else named_user(operation)


def named_user(operation: Operation) -> User:
    """Return the user whom ``UserName`` names.

    Raises:
        RefusedError: the policies do not allow it, or there is no such user.
    """
    account, name = operation.account, operation["UserName"]
    user = account.users.get(name)
    operation.authorize(user.arn if user else account.arn(f"user/{name}"))
    if user is None:
        raise no_such(f"The user with name {name} cannot be found.")
    return user


def authorized_group(operation: Operation, context: Mapping[str, str] | None = None) -> Group:
    """Return the group that ``GroupName`` names; *context* is what policies may ask about besides.

    Raises:
        RefusedError: the policies do not allow it, or there is no such group.
    """
    account, name = operation.account, operation["GroupName"]
    group = account.groups.get(name)
    operation.authorize(group.arn if group else account.arn(f"group/{name}"), context)
    if group is None:
        raise no_such(f"The group with name {name} cannot be found.")
    return group


def authorized_policy(operation: Operation) -> ManagedPolicy:
    """Return the managed policy that ``PolicyArn`` names.

    Raises:
        RefusedError: the policies do not allow it, or there is no such policy.
    """
    arn = operation["PolicyArn"]
    operation.authorize(arn)
    return existing_policy(operation, arn)


def existing_policy(operation: Operation, arn: str) -> ManagedPolicy:
    """Return the managed policy with this *arn*.

    Raises:
        RefusedError: there is none.
    """
    policy = operation.account.managed_policies.get(arn)
    if policy is None:
        raise no_such(f"Policy {arn} was not found.")
    return policy


def _implied_user(operation: Operation) -> User | None:
    if operation.caller.identity.role_name is not None:
        raise unnamed_user()
    user = operation.user
    if user is not None:
        account = operation.account
        operation.authorize(user.arn if account.implicit_user_is_a_resource else account.arn("user/"))
    return user


def unnamed_user() -> RefusedError:
    """Return AWS's answer where it cannot tell, or will not, whom a call is about."""
    return RefusedError(400, "ValidationError", "Must specify userName when calling with non-User credentials")
