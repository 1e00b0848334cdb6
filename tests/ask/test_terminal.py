"""Asking on the controlling terminal, with real ones."""

import sys

from tests.terminal import Program, PseudoTerminal, Stream

ASKER = """
import sys
from datetime import timedelta
from mfa_session.ask.terminal import Terminal
from mfa_session.errors import MFASessionError

terminal = Terminal.open()
"""


def ask(terminal: PseudoTerminal, question: str, *, stdout: Stream = Stream.TERMINAL) -> Program:
    """Run a program that asks a *question*, written as an expression, and prints its answer."""
    return terminal.run(sys.executable, "-c", f"{ASKER}print('answer:', {question})", stdout=stdout)


def test_a_secret_answer_is_not_shown(terminal: PseudoTerminal) -> None:
    program = ask(terminal, "terminal.ask('Code:', secret=True)", stdout=Stream.PIPE)
    terminal.expect("Code:")

    terminal.type("123456\n")

    assert program.wait() == 0
    assert program.stdout == b"answer: 123456\n"
    assert terminal.screen == "Code:"
