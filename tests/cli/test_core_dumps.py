"""No crash leaves secrets of the program on the disk; the programs that it makes room for may crash as they like."""

import resource
import shlex
import signal
import sys
from pathlib import Path

import pytest

from tests.machine import MFA_SESSION, Machine
from tests.terminal import Program, PseudoTerminal

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/limits").exists() or resource.getrlimit(resource.RLIMIT_CORE)[1] != resource.RLIM_INFINITY,
    reason="who may dump how much is read from /proc, where it may be any length",
)


def start_where_cores_are_dumped(machine: Machine, terminal: PseudoTerminal, *arguments: str) -> Program:
    """Start the program in the home folder, with no limit to the length of a core dump."""
    words = shlex.join([str(MFA_SESSION), *arguments])
    return terminal.run("sh", "-c", f"ulimit -c unlimited; exec {words}", environment=machine.environment)


@pytest.mark.parametrize("number", [signal.SIGABRT, signal.SIGSEGV, signal.SIGQUIT])
def test_a_crash_at_the_question_for_a_code_dumps_nothing(machine: Machine, number: signal.Signals) -> None:
    machine.lay_down_the_key()

    with machine.terminal() as terminal:
        program = start_where_cores_are_dumped(machine, terminal, "login", "--profile", "test-user")
        terminal.expect("MFA code for")
        limits = Path(f"/proc/{program.pid}/limits").read_text()
        program.send_signal(number)

        assert program.wait() == -number
    [soft] = [line.split()[4] for line in limits.splitlines() if line.startswith("Max core file size")]
    assert soft == "1"  # with 0, Linux would hand a dump to a program that collects them
    assert list(machine.home.rglob("*core*")) == []


@pytest.mark.parametrize("flags", [(), ("--no-prompt",)], ids=["front-door", "program"])
@pytest.mark.parametrize("command", ["exec", "serve"])
def test_the_program_that_is_run_has_the_limit_that_there_was(
    machine: Machine, command: str, flags: tuple[str, ...]
) -> None:
    machine.lay_down_the_key()
    machine.log_in()

    with machine.terminal() as terminal:
        words = (*flags, command, "--profile", "test-user", "--", "sh", "-c", "ulimit -c")
        assert start_where_cores_are_dumped(machine, terminal, *words).wait() == 0

        assert terminal.text == "unlimited\n"


# PR_GET_DUMPABLE of prctl(2)
IS_DUMPABLE = "import ctypes; print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"
RUN = "import sys; from mfa_session.cli.app import run; run(sys.argv[1:]); sys.stdout.flush(); "


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has it")
def test_no_other_process_of_the_user_can_read_the_memory_of_the_program(machine: Machine) -> None:
    ran = machine.run_program(sys.executable, "-c", RUN + IS_DUMPABLE, "status", "--profile", "test-user")

    assert ran.stdout.splitlines()[-1] == "0"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has it")
@pytest.mark.parametrize("command", ["exec", "serve"])
@pytest.mark.parametrize("flags", [(), ("--no-prompt",)], ids=["front-door", "program"])
def test_the_program_that_is_run_is_like_any_other(machine: Machine, command: str, flags: tuple[str, ...]) -> None:
    machine.lay_down_the_key()
    machine.log_in()

    ran = machine.run(*flags, command, "--profile", "test-user", "--", sys.executable, "-c", IS_DUMPABLE)

    assert ran.stdout == "1\n"
