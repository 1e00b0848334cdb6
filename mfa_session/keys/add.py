"""Add a long-term access key: verify it with AWS, then store it."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TypeVar

from mfa_session.errors import AccessKeyRefusedError, AWSError, ConfigurationError, hint_command
from mfa_session.keys.protocols import KeyPrompter, KeySettings, KeyStore
from mfa_session.model.caller_identity import CallerIdentity
from mfa_session.model.credentials import AccessKey, SessionCredentials
from mfa_session.model.profile import Profile
from mfa_session.sessions.find_device import iam_user
from mfa_session.sessions.protocols import IAM, STS

Verified = TypeVar("Verified")

# As often as a code.
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Proof:
    """A *key* that AWS accepts, with its account and date, and its *owner*."""

    key: AccessKey
    owner: CallerIdentity


def prove(key: AccessKey, *, sts: STS, iam: IAM, session: SessionCredentials | None = None) -> Proof:
    """Ask AWS whose *key* is, and when it was created.

    A policy may require MFA for the date, so the call is made with a *session* if there is
    one; if it is denied, the date stays unknown.

    Raises:
        NotAnIAMUserError: it is not the key of an IAM user.
        AWSError: AWS does not accept the key, or cannot be reached.
    """
    owner = iam_user(key, sts=sts)
    key = replace(key, account_id=owner.account_id)
    with suppress(AWSError):
        for known in iam.list_access_keys(session or key, str(owner.user_name)):
            if known.access_key_id == key.access_key_id:
                key = replace(key, create_date=known.create_date)
    return Proof(key, owner)


def store_key(profile: Profile, key: AccessKey, *, store: KeyStore, settings: KeySettings) -> None:
    """Store a *key* that AWS accepts, and write to the config file where it is."""
    store.set(profile.name, key)
    settings.answer(profile, store=store.name, key_date=key.create_date)


def check_replaceable(profile: Profile, stored: AccessKey | None, new: AccessKey, *, sts: STS) -> None:
    """Check that a *new* key of *profile* may replace the *stored* one: AWS does not accept that any more.

    Raises:
        ConfigurationError: the stored key is another one, and works.
    """
    account = stored and (stored.account_id or _account_of(stored, sts=sts))
    if account not in (None, new.account_id):
        raise ConfigurationError(
            f"profile {profile.name} has a key of account {account}, "
            f"and {new.masked_id} is of account {new.account_id}",
            hint="choose another profile; to replace it anyway: --force",
        )
    if stored is None or stored.access_key_id == new.access_key_id:
        return
    if _account_of(stored, sts=sts) is not None:
        raise ConfigurationError(
            f"profile {profile.name} has another key, {stored.masked_id}, and AWS accepts it",
            hint=f"to replace it: {hint_command('keys add', '--force', profile=profile.name)}",
        )


def _account_of(key: AccessKey, *, sts: STS) -> str | None:
    try:
        return sts.get_caller_identity(key).account_id
    except AWSError:
        return None


def add_prompted_key(
    profile: Profile,
    *,
    user: KeyPrompter,
    sts: STS,
    choose_store: Callable[[], KeyStore],
    settings: KeySettings,
    offered: Callable[[], AccessKey | None],
) -> AccessKey | None:
    """Ask for the key of *profile*, verify and store it; ``None`` if the user cannot be asked.

    The key *offered* by the environment, if any, is offered before another is asked for.

    Raises:
        MFASessionError: AWS does not accept the key, it cannot be stored, or the user cancelled.
    """
    if not user.is_there:
        return None
    user.tell(f"There is no access key for profile {profile.name} yet.")
    # The store is opened first, so that a secret is not typed in vain.
    settings.check_can_answer(profile)
    store = choose_store()
    found = offered()
    if found and not user.agrees(f"Use the access key in AWS_ACCESS_KEY_ID ({found.masked_id})?", by_default=True):
        found = None
    key = prompted_key(
        profile,
        user=user,
        verify=lambda key: replace(key, account_id=iam_user(key, sts=sts).account_id),
        first=found,
    )
    check_replaceable(profile, store.get(profile.name), key, sts=sts)
    store_key(profile, key, store=store, settings=settings)
    if found and key.access_key_id == found.access_key_id:
        user.tell("The key is still in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: delete the lines that set them.")
    return key


def prompted_key(
    profile: Profile, *, user: KeyPrompter, verify: Callable[[AccessKey], Verified], first: AccessKey | None = None
) -> Verified:
    """Ask for the key of *profile* until AWS accepts it, three times at most, and return what *verify* returns.

    The *first* key is tried without asking. After a wrong secret only the secret is asked for again.
    """
    key = first or user.access_key(profile)
    for _ in range(_ATTEMPTS - 1):
        try:
            return verify(key)
        except AccessKeyRefusedError as error:
            user.tell(f"{str(error)[0].upper()}{str(error)[1:]}. Try again.")
            wrong_secret = error.code in ("SignatureDoesNotMatch", "InvalidSignatureException")
            key = user.secret_of(key.access_key_id) if wrong_secret else user.access_key(profile)
    return verify(key)
