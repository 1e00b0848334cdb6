"""Sessions, each in its session profile of the AWS files."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

from mfa_session.credentials import SessionCredentials, long_term_key_id, masked, moment, timestamp
from mfa_session.errors import (
    AWSAnswerError,
    DamagedSessionError,
    LongTermKeyInSessionError,
    SessionProfileTakenError,
)
from mfa_session.profiles import Profile
from mfa_session.store.credential_lines import check_no_key_is_lost, remove_lines, write_lines
from mfa_session.store.shared_files import check_writable, read_profiles, write_profile

# Every key that we write into a session profile; what else stands there is the user's.
_OURS = (
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "aws_security_token",
    "x_security_token_expires",
    "mfa_session_source",
)

# What gives a profile of the config file credentials of its own: SDKs differ in which they take.
_OTHER_CREDENTIALS = ("credential_process", "role_arn", "sso_session", "sso_start_url", "credential_source")


# Whether the long-term key that a profile has in a store is the one of this ID.
IsStored: TypeAlias = Callable[[str, str], bool]


def _is_stored_nowhere(profile: str, key_id: str) -> bool:  # noqa: ARG001  nobody has looked
    return False


def section_of(credentials: SessionCredentials) -> dict[str, str]:
    """Return *credentials* as the keys and values that AWS tools read in a section."""
    return {
        "aws_access_key_id": credentials.access_key_id,
        "aws_secret_access_key": credentials.secret_access_key,
        "aws_session_token": credentials.session_token,
        "x_security_token_expires": timestamp(credentials.expiration),
    }


def session_in(section: Mapping[str, str], profile: Profile) -> SessionCredentials | None:
    """Return the session of *profile*, live or over; ``None`` where the *section* is not marked as its session's.

    Raises:
        LongTermKeyInSessionError: what is marked so is a long-term key.
        DamagedSessionError: it is not a whole session.
    """
    if section.get("mfa_session_source") != profile.name:
        return None
    if key_id := long_term_key_id(section):
        raise LongTermKeyInSessionError(
            f"profile {profile.session_profile} holds a long-term access key, {masked(key_id)}",
            hint=f"keep that key, and give it another profile; then: mfa-session login --profile {profile.name}",
        )
    expiration = moment(section.get("x_security_token_expires", ""))
    if expiration is None:
        raise _damaged(profile, "x_security_token_expires is missing or is no time")
    if section.get("aws_security_token", section.get("aws_session_token")) != section.get("aws_session_token"):
        raise _damaged(profile, "a stale aws_security_token stands beside aws_session_token")
    try:
        return SessionCredentials(
            section.get("aws_access_key_id", ""),
            section.get("aws_secret_access_key", ""),
            section.get("aws_session_token", ""),
            expiration,
        )
    except AWSAnswerError as error:
        raise _damaged(profile, str(error)) from None


def _damaged(profile: Profile, what: str) -> DamagedSessionError:
    return DamagedSessionError(
        f"the session in profile {profile.session_profile} is damaged: {what}",
        hint=f"get a new one: mfa-session login --profile {profile.name}",
    )


class SessionProfiles:
    """The sections of the credentials file that hold sessions, with what the config file says about them.

    *is_stored* tells whether a profile's long-term key of this ID is in a store.
    """

    def __init__(self, *, credentials_file: Path, config_file: Path, is_stored: IsStored = _is_stored_nowhere) -> None:
        self._credentials_file = credentials_file
        self._config_file = config_file
        self._is_stored = is_stored
        self._may_go: dict[str, str] = {}

    def session(self, profile: Profile) -> SessionCredentials | None:
        """Return the session of *profile*, as :func:`session_in` finds it in its section.

        Raises:
            DamagedSessionError: what is marked so is not a whole session.
            SharedFileError: AWS tools cannot read the credentials file.
        """
        return session_in(self._section(profile), profile)

    def all(self) -> list[Profile]:
        """Return the source profile of every session that is kept, live, over or damaged.

        Raises:
            SharedFileError: AWS tools cannot read the credentials file.
        """
        return [
            Profile(section["mfa_session_source"], session_profile=name)
            for name, section in read_profiles(self._credentials_file, "credentials").items()
            if section.get("mfa_session_source")
        ]

    def claim(self, profile: Profile, *, replace: bool) -> None:
        """Make sure that a session of *profile* can be written where it belongs.

        Only a section that is marked as ours is overwritten without being asked. With
        *replace*, other sections are, but one that holds a long-term key only when the
        key is in a store: the line may be the only copy.

        Raises:
            SessionProfileTakenError: the section is not ours, or the config file gives the
                profile credentials of another kind.
            SharedFileError: the file cannot be read or written.
        """
        name = profile.session_profile
        section = self._section(profile)
        self._may_go.pop(name, None)
        key_id = long_term_key_id(section)
        if key_id is not None and replace and self._is_stored(name, key_id):
            self._may_go[name] = key_id
        check_no_key_is_lost(self._credentials_file, name, section, key_that_may_go=self._may_go.get(name))
        if section.get("mfa_session_source", profile.name) != profile.name and not replace:
            raise SessionProfileTakenError(
                f"profile {name} holds the session of {section['mfa_session_source']}",
                hint="choose another name: --session-profile NAME; or insist: --replace",
            )
        if section and "mfa_session_source" not in section and not replace:
            raise SessionProfileTakenError(
                f"profile {name} of {self._credentials_file} was not written by mfa-session",
                hint="choose another name: --session-profile NAME; or insist: --replace",
            )
        settings = read_profiles(self._config_file, "config").get(name, {})
        if other := next((key for key in _OTHER_CREDENTIALS if key in settings), None):
            raise SessionProfileTakenError(
                f"profile {name} has {other} in {self._config_file}, and keys beside it would confuse AWS tools",
                hint="choose another name: --session-profile NAME; or delete that line",
            )
        check_writable(self._credentials_file, "credentials", name)
        if self._missing_settings(profile):
            check_writable(self._config_file, "config", name)

    def keep(self, profile: Profile, credentials: SessionCredentials) -> None:
        """Write the session of *profile*, and give its session profile a region and an output where it has none.

        Raises:
            SessionProfileTakenError: a long-term key has come to stand there since :meth:`claim`.
            SharedFileError: it could not be written; there is no new session then.
        """
        # The session comes last: one that is there is whole, its region and output too.
        if missing := self._missing_settings(profile):
            write_profile(self._config_file, "config", profile.session_profile, missing)
        values = {**section_of(credentials), "aws_security_token": None, "mfa_session_source": profile.name}
        may_go = self._may_go.get(profile.session_profile)
        write_lines(self._credentials_file, profile.session_profile, values, key_that_may_go=may_go)

    def check_can_forget(self, profile: Profile) -> None:
        """Raise what :meth:`forget` would raise, and change nothing.

        Raises:
            SessionProfileTakenError: a long-term key stands where the session is to be.
            SharedFileError: AWS tools cannot read the file.
        """
        section = self._section(profile)
        if section.get("mfa_session_source") == profile.name:
            check_no_key_is_lost(self._credentials_file, profile.session_profile, section)

    def forget(self, profile: Profile) -> bool:
        """Remove the session of *profile*, whole or damaged; tell whether there was one. Other lines stay.

        Raises:
            SessionProfileTakenError: a long-term key stands where the session is to be.
            SharedFileError: it could not be removed. The file is as it was, either way.
        """
        if self._section(profile).get("mfa_session_source") != profile.name:
            return False
        remove_lines(self._credentials_file, profile.session_profile, _OURS, key_that_may_go=None)
        return True

    def _missing_settings(self, profile: Profile) -> dict[str, str]:
        present = read_profiles(self._config_file, "config").get(profile.session_profile, {})
        wanted = {"region": profile.region, "output": profile.output}
        return {key: value for key, value in wanted.items() if value and key not in present}

    def _section(self, profile: Profile) -> Mapping[str, str]:
        return read_profiles(self._credentials_file, "credentials").get(profile.session_profile, {})
