"""A standard stream that the caller has closed stays closed: nothing that we open takes its place."""

import itertools

import pytest

from tests.machine import MFA_SESSION, Machine
from tests.terminal import Stream

OPEN, CLOSED = Stream.TERMINAL, Stream.CLOSED


@pytest.mark.parametrize("stdin", [OPEN, CLOSED])
@pytest.mark.parametrize("command", ["credential-process", "export"])
def test_a_session_that_cannot_be_printed_is_not_shown_on_the_terminal(
    machine: Machine, command: str, stdin: Stream
) -> None:
    machine.lay_down_the_key()

    with machine.terminal() as terminal:
        program = terminal.run(
            MFA_SESSION,
            *(command, "--profile", "test-user"),
            stdin=stdin,
            stdout=CLOSED,
            stderr=Stream.PIPE,
            environment=machine.environment,
        )
        terminal.expect("code of MFA device")
        terminal.type(machine.phone.code() + "\n")

        assert program.wait() == 255
        assert b"the answer could not be written" in program.stderr
        assert machine.credentials("test-user-mfa")["aws_secret_access_key"] not in terminal.text


@pytest.mark.parametrize("streams", list(itertools.product([OPEN, CLOSED], repeat=3)), ids=str)
def test_a_login_needs_no_standard_stream(machine: Machine, streams: tuple[Stream, Stream, Stream]) -> None:
    machine.lay_down_the_key()

    with machine.terminal() as terminal:
        stdin, stdout, stderr = streams
        login = terminal.run(
            MFA_SESSION,
            *("login", "--profile", "test-user", "--quiet"),
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            environment=machine.environment,
        )
        terminal.expect("code of MFA device")
        terminal.type(machine.phone.code() + "\n")

        assert login.wait() == 0
        assert terminal.text.count("\n") == 1
    assert machine.credentials("test-user-mfa")["mfa_session_source"] == "test-user"
