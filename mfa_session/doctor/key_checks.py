"""Find the long-term access key of a profile without a prompt."""

from typing import Protocol

from mfa_session.doctor.finding import Finding, error, fine, warning
from mfa_session.errors import (
    ConfigurationError,
    KeyElsewhereError,
    KeyringLockedError,
    KeyringPromptNeededError,
    KeyringUnavailableError,
    MFASessionError,
    PassphraseError,
    PersonNeededError,
    hint_command,
)
from mfa_session.model.credentials import AccessKey
from mfa_session.model.profile import Profile
from mfa_session.model.provider import how_to_use

_ABOUT = "key"

# Any other problem of a store is named `store`.
_NAMES: dict[type[MFASessionError], str] = {
    KeyElsewhereError: "key-elsewhere",
    KeyringLockedError: "keyring-locked",
    KeyringUnavailableError: "no-keyring",
    PassphraseError: "passphrase",
}


class Keys(Protocol):
    """The stores of long-term keys, and the keys in the AWS files."""

    def description(self, store: str) -> str:
        """Return the name of the store for users."""

    def stored(self, profile: Profile) -> AccessKey | None:
        """Return the key of *profile* in its store.

        Raises:
            StoreError: the store fails.
            PersonNeededError: it needs a passphrase, and prompting is not possible.
        """

    def in_plain_text(self, profile: Profile) -> AccessKey | None:
        """Return the key in the AWS files.

        Raises:
            ConfigurationError: there is something else in its place.
        """


def look_for_key(profile: Profile, *, keys: Keys) -> tuple[AccessKey | None, list[Finding]]:
    """Return the key that a login of *profile* uses, if it can be read, and the findings about it."""
    if profile.foreign is not None and profile.store is None:
        what = f"profile {profile.name} gets its credentials from another tool ({profile.foreign})"
        return None, [warning(_ABOUT, "other-tool", what, fix=how_to_use(profile.name, profile.foreign))]
    stored, findings = _in_store(profile, keys)
    plain, more = _in_plain_text(profile, keys)
    if profile.store is None or plain is not None:  # else `check_nothing_shadows` reports the lines
        findings += more
    if not findings:
        findings.append(
            error(
                _ABOUT,
                "no-key",
                f"profile {profile.name} has no access key",
                fix=f"enter it at a prompt: {hint_command('login', profile=profile.name)}",
            )
        )
    return stored or plain, findings


def _in_store(profile: Profile, keys: Keys) -> tuple[AccessKey | None, list[Finding]]:
    if profile.store is None:
        return None, []
    place = keys.description(profile.store)
    try:
        key = keys.stored(profile)
    except PersonNeededError:
        return None, [fine(_ABOUT, "not-opened", f"in {place} (locked; not opened)")]
    except KeyringPromptNeededError as problem:
        return None, [fine(_ABOUT, "not-opened", f"in {place} (not opened: {problem})")]
    except MFASessionError as problem:
        return None, [error(_ABOUT, _name_of(problem), str(problem), fix=problem.hint)]
    if key is None:
        what = f"{place} has no key for profile {profile.name}, but mfa_session_store names it"
        fix = f"enter it again: {hint_command('keys add', profile=profile.name)}"
        return None, [error(_ABOUT, "key-not-in-store", what, fix=fix)]
    account = f" of account {key.account_id}" if key.account_id else ""
    return key, [fine(_ABOUT, "stored", f"{key.masked_id}{account} in {place}")]


def _in_plain_text(profile: Profile, keys: Keys) -> tuple[AccessKey | None, list[Finding]]:
    try:
        key = keys.in_plain_text(profile)
    except ConfigurationError as problem:
        return None, [error(_ABOUT, "no-long-term-key", str(problem), fix=problem.hint)]
    if key is None:
        return None, []
    what = f"{key.masked_id} is in plain text in the AWS files"
    fix = f"move it to a store: {hint_command('keys import', profile=profile.name)}"
    return key, [warning(_ABOUT, "plain-text", what, fix=fix)]


def _name_of(problem: MFASessionError) -> str:
    return next((name for kind, name in _NAMES.items() if isinstance(problem, kind)), "store")
