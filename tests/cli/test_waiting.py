"""What a command shows on the terminal while it waits for AWS."""

import pytest

from tests.faults import Slow
from tests.machine import Machine

LOGIN = ("login", "--profile", "test-user")
NOTICE = "Contacting AWS STS …"


@pytest.fixture
def machine(machine: Machine) -> Machine:
    machine.lay_down_the_key()
    return machine


def test_a_wait_of_more_than_a_second_says_for_what_and_is_erased(machine: Machine) -> None:
    machine.endpoint.faults.add("GetSessionToken", Slow(seconds=3))

    with machine.terminal() as terminal:
        login = machine.start(terminal, *LOGIN)
        terminal.expect("MFA code: ")
        terminal.type(machine.phone.code() + "\n")
        terminal.expect(NOTICE)
        terminal.expect("Move it to")
        terminal.type("n\n")

        assert login.wait() == 0
        assert NOTICE not in terminal.screen


@pytest.mark.parametrize("option", ["--quiet", "--json"])
def test_nothing_is_shown_where_nothing_is_to_be_said(machine: Machine, option: str) -> None:
    machine.endpoint.faults.add("GetSessionToken", Slow(seconds=2))

    with machine.terminal() as terminal:
        login = machine.start(terminal, *LOGIN, option)
        terminal.expect("MFA code: ")
        terminal.type(machine.phone.code() + "\n")

        assert login.wait() == 0
        assert NOTICE not in terminal.text


def test_nothing_is_written_into_a_pipe(machine: Machine) -> None:
    machine.endpoint.faults.add("GetSessionToken", Slow(seconds=2))

    ran = machine.run(*LOGIN, "--token-code", machine.phone.code())

    assert ran.returncode == 0
    assert NOTICE not in ran.stderr
