"""What IAM says no with, in its words."""

from mfa_session.demo.answers import RefusedError


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
