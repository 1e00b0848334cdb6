"""Every place on this machine that has one long-term access key: profiles in the stores, and lines of the AWS files.

Two profiles may have one key. What changes or deletes it for one of them concerns the
other, and AWS tells nobody.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from mfa_session.errors import ConfigurationError, MFASessionError, PromptCancelledError
from mfa_session.model.credentials import AccessKey, masked
from mfa_session.model.profile import Profile, Sections

# What the two files are called among the stores.
CREDENTIALS_FILE = "credentials_file"
CONFIG_FILE = "config_file"


@dataclass(frozen=True, slots=True)
class KeyCopy:
    """The key that *profile* has in *place*: a store, as the settings call it, or one of the AWS files."""

    profile: str
    place: str
    masked_id: str

    @property
    def is_stored(self) -> bool:
        """Whether it is in a store, and not in plain text."""
        return self.place not in (CREDENTIALS_FILE, CONFIG_FILE)

    def in_words(self) -> str:
        """Return where it is, as a part of a sentence."""
        if self.is_stored:
            return f"profile {self.profile} ({'OS keyring' if self.place == 'keyring' else 'encrypted file'})"
        return f"profile {self.profile} ({self.place.replace('_', ' ')}, in plain text)"

    def how_to_store(self) -> str:
        """Return what moves a key that is in plain text into the store."""
        if self.place == CONFIG_FILE:
            return f"delete the lines of the key of profile {self.profile} from the config file"
        return f"mfa-session keys import --profile {self.profile.removesuffix('-long-term')}"


class Store(Protocol):
    """A store of keys; each call may raise a ``StoreError``."""

    @property
    def description(self) -> str:
        """What users call it."""

    def get(self, profile: str) -> AccessKey | None:
        """Return the key under this name."""

    def set(self, profile: str, key: AccessKey) -> None:
        """Keep a key under this name, and read it back."""

    def delete(self, profile: str) -> None:
        """Delete what is under this name."""


class Settings(Protocol):
    """What the config file says about a profile."""

    def remember_key_date(self, profile: Profile, create_date: datetime | None) -> None:
        """Write down since when there is the key that the profile has."""


def find_copies(
    key_ids: Collection[str],
    *,
    config: Sections,
    credentials: Sections,
    get: Callable[[str, str], AccessKey | None],
    stores: Collection[str] | None = None,
) -> tuple[list[KeyCopy], list[str]]:
    """Return every copy of the keys with these IDs, and a sentence for each store that could not be searched.

    *get* returns the key of a profile in a store; *stores* are those to be searched, all by default.

    Raises:
        PromptCancelledError: the question for a passphrase was cancelled.
    """
    copies, problems, failed = [], [], set()
    for profile, settings in config.items():
        store = settings.get("mfa_session_store")
        if not store or store in failed or (stores is not None and store not in stores):
            continue
        try:
            key = get(profile, store)
        except PromptCancelledError:
            raise
        except MFASessionError as error:
            failed.add(store)
            problems.append(f"it is not known whether profile {profile} has the same key: {error}")
            continue
        if key is not None and key.access_key_id in key_ids:
            copies.append(KeyCopy(profile, store, key.masked_id))
    copies += _in_plain_text(key_ids, CREDENTIALS_FILE, credentials)
    copies += _in_plain_text(key_ids, CONFIG_FILE, config)
    return copies, problems


def _in_plain_text(key_ids: Collection[str], place: str, sections: Sections) -> Iterator[KeyCopy]:
    for name, section in sections.items():
        key_id = section.get("aws_access_key_id", "")
        if key_id in key_ids:
            yield KeyCopy(name, place, masked(key_id))


def listed(copies: Sequence[KeyCopy]) -> str:
    """Return the places of *copies* as a part of a sentence."""
    return " and ".join(copy.in_words() for copy in copies)


def check_all_are_stored(copies: Sequence[KeyCopy]) -> None:
    """Make sure that every one of *copies* can be replaced: no key is written in plain text.

    Raises:
        ConfigurationError: some are in plain text.
    """
    if plain := [copy for copy in copies if not copy.is_stored]:
        raise ConfigurationError(
            f"the key {plain[0].masked_id} is also that of {listed(plain)}",
            hint=f"first move it into a store there, too: {'; '.join(copy.how_to_store() for copy in plain)}",
        )


def check_not_in_use(copies: Sequence[KeyCopy]) -> None:
    """Make sure that a key may be made inactive or deleted at AWS; *copies* are those that others have.

    Raises:
        ConfigurationError: there are some.
    """
    if copies:
        raise ConfigurationError(
            f"the key {copies[0].masked_id} stays: it is that of {listed(copies)}",
            hint="decide which profile is to go on, remove the key of the other, and run this again: "
            f"mfa-session keys remove --profile {copies[0].profile}",
        )


class StoreWithCopies:
    """The *store* of the key of *profile*, that gives a new one to all *copies* of the old, too.

    The copies come first: killed in between, the profile has the old key still, from which
    a rotation finds them again.
    """

    def __init__(
        self,
        profile: Profile,
        store: Store,
        *,
        copies: Sequence[KeyCopy],
        store_named: Callable[[str], Store],
        settings: Settings,
        tell: Callable[[str], None],
    ) -> None:
        self._profile = profile
        self._store = store
        self._copies = copies
        self._store_named = store_named
        self._settings = settings
        self._tell = tell

    @property
    def description(self) -> str:
        """What users call it."""
        return self._store.description

    def get(self, profile: str) -> AccessKey | None:
        """Return the key under this name."""
        return self._store.get(profile)

    def set(self, profile: str, key: AccessKey) -> None:
        """Keep a key under this name, and read it back; that of the profile goes to the copies before.

        Raises:
            StoreError: one of the stores does not keep it.
            ConfigurationError: the config file cannot be changed.
        """
        if profile == self._profile.name:
            for copy in self._copies:
                self._store_named(copy.place).set(copy.profile, key)
                self._settings.remember_key_date(Profile(copy.profile, f"{copy.profile}-mfa"), key.create_date)
                self._tell(f"{copy.in_words()} has it, too")
        self._store.set(profile, key)

    def delete(self, profile: str) -> None:
        """Delete what is under this name."""
        self._store.delete(profile)
