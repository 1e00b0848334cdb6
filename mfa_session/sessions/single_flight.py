"""Answer an AWS tool with a session: one login for any number of callers.

Forty tools that find no session at the same moment all come here. One of them takes
the lock and asks; the others wait for the lock, and look what came of it.
"""

import contextlib
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Protocol

from mfa_session.errors import (
    DamagedSessionError,
    MFASessionError,
    PersonNeededError,
    PromptCancelledError,
    PromptTimeoutError,
    StateError,
)
from mfa_session.model.credentials import SessionCredentials
from mfa_session.model.profile import Profile

# Below this AWS tools would start a request with credentials that end under way.
LEAST_REMAINING = timedelta(seconds=60)

# botocore asks at every call from here on. Where nobody need be asked, this is the time for a new session.
EARLY = timedelta(minutes=15)

# A renewal that fails is not tried again by every call of an AWS tool, each of which would wait for it.
_BETWEEN_RENEWALS = timedelta(minutes=1)

# The SDK for JavaScript runs a failing program twice for one call, the one for C++ four times.
_REMEMBERED = timedelta(seconds=5)

# Go and Terraform end the program after 60 seconds, and show what it has said until then.
_TIMEOUT = timedelta(seconds=55)


class Sessions(Protocol):
    """Where sessions are kept."""

    def session(self, profile: Profile) -> SessionCredentials | None:
        """Return the session of *profile*, live or over, or ``None``.

        Raises:
            DamagedSessionError: there is one that cannot be used.
        """


class LogIn(Protocol):
    """One login, with one question."""

    def __call__(self) -> SessionCredentials:
        """Return a new session, which is kept already."""


class Renew(Protocol):
    """One login for which nobody is asked; one caller at a time."""

    def __call__(self) -> SessionCredentials:
        """Return a session that is not about to end, and is kept already; another caller may just have got it.

        Raises:
            PersonNeededError: there is none without a person.
            LockedError: another caller has begun, and takes long.
            MFASessionError: of every other family.
        """


class Lock(Protocol):
    """What one caller holds while it logs in."""

    def __call__(self, *, timeout: timedelta) -> AbstractContextManager[None]:
        """Return the lock.

        Raises:
            LockedError: another caller held it all the time.
        """


class FailedLogins(Protocol):
    """How the last login of each profile failed."""

    def since(self, profile: Profile, moment: datetime) -> MFASessionError | None:
        """Return how a login has failed after *moment*, or ``None``."""

    def remember(self, profile: Profile, error: MFASessionError) -> None:
        """Write down how a login has just failed."""


class Clock(Protocol):
    """What time it is."""

    def __call__(self) -> datetime:
        """Return the present moment, aware, in UTC."""


def answer(
    profile: Profile,
    *,
    sessions: Sessions,
    log_in: LogIn,
    renew: Renew | None = None,
    lock: Lock,
    failed_logins: FailedLogins,
    clock: Clock,
) -> SessionCredentials:
    """Return a live session of *profile*: the one that is kept, or one that somebody is asked a code for.

    A session is returned as long as it works. Nobody is asked in its last minutes:
    botocore takes a failure then for the end, although the session is still good. It is
    renewed then where that can be done without a person, by *renew*.

    Raises:
        MFASessionError: the login failed, here or in the caller that was asked; all get
            the same words.
    """
    begun = clock()

    def settled() -> SessionCredentials | None:
        session = _whole_session(profile, sessions)
        if session is not None and not session.expire_within(LEAST_REMAINING, now=clock()):
            return session
        if failure := failed_logins.since(profile, min(begun, clock() - _REMEMBERED)):
            raise failure
        return None

    if session := settled():
        if renew is None or not session.expire_within(EARLY, now=clock()):
            return session
        return renewed(profile, renew, failed_logins=failed_logins, clock=clock) or session
    # Whoever waits here finds, a moment after the lock is free, what came of the one question.
    with lock(timeout=_TIMEOUT):
        return settled() or _log_in(profile, log_in, sessions, failed_logins)


def _whole_session(profile: Profile, sessions: Sessions) -> SessionCredentials | None:
    try:
        return sessions.session(profile)
    except DamagedSessionError:
        return None  # a login writes a whole one


def renewed(profile: Profile, renew: Renew, *, failed_logins: FailedLogins, clock: Clock) -> SessionCredentials | None:
    """Return a new session, or ``None`` where the one that is there has to do, for whatever reason."""
    try:
        if failed_logins.since(profile, clock() - _BETWEEN_RENEWALS):
            return None
        return renew()
    except (PersonNeededError, StateError):
        return None
    except MFASessionError as error:
        with contextlib.suppress(StateError):
            failed_logins.remember(profile, error)
        return None


def _log_in(profile: Profile, log_in: LogIn, sessions: Sessions, failed_logins: FailedLogins) -> SessionCredentials:
    try:
        return log_in()
    except KeyboardInterrupt:
        failed_logins.remember(
            profile,
            PromptCancelledError(
                "the question for a token code was cancelled", hint="run the command again to be asked"
            ),
        )
        raise
    except PersonNeededError as error:
        if isinstance(error, PromptTimeoutError):
            failed_logins.remember(profile, error)
            raise
        # Another caller may have the terminal that this one has not; and the reason for asking is worth knowing.
        try:
            sessions.session(profile)
        except DamagedSessionError as damage:
            raise PersonNeededError(f"{damage}, and {error}", hint=error.hint) from error
        raise
    except MFASessionError as error:
        failed_logins.remember(profile, error)
        raise
