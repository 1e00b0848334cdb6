"""Move a long-term access key from one store to the other."""

from typing import Protocol

from mfa_session.errors import AccessKeyNotFoundError
from mfa_session.key_import import check_no_other_key
from mfa_session.model.credentials import AccessKey
from mfa_session.model.profile import Profile


class Store(Protocol):
    """A place for keys; each call may raise a ``StoreError``."""

    name: str

    @property
    def description(self) -> str:
        """What users call it."""

    def get(self, profile: str) -> AccessKey | None:
        """Return the key of *profile*."""

    def set(self, profile: str, key: AccessKey) -> None:
        """Keep the key, and read it back."""

    def delete(self, profile: str) -> None:
        """Delete the key of *profile*."""


class Settings(Protocol):
    """What the config file says about the profile."""

    def remember_store(self, profile: Profile, store: str) -> None:
        """Write down which store has the key."""


def move_to_store(profile: Profile, *, old: Store, new: Store, settings: Settings, replace: bool = False) -> None:
    """Move the key of *profile* from the *old* store to the *new* one.

    Another key that the new one has for the profile goes only with *replace*. The key
    is deleted from the old one last; killed at any point, the store that the config
    file names has it, and the same command again does what is left.

    Raises:
        AccessKeyNotFoundError: the old store has none.
        StoreError: one of the stores does not do what is needed.
        ConfigurationError: the new one has another key, or the config file cannot be
            changed; the key is where it was.
    """
    key = _key_in(old, profile)
    if not replace:
        check_no_other_key(profile, key, store=new)
    new.set(profile.name, key)
    settings.remember_store(profile, new.name)
    old.delete(profile.name)


def finish_move(profile: Profile, *, old: Store, new: Store) -> None:
    """Delete the key of *profile* from the *old* store where a move to the *new* one was cut short before that.

    Raises:
        AccessKeyNotFoundError: the new store has none.
        StoreError: one of the stores does not do what is needed.
    """
    if old.get(profile.name) == _key_in(new, profile):
        old.delete(profile.name)


def _key_in(store: Store, profile: Profile) -> AccessKey:
    key = store.get(profile.name)
    if key is None:
        raise AccessKeyNotFoundError(
            f"{store.description} has no key for profile {profile.name}",
            hint=f"give it one: mfa-session keys add --profile {profile.name}",
        )
    return key
