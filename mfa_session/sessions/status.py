"""Tell how things stand with a profile: its session, its device, and where its long-term key is.

All is read from the two AWS files, which are handed in as botocore reads them: neither
a keyring nor AWS is asked, so the answer is what this machine believes.
"""

from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

from mfa_session.errors import ConfigurationError, DamagedSessionError, LongTermKeyInSessionError, ProfileNotFoundError
from mfa_session.model.caller_identity import CallerIdentity
from mfa_session.model.credentials import SessionCredentials
from mfa_session.model.profile import Profile, ProfileReader, Sections

# Returns the session of a profile that the section of its session profile holds; may raise DamagedSessionError.
SessionReader: TypeAlias = Callable[[Mapping[str, str], Profile], SessionCredentials | None]

# What the CIS AWS Foundations Benchmark allows; IAM's own report and most auditors ask for the same.
_OLD = timedelta(days=90)

# What only `mfa-session` writes, or reads.
_OURS = "mfa_session_"


class State(StrEnum):
    """The state of a session; UNVERIFIED if AWS was to verify it and did not."""

    LIVE = "live"
    EXPIRED = "expired"
    UNVERIFIED = "unverified"
    NONE = "none"
    DAMAGED = "damaged"
    LONG_TERM_KEY = "long_term_key"


@dataclass(frozen=True, slots=True)
class Status:
    """How things stand with *profile*.

    *key_in_file* tells that the long-term key, which for a role is that of the user who
    takes it, still lies in the credentials file.
    *problem* is what is wrong with the session or with the settings, in words. *identity*
    is who the session is to AWS, where AWS was asked.
    """

    profile: Profile
    state: State
    session: SessionCredentials | None
    key_in_file: bool
    problem: str | None = None
    identity: CallerIdentity | None = None

    def remaining(self, now: datetime) -> timedelta | None:
        """Return how long the session still lives, nothing if it is over; ``None`` where there is no whole one."""
        return max(timedelta(0), self.session.expiration - now) if self.session else None

    def key_age(self, now: datetime) -> timedelta | None:
        """Return how old the long-term key is, ``None`` where its date is not recorded."""
        created = self.profile.user.key_created
        return max(timedelta(0), now - created) if created else None

    def key_is_old(self, now: datetime) -> bool:
        """Tell whether it is time for a new long-term key."""
        age = self.key_age(now)
        return age is not None and age > _OLD


def status(name: str, *, config: Sections, credentials: Sections, session_in: SessionReader, now: datetime) -> Status:
    """Return how things stand with profile *name*, or with the one whose session profile it is.

    Raises:
        ProfileNotFoundError: the files know no such profile.
    """
    reader = ProfileReader(config, credentials)
    try:
        profile, problem = _read(name, reader)
    except ProfileNotFoundError:
        for each in all_statuses(config=config, credentials=credentials, session_in=session_in, now=now):
            if name in (each.profile.name, each.profile.session_profile):
                return each  # a session that has outlived its profile
        raise
    return _standing(profile, problem, reader=reader, credentials=credentials, session_in=session_in, now=now)


def all_statuses(*, config: Sections, credentials: Sections, session_in: SessionReader, now: datetime) -> list[Status]:
    """Return how things stand with every profile that we have to do with, in the order of their names.

    That is every profile that has a session or a setting of ours, and every one that has
    both an MFA device and a long-term key in the credentials file; and the roles that are
    taken with the sessions of these. A session that was left
    in another session profile than the one that is set now has an entry of its own.
    """
    found = []
    reader = ProfileReader(config, credentials)
    ours = set(_ours(reader, credentials))
    for name, session_profile in sorted(ours | set(_roles_of({name for name, _ in ours}, reader))):
        profile, problem = Profile(name, session_profile), None
        if name in config or name in credentials:
            read, problem = _read(name, reader)
            profile = replace(read, name=name, session_profile=session_profile)
        found.append(
            _standing(profile, problem, reader=reader, credentials=credentials, session_in=session_in, now=now)
        )
    return found


def _read(name: str, reader: ProfileReader) -> tuple[Profile, str | None]:
    """Return a profile, and what is wrong with its settings; then it has none."""
    try:
        return reader.profile(name), None
    except ProfileNotFoundError:
        raise
    except ConfigurationError as error:
        source = reader.source_profile_name(name)
        return Profile(source, _session_profile(source, reader)), str(error)


def _standing(
    profile: Profile,
    problem: str | None,
    *,
    reader: ProfileReader,
    credentials: Sections,
    session_in: SessionReader,
    now: datetime,
) -> Status:
    key_in_file = has_long_term_key(reader.settings(profile.user.name))
    try:
        session = session_in(credentials.get(profile.session_profile, {}), profile)
    except LongTermKeyInSessionError as error:
        return Status(profile, State.LONG_TERM_KEY, None, key_in_file, problem or str(error))
    except DamagedSessionError as error:
        return Status(profile, State.DAMAGED, None, key_in_file, problem or str(error))
    if session is None:
        return Status(profile, State.NONE, None, key_in_file, problem)
    state = State.EXPIRED if session.expire_within(timedelta(0), now=now) else State.LIVE
    return Status(profile, state, session, key_in_file, problem)


def _ours(reader: ProfileReader, credentials: Sections) -> Iterator[tuple[str, str]]:
    """Yield the names of each source profile that we have to do with, and of its session profile."""
    for name, section in credentials.items():
        if source := section.get("mfa_session_source"):
            yield source, name
    for name in reader.names():
        if "mfa_session_source" in credentials.get(name, {}):
            continue
        settings = reader.settings(name)
        can_log_in = "mfa_serial" in settings and has_long_term_key(settings)
        if can_log_in or any(key.startswith(_OURS) for key in settings):
            yield name, _session_profile(name, reader)


def _roles_of(users: Container[str], reader: ProfileReader) -> Iterator[tuple[str, str]]:
    """Yield the names of each role profile that one of *users* is behind, and of its session profile."""
    known: dict[str, str | None] = {}
    for name in reader.names():
        user = _user_behind(name, reader, known)
        if user != name and user in users:
            yield name, _session_profile(name, reader)


def _user_behind(name: str, reader: ProfileReader, known: dict[str, str | None]) -> str | None:
    """Return the profile at the beginning of a chain of roles, ``None`` where it has no beginning.

    The answer for each profile of the chain is written into *known*.
    """
    passed: dict[str, None] = {}
    user: str | None = name
    while user is not None and user not in known:
        passed[user] = None
        settings = reader.settings(user)
        if not settings.get("role_arn"):
            break
        source = reader.source_profile_name(settings.get("source_profile", ""))
        user = None if source in passed else source
    found = known.get(user, user) if user is not None else None
    known.update(dict.fromkeys(passed, found))
    return found


def _session_profile(name: str, reader: ProfileReader) -> str:
    return reader.settings(name).get("mfa_session_profile") or f"{name}-mfa"


def has_long_term_key(section: Mapping[str, str]) -> bool:
    """Tell whether the *section* of a profile has the access key of an IAM user."""
    return section.get("aws_access_key_id", "").startswith("AKIA")
