"""Signals that come while a question is open."""

import signal
import sys

import pytest

from tests.terminal import Program, PseudoTerminal, Stream

PROGRAM = """
import signal
from mfa_session.prompt.deferred_signals import deferred_signals

{before}
with deferred_signals() as descriptors:
    {inside}
    print("inside", flush=True)
print("after", flush=True)
"""


def run(terminal: PseudoTerminal, inside: str, *, before: str = "") -> Program:
    return terminal.run(sys.executable, "-c", PROGRAM.format(inside=inside, before=before), stdout=Stream.PIPE)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGQUIT"])
def test_a_signal_takes_effect_when_the_block_is_left(terminal: PseudoTerminal, name: str) -> None:
    program = run(terminal, f"signal.raise_signal(signal.{name})")

    assert program.wait() == -signal.Signals[name]
    assert program.stdout == b"inside\n"


def test_a_stop_takes_effect_when_the_block_is_left(terminal: PseudoTerminal) -> None:
    program = run(terminal, "signal.raise_signal(signal.SIGTSTP)")

    program.wait_until_stopped()
    stdout_when_stopped = program.stdout
    program.resume(foreground=True)
    program.wait()

    assert stdout_when_stopped == b"inside\n"
    assert program.stdout == b"inside\nafter\n"


def test_a_stop_is_forgotten_when_the_continuation_has_come_already(terminal: PseudoTerminal) -> None:
    program = run(terminal, "signal.raise_signal(signal.SIGTSTP); signal.raise_signal(signal.SIGCONT)")

    program.wait()

    assert program.stdout == b"inside\nafter\n"


def test_the_descriptor_tells_of_a_signal(terminal: PseudoTerminal) -> None:
    readable = "select.select(descriptors, [], [], 0)[0] == descriptors"
    program = run(
        terminal,
        f"print({readable}); signal.raise_signal(signal.SIGCONT); print({readable})",
        before="import select",
    )

    program.wait()

    assert program.stdout == b"False\nTrue\ninside\nafter\n"


def test_a_handler_of_the_program_is_called_after_the_block(terminal: PseudoTerminal) -> None:
    handler = "signal.signal(signal.SIGTERM, lambda number, _: print('handled', number))"
    program = run(terminal, "signal.raise_signal(signal.SIGTERM)", before=handler)

    program.wait()

    assert program.stdout == b"inside\nhandled 15\nafter\n"


def test_a_signal_that_is_ignored_is_not_noted(terminal: PseudoTerminal) -> None:
    program = run(
        terminal,
        "signal.raise_signal(signal.SIGHUP); print(select.select(descriptors, [], [], 0)[0])",
        before="import select; signal.signal(signal.SIGHUP, signal.SIG_IGN)",
    )

    program.wait()

    assert program.stdout == b"[]\ninside\nafter\n"
