"""`mfa-session export`: print the session as variables for a shell."""

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from mfa_session.aws_files.session_profiles import section_of
from mfa_session.cli.context import AppContext
from mfa_session.cli.login_service import live_session
from mfa_session.cli.options import ProfileOption, one_of
from mfa_session.cli.output import write_stdout
from mfa_session.environment import session_variables
from mfa_session.errors import UsageError
from mfa_session.sessions.export_formats import FORMATS, assignments, failure

EXAMPLE = 'Example: eval "$(mfa-session export --profile test-user)"'

# What would win over the session in one SDK or another: https://docs.aws.amazon.com/sdkref/latest/guide/
_FORGOTTEN = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SECURITY_TOKEN")

_DOCUMENT = "process"


def export(
    context: typer.Context,
    profile: ProfileOption = None,
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help=f"One of: {', '.join((*FORMATS, _DOCUMENT))}.",
            show_default="env; in PowerShell and cmd.exe, theirs",
            autocompletion=one_of(*FORMATS, _DOCUMENT),
        ),
    ] = None,
) -> None:
    """Print the session as variables for a shell.

    Each value is quoted for the shell that takes it. On failure, a line is printed that fails in
    that shell, so that a script with "set -e" or "&&" stops; for dotenv and process, nothing.
    """
    form = form or _format_of_the_calling_shell()
    if form not in (*FORMATS, _DOCUMENT):
        raise UsageError(f"there is no format {form}", hint=f"choose one of: {', '.join((*FORMATS, _DOCUMENT))}")
    app: AppContext = context.obj
    source = app.profile(profile)
    session = live_session(app, source)
    if form == _DOCUMENT:
        write_stdout(session.document() + "\n", whole=True)
        return
    variables = session_variables(section_of(session), region=source.region)
    write_stdout(assignments(variables, forget=_FORGOTTEN, shell=form), whole=True)


def fail_the_shell(arguments: Sequence[str]) -> None:
    """Print the line that fails in the shell that the command line *arguments* is for, unless stdout is a terminal.

    ``eval "$(mfa-session export)"`` would otherwise do nothing and succeed, and the script go on with old credentials.
    """
    if sys.stdout is None or not sys.stdout.isatty():
        write_stdout(failure(arguments, default=_format_of_the_calling_shell()))


def _format_of_the_calling_shell() -> str:
    if sys.platform != "win32":
        return "env"
    from mfa_session.cli.completion import calling_shell  # of Windows alone, where it looks through all processes

    return {"powershell": "powershell", "pwsh": "powershell", "cmd": "windows-cmd"}.get(calling_shell() or "", "env")
