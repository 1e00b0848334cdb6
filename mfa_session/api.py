"""The Python interface: a boto3 session with MFA, got as `credential-process` gets it for every other AWS tool."""

import os
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from mfa_session.cli.context import AppContext
from mfa_session.cli.login_service import shared_session
from mfa_session.model.credentials import SessionCredentials
from mfa_session.prompt.terminal import CalledLines, Terminal
from mfa_session.sessions.login import DEFAULT_ATTEMPTS

if TYPE_CHECKING:
    import boto3

# Whoever waits meanwhile for the same session gives up after 55 seconds.
_PROMPT = timedelta(seconds=45)

# As the option of the program reads it.
_YES = {"1", "true", "t", "yes", "y", "on"}


def session(
    profile: str | None = None, *, ask: bool | Callable[[str], str] = True, region_name: str | None = None
) -> "boto3.Session":
    """Return a boto3 session that has the MFA session of *profile*, and gets the next one when it ends.

    *profile* is that of a user, of a role, or the session profile of either; without one it
    is ``AWS_PROFILE``, else ``default``. A live session is used as it is. Where there is none, a code is
    asked for at once, on the terminal that this program was started from, for 45 seconds
    and up to three times; with a program that prints codes, nobody is asked. All threads
    and programs that want the session at the same moment share one question and one call.

    *ask* ``False`` asks nobody, now or later. A function is called with each question
    instead of the terminal, and returns the answer: ``getpass.getpass`` asks in a notebook.
    Nobody is ever asked where ``MFA_SESSION_NO_PROMPT`` is set.

    *region_name* is the region of the session; without one it is ``AWS_DEFAULT_REGION``,
    then the profile's. No other credentials are used in the session, whatever the
    environment holds.

    Raises:
        PersonNeededError: there is no live session, and nobody may or can be asked for a
            code; the hint is the command to run.
        MFASessionError: of every other family. A client of the session raises the same at
            a call for which a new session is needed and cannot be had.
    """
    from mfa_session.aws.boto3_session import boto3_session

    app = AppContext(os.environ, no_prompt=_is_silent(ask), open_terminal=_terminal_of(ask))
    chosen = app.profile(profile)
    limit = None if callable(ask) else _PROMPT

    def credentials() -> SessionCredentials:
        # Read anew: between two sessions of twelve hours, somebody may have changed a setting.
        return shared_session(app, app.profile(chosen.name), timeout=limit, attempts=DEFAULT_ATTEMPTS)

    return boto3_session(credentials, profile=chosen.name, region=region_name, default_region=chosen.region)


def _is_silent(ask: bool | Callable[[str], str]) -> bool:
    return not ask or os.environ.get("MFA_SESSION_NO_PROMPT", "").strip().lower() in _YES


def _terminal_of(ask: bool | Callable[[str], str]) -> Callable[[], Terminal]:
    return partial(Terminal, CalledLines(ask)) if callable(ask) else Terminal.open
