"""Logins at a terminal, with a person who is asked for a code and types it."""

import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.homes import renew_phone
from tests.machine import Machine
from tests.terminal import Program, PseudoTerminal, Stream

QUESTION = "MFA code for"


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A program that asks for a code by its *question*, and says *done* once the keys are where they belong."""

    words: tuple[str | Path, ...]
    question: str
    done: str

    def seconds(self, machine: Machine, *, thinking: float) -> tuple[float, float]:
        """Return how long it took from the start to the question, and from Enter to the end.

        The person needs *thinking* seconds to find the code; they are not counted.
        """
        renew_phone(machine)
        with machine.terminal() as terminal:
            terminal.run("true").wait()  # the shell of the terminal has started, too
            begun = time.perf_counter()
            terminal.run(*self.words, environment=machine.environment)
            terminal.expect(self.question)
            asked = time.perf_counter()
            time.sleep(thinking)
            typed = _type_code(terminal, machine)
            terminal.expect(self.done)
            return asked - begun, time.perf_counter() - typed


def seconds_of_crowd(machine: Machine, program: Path, *, callers: int, thinking: float) -> float:
    """Return how long it took from Enter to the last answer, when *callers* have come at once and found no session.

    One question, one call to AWS and one answer for all: anything else is an error.
    """
    renew_phone(machine)
    machine.lay_down_the_key()
    machine.endpoint.journal.clear()
    with machine.terminal() as terminal:
        crowd = [_call(terminal, machine, program)]
        crowd += [_call(terminal, machine, program, beside=crowd[0]) for _ in range(callers - 1)]
        terminal.expect(QUESTION)
        time.sleep(thinking)
        typed = _type_code(terminal, machine)
        terminal.wait_until(lambda: all(one.exit_code is not None for one in crowd), "the last answer", timeout=120)
        took = time.perf_counter() - typed

        answers = {(one.wait(), one.stdout) for one in crowd}
        questions, calls = terminal.text.count(QUESTION), len(machine.calls("GetSessionToken"))
    if (len(answers), questions, calls) != (1, 1, 1) or next(iter(answers))[0]:
        raise RuntimeError(f"{callers} callers got {len(answers)} answers to {questions} questions, by {calls} calls")
    return took


def _call(terminal: PseudoTerminal, machine: Machine, program: Path, *, beside: Program | None = None) -> Program:
    return terminal.run(
        program,
        "credential-process",
        "--profile",
        "test-user",
        stdout=Stream.PIPE,
        stderr=Stream.PIPE,
        beside=beside,
        environment=machine.environment,
    )


def _type_code(terminal: PseudoTerminal, machine: Machine) -> float:
    """Type the code that the phone shows, and return when Enter was pressed."""
    code = machine.phone.code()
    typed = time.perf_counter()
    terminal.type(f"{code}\n")
    return typed
