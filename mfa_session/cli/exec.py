"""`mfa-session exec`: run a program with the session in its environment."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, NoReturn

import typer

from mfa_session.cli.desk import Desk
from mfa_session.cli.options import ProfileOption
from mfa_session.cli.parts import Parts
from mfa_session.environment import child_environment
from mfa_session.errors import ConfigurationError, UsageError
from mfa_session.store.sessions import section_of
from mfa_session.visible import visible

EXAMPLE = "Example: mfa-session exec --profile test-user -- terraform plan"


def exec_(
    context: typer.Context,
    command: Annotated[list[str], typer.Argument(metavar="-- CMD [ARG]...", help="The program and its arguments.")],
    profile: ProfileOption = None,
) -> None:
    """Run a program with the session in its environment, and end as it ends.

    The program gets the temporary keys and never the long-term one. It takes the place
    of this one; no shell comes between. A session in an environment cannot be renewed:
    for what runs for hours, use credential-process.
    """
    parts: Parts = context.obj
    source = parts.profile(profile)
    session = Desk(parts, source).live_session()
    _become(command, child_environment(dict(parts.environ), section_of(session), region=source.region))


def _become(command: Sequence[str], environ: Mapping[str, str]) -> NoReturn:
    if not command[0]:
        raise UsageError(
            "there is no program to run", hint="write it behind two hyphens: mfa-session exec -- aws s3 ls"
        )
    try:
        if os.name == "nt":
            sys.exit(_run_on_windows(command, environ))
        # The interpreter ignores it, and an ignored signal stays so in the program.
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        os.execvpe(command[0], list(command), dict(environ))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "it has a NUL in an argument"
        raise ConfigurationError(
            f"cannot run {visible(command[0])}: {reason}", hint="check its name, and that it is in PATH"
        ) from None


def _run_on_windows(command: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run the program as a child: Windows has no exec(2), and its imitation returns to the shell at once."""
    with subprocess.Popen(list(command), env=dict(environ)) as program:
        while True:
            try:
                return program.wait()
            except KeyboardInterrupt:
                continue  # the console has told the program too, and it may have its own mind about it
