"""A login that gets a signal at whatever moment: the terminal, the files and the processes afterwards."""

import contextlib
import os
import random
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.campaigns import scale
from tests.campaigns.figures import count
from tests.campaigns.terminal.disturbed_login import (
    LOGIN,
    QUESTION,
    Times,
    come_to_a_random_moment,
    files_are_whole,
    has_traceback,
    has_traceback_of_ours,
    measure,
    orphans,
    prepare,
    renew,
    send,
)
from tests.cli.refusals import GENERAL, INTERRUPTED
from tests.machine import MFA_SESSION, Machine
from tests.programs import shell_program
from tests.terminal import TIMEOUT_SECONDS, Program, PseudoTerminal
from tests.terminal_modes import Modes

MOMENTS = scale.cases(quick=3, full=200)

# By name: how it may end. 0 is a login that was quicker than the signal; a negative one dies of it, as 128 + n says.
ENDS = {
    "SIGINT": {INTERRUPTED, -signal.SIGINT, 0},
    "SIGTERM": {-signal.SIGTERM, 0},
    "SIGHUP": {-signal.SIGHUP, 0},
    "SIGTSTP and SIGCONT": {0},
    "SIGWINCH": {0},
    "a window that is closed": {-signal.SIGHUP, GENERAL, 0},
}


def finish(terminal: PseudoTerminal, program: Program, rest: str) -> None:
    """Type what is still to be typed, whenever the question comes."""
    if rest:
        if len(rest) > len("123456"):
            terminal.wait_until(lambda: QUESTION in terminal.text or program.exit_code is not None, "the question")
        terminal.type(rest)
    program.wait()


def stop_and_resume(terminal: PseudoTerminal, program: Program, code: str) -> Modes | None:
    """Stop it and let it go on, and return the modes of the terminal meanwhile."""
    send(program, signal.SIGTSTP)
    terminal.wait_until(lambda: program.stopped_by is not None or program.exit_code is not None, "the stop")
    if program.exit_code is not None:
        return None
    while_stopped = terminal.modes()
    seen = len(terminal.text)
    program.resume(foreground=True)
    terminal.wait_until(
        lambda: QUESTION in terminal.text[seen:] or program.exit_code is not None, "the question or the end"
    )
    if program.exit_code is None:
        terminal.type(f"{code}\n")
    program.wait()
    return while_stopped


def comes_true(terminal: PseudoTerminal, condition: Callable[[], bool]) -> bool:
    """Tell whether a signal was heard: Python loses an interrupt that comes in a callback, as of an import."""
    with contextlib.suppress(AssertionError):
        terminal.wait_until(condition, "the end", timeout=TIMEOUT_SECONDS / 2)
    return condition()


def logins(machine: Machine) -> Iterator[tuple[PseudoTerminal, Times, str]]:
    """Yield a terminal for each login that is to be disturbed, how long one takes, and what the config file holds."""
    prepare(machine)
    config = machine.config_file.read_text()
    with machine.terminal() as terminal:
        times = measure(machine, terminal)
    for _ in range(MOMENTS):
        renew(machine, config)
        with machine.terminal() as terminal:
            yield terminal, times, config


@pytest.mark.skipif(
    not Path("/proc/self/environ").exists() or os.geteuid() != 0,
    reason="only root can read, in /proc, the environment of a process that is not dumpable",
)
def test_only_the_program_itself_is_an_orphan(machine: Machine) -> None:
    """A helper of the tests that has its name in a path, as in a checkout that is called so, is none."""
    prepare(machine)
    with machine.terminal() as terminal:
        helper = "/home/me/mfa-session/tests/helper.py"
        terminal.run("sh", "-c", "echo ready; sleep 60", helper, environment=machine.environment)
        terminal.expect("ready")
        login = machine.start(terminal, *LOGIN)
        terminal.expect(QUESTION)

        assert orphans(machine.home) == [login.pid]


