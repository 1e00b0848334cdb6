"""A standard stream that the caller has closed stays closed: nothing that we open takes its place."""

import itertools
import re
import shlex
from pathlib import Path

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
        terminal.expect("MFA code for")
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
        terminal.expect("MFA code for")
        terminal.type(machine.phone.code() + "\n")

        assert login.wait() == 0
        assert re.fullmatch(r"MFA code for test-user \(.+\):\nMFA code: \n", terminal.text)
    assert machine.credentials("test-user-mfa")["mfa_session_source"] == "test-user"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no device that is always full")
@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("login --profile test-user --token-code {code}", 0),
        ("login --profile test-user", 255),
        ("login --profile nobody --token-code 123456", 253),
        ("login --token-code", 2),
        ("--debug login --profile test-user --token-code {code}", 0),
    ],
)
def test_a_standard_error_that_is_full_does_not_change_how_a_command_ends(
    machine: Machine, command: str, code: int
) -> None:
    machine.lay_down_the_key()
    command = command.format(code=machine.fresh_code())

    ran = machine.run_program("sh", "-c", f"exec {shlex.quote(str(MFA_SESSION))} {command} 2>/dev/full")

    assert ran.returncode == code
