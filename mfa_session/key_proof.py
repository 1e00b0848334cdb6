"""Prove a long-term access key: AWS says whose it is, and, where a policy allows the question, since when."""

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol

from mfa_session.errors import AWSError
from mfa_session.model.caller_identity import CallerIdentity
from mfa_session.model.credentials import AccessKey, AccessKeyMetadata, SessionCredentials
from mfa_session.sessions.find_device import Directory, iam_user


class Registry(Directory, Protocol):
    """What AWS tells of a user and of his keys."""

    def list_access_keys(self, credentials: AccessKey | SessionCredentials, user_name: str) -> list[AccessKeyMetadata]:
        """Return the keys of the user.

        Raises:
            AWSError: a policy forbids the question, or it went unanswered.
        """


@dataclass(frozen=True, slots=True)
class Proof:
    """A *key* that AWS accepts, with what AWS says of it, and its *owner*."""

    key: AccessKey
    owner: CallerIdentity


def prove(key: AccessKey, *, registry: Registry, session: SessionCredentials | None = None) -> Proof:
    """Ask AWS whose *key* is, and since when there is one.

    The date may be asked for with MFA only, so it is asked with a *session* where there is
    one; without an answer it stays unknown.

    Raises:
        NotAnIAMUserError: it is the key of something that has no MFA session to get.
        AWSError: AWS does not accept the key, or cannot be asked.
    """
    owner = iam_user(key, directory=registry)
    key = replace(key, account_id=owner.account_id)
    with suppress(AWSError):
        for known in registry.list_access_keys(session or key, str(owner.user_name)):
            if known.access_key_id == key.access_key_id:
                key = replace(key, create_date=known.create_date)
    return Proof(key, owner)
