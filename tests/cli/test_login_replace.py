"""`login` where the session profile holds temporary keys that were pasted by hand, or written by another tool."""

import pytest

from tests.machine import Machine

PASTED = (
    "[test-user-mfa]\naws_access_key_id = {key_id}\naws_secret_access_key = wJalrXUtnFEMIEXAMPLE\n"
    "aws_session_token = token\n"
)
QUESTION = "test-user-mfa holds temporary keys from another tool. Replace them? [Y/n] "


@pytest.fixture
def machine(machine: Machine) -> Machine:
    machine.lay_down_the_key()
    return machine


def paste(machine: Machine, key_id: str = "ASIAIOSFODNN7EXAMPLE") -> None:
    machine.credentials_file.write_text(machine.credentials_file.read_text() + PASTED.format(key_id=key_id))


def test_they_are_replaced_when_the_user_agrees(machine: Machine) -> None:
    paste(machine)

    with machine.terminal() as terminal:
        login = machine.start(terminal, "login", "--profile", "test-user", "--quiet")
        terminal.expect(QUESTION)
        terminal.type("\n")
        terminal.expect("MFA code: ")
        terminal.type(machine.phone.code() + "\n")

        assert login.wait() == 0
    session = machine.credentials("test-user-mfa")
    assert session["aws_access_key_id"] != "ASIAIOSFODNN7EXAMPLE"
    assert session["mfa_session_source"] == "test-user"


def test_they_stay_when_the_user_does_not(machine: Machine) -> None:
    paste(machine)
    before = machine.credentials_file.read_bytes()

    with machine.terminal() as terminal:
        login = machine.start(terminal, "login", "--profile", "test-user")
        terminal.expect(QUESTION)
        terminal.type("n\n")

        assert login.wait() == 1
        assert "\nCancelled.\n" in terminal.text
        assert "error:" not in terminal.text
        assert "MFA code" not in terminal.text
    assert machine.credentials_file.read_bytes() == before


def test_without_a_terminal_they_are_refused(machine: Machine) -> None:
    paste(machine)

    ran = machine.run("login", "--profile", "test-user", "--token-code", machine.phone.code())

    assert ran.returncode == 253
    assert "was not written by mfa-session" in ran.stderr


def test_a_long_term_key_is_refused_at_a_terminal_too(machine: Machine) -> None:
    paste(machine, "AKIAIOSFODNN7OTHER00")

    with machine.terminal() as terminal:
        login = machine.start(terminal, "login", "--profile", "test-user")

        assert login.wait() == 253
        assert "Replace them?" not in terminal.text
