"""Subjects: the user that an IAM call is about, named or implied."""

from mfa_session.demo.account import User
from mfa_session.demo.answers import RefusedError
from mfa_session.demo.operations import Operation


def authorized_user(operation: Operation) -> User | None:
    """Return the user whom ``UserName`` names, or the caller; ``None`` where root calls about itself.

    Policies come first: who may not look at a user is not told whether there is one.

    Raises:
        RefusedError: the policies do not allow it, there is no such user, or a role names nobody.
    """
    account, name = operation.account, operation.get("UserName")
    if name is None:
        return _implied_user(operation)
    user = account.users.get(name)
    operation.authorize(user.arn if user else account.arn(f"user/{name}"))
    if user is None:
        raise no_such("user", name)
    return user


def _implied_user(operation: Operation) -> User | None:
    if operation.caller.identity.role_name is not None:
        raise RefusedError(400, "ValidationError", "Must specify userName when calling with non-User credentials")
    user = operation.user
    if user is not None:
        account = operation.account
        operation.authorize(user.arn if account.implicit_user_is_a_resource else account.arn("user/"))
    return user


def no_such(kind: str, name: str) -> RefusedError:
    """Return AWS's answer to the name of a thing that does not exist."""
    return RefusedError(404, "NoSuchEntity", f"The {kind} with name {name} cannot be found.")
