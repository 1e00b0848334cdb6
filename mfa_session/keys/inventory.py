"""Which long-term access keys there are: those in the stores, and those that lie in the credentials file."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from mfa_session.errors import AccessKeyNotFoundError, MFASessionError
from mfa_session.keys.import_key import check_no_other_key
from mfa_session.model.credentials import AccessKey
from mfa_session.model.profile import Profile, Sections
from mfa_session.model.rotation_record import place_of_new_key, place_of_old_key

# What the credentials file is called among the stores.
_CREDENTIALS_FILE = "credentials_file"


@dataclass(frozen=True, slots=True)
class ListedKey:
    """The key of *profile*, as far as its *store* tells; *problem* is what keeps it from telling more, in words."""

    profile: str
    store: str
    masked_id: str | None = None
    account_id: str | None = None
    create_date: datetime | None = None
    problem: str | None = None

    def age(self, now: datetime) -> timedelta | None:
        """Return how old the key is, ``None`` where nobody knows."""
        return max(timedelta(0), now - self.create_date) if self.create_date else None


class Stored(Protocol):
    """The keys that are in a store."""

    def get(self, profile: str, store: str) -> AccessKey | None:
        """Return the key that the store of this name has for *profile*.

        Raises:
            MFASessionError: it cannot be known whether there is one.
        """


def list_keys(*, config: Sections, credentials: Sections, stored: Stored) -> list[ListedKey]:
    """Return every long-term key that we know of, in the order of the profiles' names.

    A store that does not open is asked once; each of its keys says why it cannot be shown.
    """
    return sorted(
        [*_in_stores(config, stored), *_in_file(credentials)],
        key=lambda each: (each.profile, each.store == _CREDENTIALS_FILE),
    )


def _in_stores(config: Sections, stored: Stored) -> Iterator[ListedKey]:
    failures: dict[str, str] = {}
    for profile, settings in config.items():
        store = settings.get("mfa_session_store")
        if not store:
            continue
        if store not in failures:
            try:
                yield _stored(profile, store, stored.get(profile, store))
                continue
            except MFASessionError as error:
                failures[store] = str(error)
        yield ListedKey(profile, store, problem=failures[store])


def _stored(profile: str, store: str, key: AccessKey | None) -> ListedKey:
    if key is None:
        return ListedKey(profile, store, problem="the key is not where the config file says it is")
    return ListedKey(profile, store, key.masked_id, key.account_id, key.create_date)


def _in_file(credentials: Sections) -> Iterator[ListedKey]:
    for profile, section in credentials.items():
        key_id = section.get("aws_access_key_id", "")
        if not key_id.startswith("AKIA"):
            continue
        try:
            key = AccessKey(key_id, section.get("aws_secret_access_key", ""))
        except MFASessionError as error:
            yield ListedKey(profile, _CREDENTIALS_FILE, problem=str(error))
        else:
            yield ListedKey(profile, _CREDENTIALS_FILE, key.masked_id)


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


class RemovalStore(Protocol):
    """Where the key is."""

    def delete(self, profile: str) -> None:
        """Delete what is under this name, if anything is.

        Raises:
            StoreError: it is still there.
        """


class Memory(Protocol):
    """Something that was written down about a profile."""

    def forget(self, profile: Profile) -> object:
        """Delete it, if there is something.

        Raises:
            ConfigurationError: it is still there.
        """


class Sessions(Memory, Protocol):
    """Where the session of the profile is."""

    def check_can_forget(self, profile: Profile) -> None:
        """Raise now what would keep :meth:`forget` from its work."""


def places_of(profile: Profile) -> tuple[str, ...]:
    """Return the names under which a store may have keys of *profile*."""
    return profile.name, place_of_new_key(profile.name), place_of_old_key(profile.name)


def remove_key(
    profile: Profile,
    *,
    store: RemovalStore,
    rotations: Memory,
    sessions: Sessions,
    others: tuple[Memory, ...],
    settings: Memory,
) -> None:
    """Delete the key of *profile* from its *store*, its session, and what is remembered about it.

    The settings, which say where the key is, go last: killed at any point, the same again
    does what is left. AWS is not asked; the key goes on working there.

    Raises:
        StoreError: the store does not delete it; nothing else was deleted then.
        SessionProfileTakenError: a long-term key stands where the session is to be; nothing was deleted.
        ConfigurationError: a file could not be changed.
    """
    sessions.check_can_forget(profile)
    for name in places_of(profile):
        store.delete(name)
    rotations.forget(profile)
    sessions.forget(profile)
    for memory in others:
        memory.forget(profile)
    settings.forget(profile)
