"""Take in a long-term access key that its owner gives: prove it, then store it."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol

from mfa_session.errors import AWSError, ConfigurationError
from mfa_session.keys.import_key import Settings, Store
from mfa_session.model.caller_identity import CallerIdentity
from mfa_session.model.credentials import AccessKey, SessionCredentials
from mfa_session.model.profile import Profile
from mfa_session.sessions.find_device import iam_user
from mfa_session.sessions.protocols import IAM, STS


class Owner(Protocol):
    """Somebody who may give a key."""

    @property
    def is_there(self) -> bool:
        """Whether somebody can be asked."""

    def tell(self, text: str) -> None:
        """Show *text* to whoever is being asked."""

    def access_key(self, profile: Profile) -> AccessKey:
        """Return the key for *profile*.

        Raises:
            PersonNeededError: there is nobody who could give one.
        """


def add_key(profile: Profile, key: AccessKey, *, sts: STS, store: Store, settings: Settings) -> AccessKey:
    """Store *key* for *profile* once AWS has said whose it is, and return it with the account it belongs to.

    Raises:
        NotAnIAMUserError: it is the key of something that has no MFA session to get.
        AWSError: AWS does not accept the key, or cannot be asked.
        StoreError: the store did not take it.
        ConfigurationError: the config file cannot say where it is, or the store has another key.
    """
    settings.check_can_answer(profile)
    proven = replace(key, account_id=iam_user(key, sts=sts).account_id)
    check_replaceable(profile, store.get(profile.name), proven, sts=sts)
    keep_key(profile, proven, store=store, settings=settings)
    return proven


def keep_key(profile: Profile, key: AccessKey, *, store: Store, settings: Settings) -> None:
    """Store a *key* that AWS accepts, and write down where it is.

    Raises:
        StoreError: the store did not take it.
        ConfigurationError: the config file cannot say where it is.
    """
    store.set(profile.name, key)
    settings.answer(profile, store=store.name, key_date=key.create_date)


def check_replaceable(profile: Profile, stored: AccessKey | None, new: AccessKey, *, sts: STS) -> None:
    """Make sure that a *new* key of *profile* may take the place of the *stored* one.

    AWS is asked about the stored one: a key that it does not accept any more may be
    replaced by any other.

    Raises:
        ConfigurationError: it is another key, and works.
    """
    account = stored and (stored.account_id or _account_of(stored, sts=sts))
    if account not in (None, new.account_id):
        raise ConfigurationError(
            f"profile {profile.name} has a key of account {account}, "
            f"and {new.masked_id} is of account {new.account_id}",
            hint="choose another profile for it; or insist: --replace",
        )
    if stored is None or stored.access_key_id == new.access_key_id:
        return
    if _account_of(stored, sts=sts) is not None:
        raise ConfigurationError(
            f"profile {profile.name} has another key, {stored.masked_id}, and AWS accepts it",
            hint=f"if that one is no longer needed: mfa-session keys add --replace --profile {profile.name}",
        )


def _account_of(key: AccessKey, *, sts: STS) -> str | None:
    try:
        return sts.get_caller_identity(key).account_id
    except AWSError:
        return None


class KeyPrompt:
    """The key of a profile that has none yet: asked for, proven and stored; *choose_store* says where."""

    def __init__(self, owner: Owner, *, sts: STS, choose_store: Callable[[], Store], settings: Settings) -> None:
        self._owner = owner
        self._sts = sts
        self._choose_store = choose_store
        self._settings = settings

    def access_key(self, profile: Profile) -> AccessKey | None:
        """Return the key, ``None`` where nobody can be asked for one.

        Raises:
            MFASessionError: as :func:`add_key`, or the question was ended.
        """
        if not self._owner.is_there:
            return None
        self._owner.tell(f"There is no access key for profile {profile.name} yet.")
        # The store is made sure of first: a secret is not typed twice.
        self._settings.check_can_answer(profile)
        store = self._choose_store()
        key = self._owner.access_key(profile)
        return add_key(profile, key, sts=self._sts, store=store, settings=self._settings)


@dataclass(frozen=True, slots=True)
class Proof:
    """A *key* that AWS accepts, with what AWS says of it, and its *owner*."""

    key: AccessKey
    owner: CallerIdentity


def prove(key: AccessKey, *, sts: STS, iam: IAM, session: SessionCredentials | None = None) -> Proof:
    """Ask AWS whose *key* is, and since when there is one.

    The date may be asked for with MFA only, so it is asked with a *session* where there is
    one; without an answer it stays unknown.

    Raises:
        NotAnIAMUserError: it is the key of something that has no MFA session to get.
        AWSError: AWS does not accept the key, or cannot be asked.
    """
    owner = iam_user(key, sts=sts)
    key = replace(key, account_id=owner.account_id)
    with suppress(AWSError):
        for known in iam.list_access_keys(session or key, str(owner.user_name)):
            if known.access_key_id == key.access_key_id:
                key = replace(key, create_date=known.create_date)
    return Proof(key, owner)
