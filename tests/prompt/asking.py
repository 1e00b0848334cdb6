"""A program that asks a question on its terminal, and prints what came of it."""

import sys

from tests.terminal import Program, PseudoTerminal, Stream

PROGRAM = """
import signal, sys, threading
from datetime import timedelta
from mfa_session.prompt.terminal import Terminal
from mfa_session.errors import MFASessionError

{before}
try:
    with Terminal.open() as terminal:
        print("answer:", ascii({question}), flush=True)
except (MFASessionError, KeyboardInterrupt) as error:
    print("error:", type(error).__name__, flush=True)
{after}
"""


def ask(
    terminal: PseudoTerminal,
    question: str,
    *,
    before: str = "",
    after: str = "",
    stdin: Stream | int = Stream.TERMINAL,
    stdout: Stream | int = Stream.PIPE,
    foreground: bool = True,
) -> Program:
    """Start a program that evaluates *question*, a call of ``terminal``, and prints the answer or the error's name."""
    return terminal.run(
        *asking(question, before=before, after=after), stdin=stdin, stdout=stdout, foreground=foreground
    )


def asking(question: str, *, before: str = "", after: str = "") -> tuple[str, ...]:
    """Return the command of such a program."""
    return (sys.executable, "-c", PROGRAM.format(question=question, before=before, after=after))
