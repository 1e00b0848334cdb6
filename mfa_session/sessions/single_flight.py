"""One login for any number of callers at once.

Of many AWS tools that find no session at the same moment, one takes the lock and asks
the user; the others wait for the lock and use its session, or its failure.
"""

import contextlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import TypeVar

from mfa_session.errors import (
    DamagedSessionError,
    MFASessionError,
    PersonNeededError,
    PromptInterruptedError,
    PromptTimeoutError,
    ReaderGoneError,
    StateError,
)
from mfa_session.model.credentials import SessionCredentials
from mfa_session.model.profile import Profile
from mfa_session.sessions.login import Clock
from mfa_session.sessions.protocols import FailedLogins, Sessions

Result = TypeVar("Result")

# With less, AWS tools would start a request with credentials that expire before it ends.
LEAST_REMAINING = timedelta(seconds=60)

# From here on botocore asks at every call. A session that needs no prompt is renewed now.
EARLY = timedelta(minutes=15)

# A renewal that fails is not tried again by every call of an AWS tool, each of which would wait for it.
_BETWEEN_RENEWALS = timedelta(minutes=1)

# The SDK for JavaScript runs a failing program twice for one call, the one for C++ four times.
_REMEMBERED = timedelta(seconds=5)

# Go and Terraform kill the program after 60 seconds; the longest wait for another caller's login.
LOCK_TIMEOUT = timedelta(seconds=55)


def answer(
    profile: Profile,
    *,
    sessions: Sessions,
    log_in: Callable[[], SessionCredentials],
    renew: Callable[[], SessionCredentials] | None = None,
    lock: Callable[[], AbstractContextManager[None]],
    failed_logins: FailedLogins,
    clock: Clock,
    since: datetime | None = None,
    check: Callable[[], None] | None = None,
    force: bool = False,
) -> SessionCredentials:
    """Return the valid session of *profile*, or a new one by *log_in*, for which the user may be asked.

    The user is not asked in the last minutes of a valid session: if that failed, botocore
    would fail too, although the session still works. *renew* gets a new session without a
    prompt; it raises PersonNeededError if it cannot. *lock* raises LockedError if another
    caller holds it too long.

    A failure of the last five seconds is the failure of this caller too: AWS SDKs run a
    failing program several times. With *since*, only one after that moment is: the caller
    may be asked again at once. *check* is called before the wait for another caller, and raises
    if there must be none. With *force*, a new session is got although one is valid.

    Raises:
        MFASessionError: the login failed, in this caller or in the one that was asked.
    """
    begun = clock()
    present = _whole_session(profile, sessions) if force else None
    replaced = present.access_key_id if present else None

    def settled() -> SessionCredentials | None:
        session = _whole_session(profile, sessions)
        is_valid = session is not None and not session.expire_within(LEAST_REMAINING, now=clock())
        if session is not None and is_valid and session.access_key_id != replaced:
            return session
        if failure := failed_logins.since(profile, since or min(begun, clock() - _REMEMBERED)):
            raise failure
        return None

    if session := settled():
        if renew is None or not session.expire_within(EARLY, now=clock()):
            return session
        return renewed(profile, renew, failed_logins=failed_logins, clock=clock) or session
    if check is not None:
        _log_in(profile, check, sessions, failed_logins)
    with lock():
        return settled() or _log_in(profile, log_in, sessions, failed_logins)


def _whole_session(profile: Profile, sessions: Sessions) -> SessionCredentials | None:
    try:
        return sessions.session(profile)
    except DamagedSessionError:
        return None  # a login writes a whole one


def renewed(
    profile: Profile, renew: Callable[[], SessionCredentials], *, failed_logins: FailedLogins, clock: Clock
) -> SessionCredentials | None:
    """Return a new session, or ``None`` if the present one has to do."""
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


def _log_in(profile: Profile, log_in: Callable[[], Result], sessions: Sessions, failed_logins: FailedLogins) -> Result:
    try:
        return log_in()
    except KeyboardInterrupt:
        failed_logins.remember(
            profile,
            PromptInterruptedError("the prompt for an MFA code was cancelled", hint="run the command again"),
        )
        raise
    except PersonNeededError as error:
        if isinstance(error, PromptTimeoutError):
            failed_logins.remember(profile, error)
            raise
        # Not remembered: another caller may have a terminal. A damaged session is the reason for the prompt.
        try:
            sessions.session(profile)
        except DamagedSessionError as damage:
            raise PersonNeededError(f"{damage}, and {error}", hint=error.hint) from error
        raise
    except ReaderGoneError:
        raise  # the other callers still wait: the next one asks
    except MFASessionError as error:
        failed_logins.remember(profile, error)
        raise
