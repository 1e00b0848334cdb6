"""`mfa-session exec`: run a program with the session in its environment."""

from typing import Annotated

import typer

from mfa_session.aws_files.session_profiles import section_of
from mfa_session.cli import core_dumps
from mfa_session.cli.context import AppContext
from mfa_session.cli.login_service import live_session
from mfa_session.cli.options import ProfileOption
from mfa_session.environment import child_environment
from mfa_session.errors import ConfigurationError, UsageError
from mfa_session.exec_program import replace_process
from mfa_session.text import escape_control

EXAMPLE = "Example: mfa-session exec --profile test-user -- terraform plan"


def exec_(
    context: typer.Context,
    command: Annotated[list[str], typer.Argument(metavar="-- CMD [ARG]...", help="The program and its arguments.")],
    profile: ProfileOption = None,
) -> None:
    """Run a command with the session.

    The program gets the temporary keys and never the long-term one. It takes the place
    of this one; no shell comes between. With a role profile, it runs as the role. A
    session in an environment cannot be renewed: for what runs for hours, use
    credential-process.
    """
    app: AppContext = context.obj
    source = app.profile(profile)
    session = live_session(app, source)
    environ = child_environment(dict(app.environ), section_of(session), region=source.region)
    run_and_exit(context, command, environ)


def run_and_exit(context: typer.Context, command: list[str], environ: dict[str, str]) -> None:
    """Run *command* with the environment *environ*, and end as it ends.

    Raises:
        UsageError: there is no command.
        ConfigurationError: it cannot be run.
    """
    if not command[0]:
        raise UsageError("there is no program to run", hint="write it behind two hyphens, as in: -- aws s3 ls")
    core_dumps.allow_again(context)
    error = replace_process(command, environ)
    reason = error.strerror if isinstance(error, OSError) else "it has a NUL in an argument"
    raise ConfigurationError(
        f"cannot run {escape_control(command[0])}: {reason}", hint="check its name, and that it is in PATH"
    )
