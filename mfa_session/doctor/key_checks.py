"""Look for the long-term access key of a profile, without asking anybody for anything."""

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

# What may keep a store from answering; every other reason is told in its own words.
_NAMES: dict[type[MFASessionError], str] = {
    KeyElsewhereError: "key-elsewhere",
    KeyringLockedError: "keyring-locked",
    KeyringUnavailableError: "no-keyring",
    PassphraseError: "passphrase",
}


class Keys(Protocol):
    """Where long-term keys are."""

    def description(self, store: str) -> str:
        """Return what users call the store of this name."""

    def stored(self, profile: Profile) -> AccessKey | None:
        """Return the key that the store of *profile* has for it.

        Raises:
            StoreError: the store does not answer.
            PersonNeededError: it needs a passphrase, and prompting is not possible.
        """

    def in_plain_text(self, profile: Profile) -> AccessKey | None:
        """Return the key that lies in the credentials file.

        Raises:
            ConfigurationError: something lies there that is no long-term key.
        """


def look_for_key(profile: Profile, *, keys: Keys) -> tuple[AccessKey | None, list[Finding]]:
    """Return the key that a login of *profile* would use, ``None`` where it cannot be had, and what was found."""
    if profile.foreign is not None and profile.store is None:
        what = f"profile {profile.name} gets its credentials from another tool ({profile.foreign})"
        return None, [warning(_ABOUT, "other-tool", what, fix=how_to_use(profile.name, profile.foreign))]
    stored, findings = _in_store(profile, keys)
    plain, more = _in_plain_text(profile, keys)
    if (
        profile.store is None or plain is not None
    ):  # else the lines that are no key are found as a second kind of credentials
        findings += more
    if not findings:
        findings.append(
            error(
                _ABOUT,
                "no-key",
                f"profile {profile.name} has no access key in any place that mfa-session knows",
                fix=f"give it in a terminal: {hint_command('login', profile=profile.name)}",
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
        return None, [fine(_ABOUT, "not-opened", f"in {place}, which was not opened: that takes the passphrase")]
    except KeyringPromptNeededError as problem:
        return None, [fine(_ABOUT, "not-opened", f"in {place}, which was not opened: {problem}")]
    except MFASessionError as problem:
        return None, [error(_ABOUT, _name_of(problem), str(problem), fix=problem.hint)]
    if key is None:
        what = f"{place} has no key of profile {profile.name}, and mfa_session_store says that it has"
        fix = f"give it again: {hint_command('keys add', profile=profile.name)}"
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
    what = f"{key.masked_id} lies in the credentials file, in plain text, where every program can read it"
    fix = f"move it into the store: {hint_command('keys import', profile=profile.name)}"
    return key, [warning(_ABOUT, "plain-text", what, fix=fix)]


def _name_of(problem: MFASessionError) -> str:
    return next((name for kind, name in _NAMES.items() if isinstance(problem, kind)), "store")
