"""`mfa-session demo`: the whole story, without an account."""

import signal
import sys
from pathlib import Path

import typer

from mfa_session.cli.output import GENERAL, write_stdout
from mfa_session.cli.own_program import program_command, program_path
from mfa_session.demo.story import Story
from mfa_session.errors import ConfigurationError

EXAMPLE = "Example: mfa-session demo"


def demo() -> None:
    """See the whole story, without an AWS account.

    It is told with the real commands against a strict AWS on this machine, in a home that
    is thrown away. Nothing of yours is touched.
    """
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            # A process that is ended so removes the files of the story.
            signal.signal(getattr(signal, name), lambda number, _: sys.exit(128 + number))
    story = Story(
        list(program_command()) if Path(program_path()).exists() else [sys.executable, "-m", "mfa_session"],
        write_stdout,
    )
    try:
        went_well = story.tell()
    except OSError as error:
        raise ConfigurationError(
            f"the story cannot be told here: {error.strerror or error}",
            hint="it needs a temporary folder (TMPDIR), the address 127.0.0.1 and pseudo terminals (/dev/pts)",
        ) from error
    if not went_well:
        raise typer.Exit(GENERAL)
