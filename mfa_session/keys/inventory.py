"""List the long-term access keys in the stores and in the AWS files, and remove them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mfa_session.errors import (
    DamagedItemError,
    KeyElsewhereError,
    KeyringLockedError,
    MFASessionError,
    PersonNeededError,
)
from mfa_session.keys.copies import CONFIG_FILE, CREDENTIALS_FILE
from mfa_session.keys.protocols import KeyStore
from mfa_session.model.credentials import AccessKey, moment
from mfa_session.model.profile import Profile, Sections
from mfa_session.model.rotation_record import place_of_new_key, place_of_old_key

_PLAIN_TEXT = (CREDENTIALS_FILE, CONFIG_FILE)


@dataclass(frozen=True, slots=True)
class ListedKey:
    """The key of *profile* in *store*; *problem* says why something about it is not known."""

    profile: str
    store: str
    masked_id: str | None = None
    account_id: str | None = None
    create_date: datetime | None = None
    problem: str | None = None
    is_unread: bool = False

    @property
    def is_locked(self) -> bool:
        """Whether the store has to be unlocked to tell the ID of the key."""
        return self.masked_id is None and self.problem is None

    def age(self, now: datetime) -> timedelta | None:
        """Return how old the key is, ``None`` if that is not known."""
        return max(timedelta(0), now - self.create_date) if self.create_date else None


def list_keys(
    *, config: Sections, credentials: Sections, get: Callable[[str, str], AccessKey | None]
) -> list[ListedKey]:
    """Return every long-term key that we know of, in the order of the profiles' names.

    *get* returns the key of a profile from a store. A store that fails is tried once; each of
    its keys has the reason as its problem. One that needs a password is not a problem: its
    keys are listed with what the config file has.
    """
    return sorted(
        [
            *_in_stores({**credentials, **config}, get),
            *_in_file(CREDENTIALS_FILE, credentials),
            *_in_file(CONFIG_FILE, config),
        ],
        key=lambda each: (each.profile, each.store in _PLAIN_TEXT),
    )


def _in_stores(config: Sections, get: Callable[[str, str], AccessKey | None]) -> Iterator[ListedKey]:
    failures: dict[str, str | None] = {}
    for profile, settings in config.items():
        store = settings.get("mfa_session_store")
        if not store:
            continue
        if store not in failures:
            try:
                yield _stored(profile, store, get(profile, store))
                continue
            except (DamagedItemError, KeyElsewhereError) as error:  # of this key, not of the store
                yield ListedKey(profile, store, problem=str(error), is_unread=True)
                continue
            except (PersonNeededError, KeyringLockedError):
                failures[store] = None
            except MFASessionError as error:
                failures[store] = str(error)
        date = moment(settings.get("mfa_session_key_created", ""))
        yield ListedKey(profile, store, create_date=date, problem=failures[store], is_unread=bool(failures[store]))


def _stored(profile: str, store: str, key: AccessKey | None) -> ListedKey:
    if key is None:
        return ListedKey(profile, store, problem="the key is not where the config file says it is")
    return ListedKey(profile, store, key.masked_id, key.account_id, key.create_date)


def _in_file(file: str, sections: Sections) -> Iterator[ListedKey]:
    for profile, section in sections.items():
        key_id = section.get("aws_access_key_id", "")
        if not key_id.startswith("AKIA"):
            continue
        try:
            key = AccessKey(key_id, section.get("aws_secret_access_key", ""))
        except MFASessionError as error:
            yield ListedKey(profile, file, problem=str(error))
        else:
            yield ListedKey(profile, file, key.masked_id)


def places_of(profile: Profile) -> tuple[str, ...]:
    """Return the names under which a store may have keys of *profile*."""
    return profile.name, place_of_new_key(profile.name), place_of_old_key(profile.name)


def remove_key(
    profile: Profile,
    *,
    store: KeyStore,
    check_can_forget: Callable[[Profile], None],
    forget: Sequence[Callable[[Profile], object]],
) -> bool:
    """Delete the key of *profile* from its *store*, and then all that each of *forget* deletes, in order.

    Return whether there was a key.

    The settings, which say where the key is, have to be the last of these: interrupted at any point, the
    same command does the rest. AWS is not called; the key works until it is deleted there.

    Raises:
        StoreError: the store does not delete it; nothing else was deleted then.
        ConfigurationError: a file cannot be changed.
        MFASessionError: what *check_can_forget* raises; nothing was deleted.
    """
    check_can_forget(profile)
    existed = [store.delete(name) for name in places_of(profile)]
    for each in forget:
        each(profile)
    return any(existed)
