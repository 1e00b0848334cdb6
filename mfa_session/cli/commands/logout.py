"""`mfa-session logout`: remove the session profile's keys."""

from typing import Annotated

import typer

from mfa_session.cli.context import AppContext
from mfa_session.cli.options import ProfileOption
from mfa_session.cli.output import exit_code, report, write_json, write_stderr
from mfa_session.errors import SessionProfileTakenError, UsageError
from mfa_session.model.profile import Profile
from mfa_session.text import escape_control

EXAMPLE = "Example: mfa-session logout --profile test-user"


def logout(
    context: typer.Context,
    profile: ProfileOption = None,
    every: Annotated[bool, typer.Option("--all", help="Every session that mfa-session has written.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing when all is well.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Remove the session from the credentials file.

    The keys are deleted, not blanked. AWS itself cannot end one session: a copy of the
    keys elsewhere works until its end.
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
    records = []
    for each in chosen:
        try:
            with app.lock(each):
                was_there = app.sessions.forget(each)
        except SessionProfileTakenError as error:
            report(error, as_json=as_json)
            failure = error
            records.append(_record(each, removed=False, problem=str(error)))
            continue
        records.append(_record(each, removed=was_there, problem=None))
        if quiet or as_json:
            continue
        name = escape_control(each.session_profile if every else each.name)
        write_stderr(f"Logged out of {name}." if was_there else f"Not logged in: {name}.")
    if as_json:
        write_json(profiles=records)
    elif not chosen and not quiet:
        write_stderr("Not logged in.")
    if failure is not None:
        raise typer.Exit(exit_code(failure))


def _record(profile: Profile, *, removed: bool, problem: str | None) -> dict[str, object]:
    return {
        "profile": profile.name,
        "session_profile": profile.session_profile,
        "removed": removed,
        "problem": problem,
    }
