"""What `exec` and `serve` have in common: how a program is started, and when it is not."""

import sys

import pytest

from tests.cli.sections import LONG_AGO, long_term_key, session
from tests.machine import Machine

pytestmark = pytest.mark.parametrize("verb", ["exec", "serve"])

PROFILE = ("--profile", "test-user")


@pytest.fixture
def machine(machine: Machine) -> Machine:
    machine.write_credentials(long_term_key() + session())
    return machine


@pytest.mark.parametrize("between", [(), ("--",)])
def test_the_arguments_reach_the_program_as_they_are_with_and_without_two_hyphens(
    machine: Machine, verb: str, between: tuple[str, ...]
) -> None:
    arguments = ["--debug", "--no-prompt", "--profile", "x", "--", "", "$HOME 'a'", "-h"]
    show = [sys.executable, "-c", "import sys; print(sys.argv[1:])"]

    ran = machine.run(verb, *PROFILE, *between, *show, *arguments)

    assert ran.stdout == f"{arguments}\n"


@pytest.mark.parametrize(
    ("command", "code", "message"),
    [
        (("--", "no-such-program"), 253, "cannot run no-such-program: No such file or directory"),
        (("no-such-program", "-x"), 253, "cannot run no-such-program: No such file or directory"),
        (("--", "/"), 253, "cannot run /: Permission denied"),
        (("--", "\x1b[2J"), 253, r"cannot run \x1b[2J: No such file or directory"),
        (("--", ""), 2, "there is no program to run"),
        (("--",), 2, "missing argument '-- CMD [ARG]...'"),
        ((), 2, "missing argument '-- CMD [ARG]...'"),
    ],
)
def test_what_cannot_be_run_is_one_error_with_a_hint(
    machine: Machine, verb: str, command: tuple[str, ...], code: int, message: str
) -> None:
    ran = machine.run(verb, *PROFILE, *command)

    error, hint = ran.stderr.splitlines()
    assert (ran.returncode, ran.stdout) == (code, "")
    assert error == f"mfa-session: error: {message}"
    assert hint.startswith("mfa-session: hint: ")


@pytest.mark.parametrize("credentials", [long_term_key(), long_term_key() + session(end=LONG_AGO)])
def test_without_a_live_session_nothing_is_run_where_nobody_can_be_asked(
    machine: Machine, verb: str, credentials: str
) -> None:
    machine.write_credentials(credentials)

    ran = machine.run(verb, *PROFILE, "--", "touch", str(machine.home / "ran"))

    assert (ran.returncode, ran.stdout) == (255, "")
    assert ran.stderr.splitlines()[-1] == "mfa-session: hint: run in a terminal: mfa-session login --profile test-user"
    assert not (machine.home / "ran").exists()


def test_a_code_is_asked_for_on_the_terminal_before_the_program_is_run(machine: Machine, verb: str) -> None:
    machine.lay_down_the_key()

    with machine.terminal() as terminal:
        program = machine.start(terminal, verb, *PROFILE, "--", "sh", "-c", "echo running; exit 3")
        terminal.expect("(test-user-phone")
        assert "running" not in terminal.text
        terminal.type(machine.fresh_code() + "\n")

        assert program.wait() == 3
        terminal.expect("running")
