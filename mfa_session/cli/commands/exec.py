"""`mfa-session exec`: run a program with the session in its environment."""

import sys
from collections.abc import Mapping
from typing import Annotated

import typer

from mfa_session.aws_files.session_profiles import section_of
from mfa_session.cli import core_dumps
from mfa_session.cli.context import AppContext, now
from mfa_session.cli.login_service import live_session
from mfa_session.cli.options import ProfileOption
from mfa_session.cli.output import write_stderr
from mfa_session.environment import child_environment
from mfa_session.errors import ConfigurationError, UsageError
from mfa_session.exec_program import replace_process
from mfa_session.model.credentials import SessionCredentials
from mfa_session.text import escape_control, format_expiration

_HOW_TO_NAME_A_PROGRAM = "write it behind two hyphens, as in: -- aws s3 ls"

# For the prompt of a shell that we start.
_PROFILE = "MFA_SESSION_PROFILE"

EXAMPLE = "Example: mfa-session exec --profile test-user -- terraform plan"


def exec_(
    context: typer.Context,
    command: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PROFILE] [-- CMD [ARG]...]",
            help="The program and its arguments.  [default: your shell]",
            show_default=False,
        ),
    ] = None,
    profile: ProfileOption = None,
) -> None:
    """Run a command with the session.

    The program gets the temporary keys and never the long-term one. It takes the place
    of this one; no shell comes between. With a role profile, it runs as the role. A
    session in an environment cannot be renewed: for what runs for hours, use
    credential-process.

    Without a program, your shell starts, with the profile in MFA_SESSION_PROFILE for its
    prompt.
    """
    if not command and not (sys.stdin and sys.stdin.isatty()):
        raise UsageError("missing argument '-- CMD [ARG]...'", hint=_HOW_TO_NAME_A_PROGRAM)
    app: AppContext = context.obj
    source = app.profile(profile)
    session = live_session(app, source)
    environ = child_environment(dict(app.environ), section_of(session), region=source.region)
    if not command:
        command, environ = [_shell(app.environ)], {**environ, _PROFILE: source.name}
        _announce_shell(app.environ.get(_PROFILE), source.name, session)
    run_and_exit(context, command, environ)


def _shell(environ: Mapping[str, str]) -> str:
    if sys.platform == "win32":
        from mfa_session.cli.completion import calling_shell  # of Windows alone, where it looks through all processes

        called_by = calling_shell()
        return called_by if called_by in ("powershell", "pwsh") else environ.get("COMSPEC") or "cmd.exe"
    return environ.get("SHELL") or "/bin/sh"


def _announce_shell(outer: str | None, profile: str, session: SessionCredentials) -> None:
    end = format_expiration(session.expiration.timestamp(), now=now().timestamp())
    write_stderr(f"mfa-session: this shell has the session of {escape_control(profile)} {end}; to leave it: exit")
    if outer:
        write_stderr(f"mfa-session: it runs inside the shell of {escape_control(outer)}, which exit returns to")


def run_and_exit(context: typer.Context, command: list[str], environ: dict[str, str]) -> None:
    """Run *command* with the environment *environ*, and end as it ends.

    Raises:
        UsageError: there is no command.
        ConfigurationError: it cannot be run.
    """
    if not command[0]:
        raise UsageError("there is no program to run", hint=_HOW_TO_NAME_A_PROGRAM)
    core_dumps.allow_again(context)
    error = replace_process(command, environ)
    reason = error.strerror if isinstance(error, OSError) else "it has a NUL in an argument"
    raise ConfigurationError(
        f"cannot run {escape_control(command[0])}: {reason}", hint="check its name, and that it is in PATH"
    )
