"""Sessions, each in its session profile of the AWS files."""

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

from mfa_session.aws_files.credential_lines import (
    check_no_key_is_lost,
    remove_lines,
    write_lines,
    write_lines_of_several,
)
from mfa_session.aws_files.files import check_writable, read_profiles, write_profile, write_profiles
from mfa_session.errors import (
    AWSAnswerError,
    DamagedSessionError,
    LongTermKeyInSessionError,
    MFASessionError,
    OtherToolSessionError,
    SessionProfileTakenError,
    SharedFileError,
    hint_command,
)
from mfa_session.model.credentials import SessionCredentials, long_term_key_id, masked, moment, timestamp
from mfa_session.model.profile import Profile
from mfa_session.model.provider import CREDENTIAL_SETTINGS, how_to_use

# Every key that we write into a session profile; what else stands there is the user's.
_OURS = (
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "aws_security_token",
    "x_security_token_expires",
    "mfa_session_source",
    "mfa_session_region",
    "mfa_session_output",
)

# Beside a session, the settings that it was given with: a login replaces these, and none that the user chose.
_GIVEN = {"region": "mfa_session_region", "output": "mfa_session_output"}

# Whether the long-term key that a profile has in a store is the one of this ID.
IsStored: TypeAlias = Callable[[str, str], bool]


def _is_stored_nowhere(profile: str, key_id: str) -> bool:  # noqa: ARG001  no store was read
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
            hint=f"keep that key, and give it another profile; then: {hint_command('login', profile=profile.name)}",
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


def _written(profile: Profile, credentials: SessionCredentials) -> dict[str, str | None]:
    # Not what an option of this one login says.
    configured = {"region": _configured(profile, "region"), "output": _configured(profile, "output")}
    given = {
        _GIVEN[key]: value if value and value == configured[key] else None
        for key, value in (("region", profile.region), ("output", profile.output))
    }
    return {**section_of(credentials), "aws_security_token": None, "mfa_session_source": profile.name, **given}


def _configured(profile: Profile, key: str) -> str | None:
    return profile.settings.get(key) or (_configured(profile.source, key) if profile.source else None)


def _damaged(profile: Profile, what: str) -> DamagedSessionError:
    return DamagedSessionError(
        f"the session in profile {profile.session_profile} is damaged: {what}",
        hint=f"get a new one: {hint_command('login', profile=profile.name)}",
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

    def check_writable(self, profile: Profile, *, replace: bool) -> None:
        """Make sure that a session of *profile* can be written where it belongs.

        Only a section that is marked as ours is overwritten without being asked. With
        *replace*, other sections are, but one that holds a long-term key only when the
        key is in a store: the line may be the only copy.

        Raises:
            SessionProfileTakenError: the section is not ours, or the config file gives the
                profile credentials of another kind.
            SharedFileError: the file cannot be read or written.
        """
        self._check_not_taken(profile, replace=replace)
        self._check_writable(profile)

    def _check_writable(self, profile: Profile) -> None:
        check_writable(self._credentials_file, "credentials", profile.session_profile)
        if self._missing_settings(profile):
            check_writable(self._config_file, "config", profile.session_profile)

    def _check_not_taken(self, profile: Profile, *, replace: bool) -> None:
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
                hint="choose another name: --session-profile NAME; to overwrite it: --force",
            )
        if section and "mfa_session_source" not in section and not replace:
            temporary = section.get("aws_access_key_id", "").startswith("ASIA")
            problem = OtherToolSessionError if temporary else SessionProfileTakenError
            raise problem(
                f"profile {name} of {self._credentials_file} was not written by mfa-session",
                hint="choose another name: --session-profile NAME; to overwrite it: --force",
            )
        for path, settings in (
            (self._credentials_file, section),
            (self._config_file, read_profiles(self._config_file, "config").get(name, {})),
        ):
            if other := next((key for key in CREDENTIAL_SETTINGS if key in settings), None):
                raise SessionProfileTakenError(
                    f"profile {name} has {other} in {path}, and keys beside it would confuse AWS tools",
                    hint=f"choose another name: --session-profile NAME; or go on with that: {how_to_use(name, other)}",
                )

    def keep(self, profile: Profile, credentials: SessionCredentials) -> None:
        """Write the session of *profile*, and give its session profile a region and an output where it has none.

        Raises:
            SessionProfileTakenError: a long-term key has come to stand there since :meth:`claim`.
            SharedFileError: it could not be written; there is no new session then.
        """
        # The session comes last: one that is there is whole, its region and output too.
        if missing := self._missing_settings(profile):
            write_profile(self._config_file, "config", profile.session_profile, missing)
        may_go = self._may_go.get(profile.session_profile)
        values = _written(profile, credentials)
        write_lines(self._credentials_file, profile.session_profile, values, key_that_may_go=may_go)

    def mark_ended(self, session: SessionCredentials, *, now: datetime) -> None:
        """Set the expiration of *session* to *now*, wherever it is kept: AWS does not accept it any more.

        Raises:
            SharedFileError: the file cannot be changed.
            SessionProfileTakenError: another session has replaced it meanwhile.
        """

        def check(section: Mapping[str, str]) -> None:
            if section.get("aws_access_key_id") != session.access_key_id:
                raise SessionProfileTakenError("a new session has replaced the ended one", hint="use the new one")

        for name, section in read_profiles(self._credentials_file, "credentials").items():
            if section.get("mfa_session_source") and section.get("aws_access_key_id") == session.access_key_id:
                values = {"x_security_token_expires": timestamp(now)}
                write_lines(self._credentials_file, name, values, key_that_may_go=None, check=check)

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
        """Return the region and output that the session profile lacks, or has from an earlier login."""
        section = self._section(profile)
        present = {**read_profiles(self._config_file, "config").get(profile.session_profile, {}), **section}
        wanted = {"region": profile.region, "output": profile.output}
        return {
            key: value
            for key, value in wanted.items()
            if value and value != present.get(key) and present.get(key) in (None, section.get(_GIVEN[key]))
        }

    def _section(self, profile: Profile) -> Mapping[str, str]:
        return read_profiles(self._credentials_file, "credentials").get(profile.session_profile, {})


