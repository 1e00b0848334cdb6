"""Move a long-term access key out of a plain file, or of another program's hands, into the store."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from mfa_session.errors import ConfigurationError
from mfa_session.model.credentials import AccessKey
from mfa_session.model.profile import Profile


class Store(Protocol):
    """Where the key is to rest."""

    name: str

    @property
    def description(self) -> str:
        """What users call it."""

    def get(self, profile: str) -> AccessKey | None:
        """Return the key of *profile*, ``None`` where there is none.

        Raises:
            StoreError: it cannot be known.
        """

    def set(self, profile: str, key: AccessKey) -> None:
        """Keep the key, and read it back.

        Raises:
            StoreError: it is not kept, or something else is.
        """


class PlainKeys(Protocol):
    """Where the key lies now."""

    @property
    def description(self) -> str:
        """What users call it."""

    def check_can_remove(self, profile: str) -> None:
        """Raise now what would keep :meth:`remove` from its work, as far as that can be told."""

    def remove(self, profile: str, key: AccessKey) -> None:
        """Delete it.

        Raises:
            SharedFileError: it could not be deleted, or another key has come to lie there.
        """

    def manual_steps(self, profile: str) -> str | None:
        """Return what only the owner can do so that the key is nowhere else, ``None`` where that is nothing."""


class Settings(Protocol):
    """What the config file says about the profile."""

    def check_can_answer(self, profile: Profile) -> None:
        """Raise what :meth:`answer` would raise, and change nothing."""

    def answer(self, profile: Profile, *, store: str, key_date: datetime | None = None) -> None:
        """Write down which store has the key, and make this program the profile's ``credential_process``.

        Raises:
            ConfigurationError: the profile has credentials from elsewhere, or the file cannot be changed.
        """


def check_no_other_key(profile: Profile, key: AccessKey, *, store: Store) -> None:
    """Make sure that to keep *key* in *store* overwrites no other key of *profile*.

    Raises:
        ConfigurationError: the store has another.
        StoreError: it cannot be known.
    """
    stored = store.get(profile.name)
    if stored is not None and stored.access_key_id != key.access_key_id:
        raise ConfigurationError(
            f"{store.description} has another key for profile {profile.name}, {stored.masked_id}",
            hint="if that one is no longer needed, insist: --replace",
        )


def say_nothing(_: str) -> None:
    """Keep it to oneself."""


def move_key(
    profile: Profile,
    key: AccessKey,
    *,
    store: Store,
    plain: PlainKeys,
    settings: Settings,
    replace: bool = False,
    tell: Callable[[str], None] = say_nothing,
) -> None:
    """Move a *key* that AWS has just accepted from where it lies into *store*; *tell* hears of each step.

    Another key that the store has for the profile goes only with *replace*. The key is
    deleted where it lay last: killed at any point, it is where it was, and whoever finds
    it there moves it again. Until then AWS tools use it, as they did before.

    Raises:
        StoreError: the store did not take it; the file is as it was.
        ConfigurationError: a file could not be changed, or the store has another key.
    """
    settings.check_can_answer(profile)
    plain.check_can_remove(profile.name)
    if not replace:
        check_no_other_key(profile, key, store=store)
    store.set(profile.name, key)
    tell(f"it is in {store.description}, and was read back")
    settings.answer(profile, store=store.name, key_date=key.create_date)
    tell(f"profile {profile.name} asks mfa-session for its keys")
    plain.remove(profile.name, key)
    tell(plain.manual_steps(profile.name) or f"it is gone from {plain.description}")
