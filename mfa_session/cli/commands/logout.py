"""`mfa-session logout`: remove the session profile's keys."""

from typing import Annotated

import typer

from mfa_session.cli.context import AppContext
from mfa_session.cli.options import ProfileOption
from mfa_session.cli.output import exit_code, print_error, write_stderr
from mfa_session.errors import SessionProfileTakenError, UsageError
from mfa_session.text import escape_control

EXAMPLE = "Example: mfa-session logout --profile test-user"


def logout(
    context: typer.Context,
    profile: ProfileOption = None,
    every: Annotated[bool, typer.Option("--all", help="Every session that mfa-session has written.")] = False,
) -> None:
    """Remove the session from the credentials file.

    The keys are deleted, not blanked. AWS itself cannot end one session: a copy of the
    keys that somebody else has works until its end.
    """
    if every and profile:
        raise UsageError("--all and --profile contradict each other", hint="give one of them")
    app: AppContext = context.obj
    if every:
        chosen = app.sessions.all()
    else:
        source = app.profile(profile)
        chosen = [source]
    failure = None
    for each in chosen:
        try:
            with app.lock(each):
                was_there = app.sessions.forget(each)
        except SessionProfileTakenError as error:
            print_error(str(error), hint=error.hint)
            failure = error
            continue
        name = escape_control(each.session_profile)
        write_stderr(
            f"mfa-session: the session of {name} is removed" if was_there else f"mfa-session: {name} holds no session"
        )
    if not chosen:
        write_stderr("mfa-session: there is no session")
    if failure is not None:
        raise typer.Exit(exit_code(failure))