class RoleSessionsWrittenTogether(SessionProfiles):
    """Session profiles of which those of roles are written many at a time, by :meth:`flush`.

    Each write costs as much as the file is long. A role's session that is lost before it is
    written costs no code, so it waits; that of a user is written at once.
    """

    _least_seconds_between = 0.5
    _times_the_last_write = 8.0

    def __init__(self, *, credentials_file: Path, config_file: Path, is_stored: IsStored) -> None:
        super().__init__(credentials_file=credentials_file, config_file=config_file, is_stored=is_stored)
        self._waiting: dict[str, tuple[Profile, SessionCredentials]] = {}
        self._due = 0.0

    def is_due(self) -> bool:
        """Whether enough time has passed since the last write that another costs little beside it."""
        return time.monotonic() >= self._due

    def session(self, profile: Profile) -> SessionCredentials | None:
        """Return the session of *profile*, also one that waits to be written."""
        waiting = self._waiting.get(profile.session_profile)
        if waiting is not None and waiting[0].name == profile.name:
            return waiting[1]
        return super().session(profile)

    def check_writable(self, profile: Profile, *, replace: bool) -> None:
        """Make sure that a session can be written, as :class:`SessionProfiles` does; of roles, once for each write."""
        self._check_not_taken(profile, replace=replace)
        waiting = self._waiting.get(profile.session_profile)
        if waiting is not None and waiting[0].name != profile.name and not replace:
            raise SessionProfileTakenError(
                f"profile {profile.session_profile} holds the session of {waiting[0].name}",
                hint="choose another name: --session-profile NAME; to overwrite it: --force",
            )
        if profile.role is None or not self._waiting:
            self._check_writable(profile)

    def keep(self, profile: Profile, credentials: SessionCredentials) -> None:
        """Write the session of a user; have that of a role wait."""
        if profile.role is None:
            super().keep(profile, credentials)
        else:
            self._waiting[profile.session_profile] = (profile, credentials)

    def flush(self) -> dict[str, MFASessionError]:
        """Write what waits, and return the errors by the names of the session profiles that could not be written."""
        begun = time.monotonic()
        waiting, self._waiting = self._waiting, {}
        failures: dict[str, MFASessionError] = {}
        try:
            self._write(waiting)
        except (SharedFileError, SessionProfileTakenError):
            for name, (profile, credentials) in waiting.items():
                try:
                    super().keep(profile, credentials)
                except (SharedFileError, SessionProfileTakenError) as error:
                    failures[name] = error
        now = time.monotonic()
        self._due = now + max(self._least_seconds_between, self._times_the_last_write * (now - begun))
        return failures

    def _write(self, waiting: Mapping[str, tuple[Profile, SessionCredentials]]) -> None:
        missing = {name: self._missing_settings(profile) for name, (profile, _) in waiting.items()}
        if missing := {name: settings for name, settings in missing.items() if settings}:
            write_profiles(self._config_file, "config", missing)
        if waiting:
            values = {name: _written(profile, credentials) for name, (profile, credentials) in waiting.items()}
            write_lines_of_several(self._credentials_file, values, keys_that_may_go=self._may_go)
