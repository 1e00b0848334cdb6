"""Find all copies of a long-term access key: profiles in the stores, and lines of the AWS files.

Two profiles may have the same key. To rotate or delete it for one affects the other.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from mfa_session.errors import ConfigurationError, MFASessionError, PromptCancelledError, hint_command
from mfa_session.keys.protocols import KeySettings, KeyStore
from mfa_session.model.credentials import AccessKey, masked
from mfa_session.model.profile import Profile, Sections

# The names of the two files among the stores.
CREDENTIALS_FILE = "credentials_file"
CONFIG_FILE = "config_file"


@dataclass(frozen=True, slots=True)
class KeyCopy:
    """The key of *profile* in *place*: a store, by its name in the settings, or one of the AWS files."""

    profile: str
    place: str
    masked_id: str

    @property
    def is_stored(self) -> bool:
        """Whether it is in a store, not in plain text."""
        return self.place not in (CREDENTIALS_FILE, CONFIG_FILE)

    def in_words(self) -> str:
        """Return where it is, as part of a sentence."""
        if self.is_stored:
            return f"profile {self.profile} ({'OS keyring' if self.place == 'keyring' else 'encrypted file'})"
        return f"profile {self.profile} ({self.place.replace('_', ' ')}, in plain text)"

    def how_to_store(self) -> str:
        """Return how a key in plain text gets into the store."""
        return hint_command("keys import", profile=self.profile.removesuffix("-long-term"))


def find_copies(
    key_ids: Collection[str],
    *,
    config: Sections,
    credentials: Sections,
    get: Callable[[str, str], AccessKey | None],
    stores: Collection[str] | None = None,
) -> tuple[list[KeyCopy], list[str]]:
    """Return every copy of the keys with these IDs, and a message for each store that cannot be searched.

    *get* returns the key of a profile in a store; *stores* are the ones to search, all by default.

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
    """Return the places of *copies*, as part of a sentence."""
    return " and ".join(copy.in_words() for copy in copies)


def check_all_are_stored(copies: Sequence[KeyCopy]) -> None:
    """Check that every one of *copies* can be replaced: a new key is never written in plain text.

    Raises:
        ConfigurationError: some are in plain text.
    """
    if plain := [copy for copy in copies if not copy.is_stored]:
        raise ConfigurationError(
            f"the key {plain[0].masked_id} is also that of {listed(plain)}",
            hint=f"first move it into a store there, too: {'; '.join(copy.how_to_store() for copy in plain)}",
        )


def check_not_in_use(copies: Sequence[KeyCopy]) -> None:
    """Check that a key may be made inactive or deleted at AWS: no other profile has one of its *copies*.

    Raises:
        ConfigurationError: there are such profiles.
    """
    if copies:
        raise ConfigurationError(
            f"the key {copies[0].masked_id} stays: it is that of {listed(copies)}",
            hint="decide which profile is to go on, remove the key of the other, and run this again: "
            f"{hint_command('keys remove', profile=copies[0].profile)}",
        )


def update_copies(
    copies: Sequence[KeyCopy],
    key: AccessKey,
    *,
    store_named: Callable[[str], KeyStore],
    settings: KeySettings,
    tell: Callable[[str], None],
) -> None:
    """Replace each of *copies* with *key*.

    A rotation does this before it replaces the key of its own profile: interrupted in between, that
    profile still has the old key, from which the next run finds the copies.

    Raises:
        StoreError: a store cannot be written.
        ConfigurationError: the config file cannot be changed.
    """
    for copy in copies:
        store_named(copy.place).set(copy.profile, key)
        settings.remember_key_date(Profile(copy.profile, f"{copy.profile}-mfa"), key.create_date)
        tell(f"{copy.in_words()} has it, too")