@pytest.mark.timeout(120 + 5 * MOMENTS)
@pytest.mark.parametrize("what", ENDS)
def test_a_disturbed_login_leaves_terminal_files_and_processes_in_order(machine: Machine, what: str) -> None:
    for terminal, times, config in logins(machine):
        disturb(machine, terminal, what, times, config)


def disturb(machine: Machine, terminal: PseudoTerminal, what: str, times: Times, config: str) -> None:
    modes = terminal.modes()
    program = machine.start(terminal, *LOGIN)
    rest = come_to_a_random_moment(machine, terminal, times)
    while_stopped, lost = None, False
    match what:
        case "SIGTSTP and SIGCONT":
            while_stopped = stop_and_resume(terminal, program, machine.phone.code())
        case "SIGWINCH":
            terminal.resize(random.randint(5, 60), random.randint(100, 200))
            finish(terminal, program, rest)
        case "a window that is closed":
            terminal.hang_up()
            program.wait()
        case _:
            send(program, signal.Signals[what])
            if lost := not comes_true(terminal, lambda: program.exit_code is not None):
                send(program, signal.Signals[what])
            program.wait()

    closed = what == "a window that is closed"
    of_ours = has_traceback_of_ours(terminal.text)
    # Python itself has not begun yet: it ends as it likes.
    of_the_interpreter = has_traceback(terminal.text) and not of_ours
    found = {
        "modes_changed": not closed and {terminal.modes(), while_stopped} - {modes, None} != set(),
        "other_exit_codes": not of_the_interpreter and program.exit_code not in ENDS[what],
        "files_torn": not files_are_whole(machine, config),
        "orphans": len(orphans(machine.home)),
        "no_line_of_its_own": not closed and terminal.raw[-1:] not in (b"", b"\n"),
        "tracebacks_of_ours": of_ours,
        "tracebacks_of_the_interpreter": of_the_interpreter,
    }
    count("terminal", f"`login`, {what} at a random moment", **found, needed_twice=lost)
    del found["tracebacks_of_the_interpreter"]
    assert not any(found.values()), (found, program.exit_code, terminal.raw)


@pytest.mark.timeout(120 + 5 * MOMENTS)
@pytest.mark.parametrize("key", ["^C", "^Z"])
def test_after_a_key_the_prompt_of_the_shell_begins_on_a_line_of_its_own(machine: Machine, key: str) -> None:
    for terminal, times, config in logins(machine):
        press(machine, terminal, key, times, config)


def press(machine: Machine, terminal: PseudoTerminal, key: str, times: Times, config: str) -> None:
    settings = "".join(f"export {name}='{value}'\n" for name, value in machine.environment.items())
    shell_program(machine.home / "run", f"{settings}echo begun\nexec {MFA_SESSION} {' '.join(LOGIN)}")
    terminal.shell()
    modes = terminal.modes()
    terminal.type("./run\n")
    terminal.expect("begun\n")

    come_to_a_random_moment(machine, terminal, times)
    terminal.press(key)
    # A shell that waits for a command shows Ctrl-Z and does nothing else.
    if lost := not comes_true(terminal, lambda: terminal.text.endswith(("$ ", "$ ^Z"))):
        terminal.press(key)
    terminal.wait_until(lambda: terminal.text.endswith(("$ ", "$ ^Z")), "the prompt of the shell")

    # From its last line on, the key is no longer for the login.
    is_done = "mfa-session: try it" in terminal.text
    found = {
        "modes_changed": terminal.modes() != modes,
        "files_torn": not files_are_whole(machine, config),
        "no_line_of_its_own": not is_done and not terminal.text.endswith("\n$ "),
        "tracebacks_of_ours": has_traceback_of_ours(terminal.text),
    }
    count("terminal", f"`login` in a shell, {key} at a random moment", **found, needed_twice=lost)
    assert not any(found.values()), (found, terminal.raw)
