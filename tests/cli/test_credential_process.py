"""`credential-process` answers any number of AWS tools with one session, one question and not one word too many."""

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from mfa_session.errors import TokenCodeRefusedError
from mfa_session.model.credentials import timestamp
from mfa_session.model.mfa_device import MFADevice, time_step
from mfa_session.model.profile import Profile
from mfa_session.state.per_profile import FailedLogins
from mfa_session.state.used_codes import UsedCodes
from tests.clean_environment import clean_environment
from tests.machine import MFA_SESSION, PHONE, Machine
from tests.terminal import Program, PseudoTerminal, Stream

ASK = ("credential-process", "--profile", "test-user")
TEST_USER = Profile("test-user", "test-user-mfa")
# How far a clock was off when a record was written.
JUMPS = [timedelta(hours=2), timedelta(days=400), timedelta(hours=-2), timedelta(days=-400)]

QUESTION = "(test-user-phone"

# The front door declines an option that it does not know, so this is the same question to the whole program.
ASK_THE_PROGRAM = ("--no-prompt", *ASK)


def ask_in(terminal: PseudoTerminal, machine: Machine, **environment: str) -> Program:
    """Start `credential-process` as an AWS tool does: with its output and errors caught, at the tool's terminal."""
    return terminal.run(
        MFA_SESSION,
        *ASK,
        stdout=Stream.PIPE,
        stderr=Stream.PIPE,
        environment={**machine.environment, **environment},
    )


def more_in(terminal: PseudoTerminal, machine: Machine, first: Program, *, number: int) -> list[Program]:
    """Start as many more, as a program does that starts several AWS tools at once."""
    return [
        terminal.run(
            MFA_SESSION,
            *ASK,
            stdout=Stream.PIPE,
            stderr=Stream.PIPE,
            beside=first,
            environment=machine.environment,
        )
        for _ in range(number)
    ]


def end_in(machine: Machine, left: timedelta) -> None:
    """Let the session that is kept end when *left* has passed."""
    text = machine.credentials_file.read_text()
    end = machine.credentials("test-user-mfa")["x_security_token_expires"]
    machine.write_credentials(text.replace(end, timestamp(datetime.now(UTC) + left)))


def test_a_live_session_is_answered_by_the_front_door_and_by_the_program_in_the_same_bytes(machine: Machine) -> None:
    machine.lay_down_the_key()
    machine.log_in()

    at_once, in_full = machine.run(*ASK), machine.run(*ASK_THE_PROGRAM)

    assert at_once.stdout == in_full.stdout
    assert (at_once.stderr, in_full.stderr) == ("", "")
    assert json.loads(at_once.stdout)["AccessKeyId"] == machine.credentials("test-user-mfa")["aws_access_key_id"]
    assert at_once.stdout.count("\n") == 1


def test_without_a_session_the_code_is_asked_for_on_the_terminal_and_nothing_else_is_said(machine: Machine) -> None:
    machine.lay_down_the_key()

    with machine.terminal() as terminal:
        program = ask_in(terminal, machine)
        terminal.expect(QUESTION)
        terminal.type(machine.fresh_code() + "\n")

        assert program.wait() == 0
        assert program.stderr == b""
        document = json.loads(program.stdout)
    assert document["AccessKeyId"] == machine.credentials("test-user-mfa")["aws_access_key_id"]


def test_a_key_in_the_credentials_file_is_used_without_a_word(machine: Machine) -> None:
    machine.lay_down_the_key()

    with machine.terminal() as terminal:
        program = ask_in(terminal, machine)
        terminal.expect(QUESTION)
        terminal.type(machine.fresh_code() + "\n")
        program.wait()

        assert "Move" not in terminal.text
    assert machine.credentials("test-user")["aws_access_key_id"] == machine.key.access_key_id


@pytest.mark.parametrize("closed", ["stdin", "stderr"])
def test_a_closed_stream_that_is_not_needed_is_not_missed(machine: Machine, closed: str) -> None:
    machine.lay_down_the_key()
    machine.log_in()

    for command in (ASK, ASK_THE_PROGRAM):
        descriptor = {"stdin": "0<&-", "stderr": "2>&-"}[closed]
        ran = machine.run_program("sh", "-c", f'exec "$@" {descriptor}', "sh", MFA_SESSION, *command)

        assert (ran.returncode, ran.stderr) == (0, "")
        assert json.loads(ran.stdout)["Version"] == 1


@pytest.mark.parametrize("interpreter", [["-W", "always"], ["-X", "dev"], ["-W", "error"]], ids=" ".join)
def test_no_setting_of_the_interpreter_puts_a_word_on_stderr(machine: Machine, interpreter: list[str]) -> None:
    machine.lay_down_the_key()
    machine.log_in()

    for command in (ASK, ASK_THE_PROGRAM):
        ran = machine.run_program(sys.executable, *interpreter, "-m", "mfa_session", *command)

        assert (ran.returncode, ran.stderr) == (0, "")
        assert json.loads(ran.stdout)["Version"] == 1


@pytest.mark.parametrize("redirection", [">/dev/full", ">&-"])
def test_an_answer_that_cannot_be_written_is_one_line_and_no_success(machine: Machine, redirection: str) -> None:
    machine.lay_down_the_key()
    machine.log_in()

    ran = machine.run_program("sh", "-c", f'exec "$@" {redirection}', "sh", MFA_SESSION, *ASK)

    assert ran.returncode == 255
    assert ran.stderr.startswith("mfa-session: error: the answer could not be written: ")
    assert ran.stderr.count("\n") == 1


@pytest.mark.parametrize("command", ["credential-process", "export", "export --format process"])
def test_credentials_that_do_not_arrive_are_an_error_without_a_traceback(machine: Machine, command: str) -> None:
    machine.lay_down_the_key()
    machine.log_in()
    read, write = os.pipe()
    os.close(read)

    ran = subprocess.run(
        [MFA_SESSION, *command.split(), "--profile", "test-user"],
        env=clean_environment(machine.home, **machine.environment),
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(write)

    assert ran.returncode == 255
    assert ran.stderr.startswith("mfa-session: error: the answer could not be written: ")


def test_without_a_terminal_it_fails_at_once_with_the_command_to_run(machine: Machine) -> None:
    machine.lay_down_the_key()

    ran = machine.run(*ASK)

    assert (ran.returncode, ran.stdout) == (255, "")
    assert ran.stderr.count("\n") == 1
    assert "run in a terminal: mfa-session login --profile test-user" in ran.stderr


def test_in_the_background_it_fails_at_once_instead_of_being_stopped(machine: Machine) -> None:
    machine.lay_down_the_key()

    with machine.terminal() as terminal:
        program = terminal.run(
            MFA_SESSION,
            *ASK,
            stdout=Stream.PIPE,
            stderr=Stream.PIPE,
            foreground=False,
            environment=machine.environment,
        )

        assert program.wait() == 255
        assert b"mfa-session login --profile test-user" in program.stderr


def test_one_hundred_callers_share_one_question_and_one_session(machine: Machine) -> None:
    machine.lay_down_the_key()

    with machine.terminal() as terminal:
        first = ask_in(terminal, machine)
        callers = [first, *more_in(terminal, machine, first, number=99)]
        terminal.expect(QUESTION)
        terminal.type(machine.fresh_code() + "\n")

        codes = {caller.wait(timeout=90) for caller in callers}
        answers = {caller.stdout for caller in callers}
        questions = terminal.text.count(QUESTION)
    assert codes == {0}
    assert len(answers) == 1
    assert questions == 1
    assert len(machine.calls("GetSessionToken")) == 1


def test_a_killed_caller_hands_the_question_over_to_the_next(machine: Machine) -> None:
    machine.lay_down_the_key()

    with machine.terminal() as terminal:
        first = ask_in(terminal, machine)
        terminal.expect(QUESTION)
        others = more_in(terminal, machine, first, number=99)
        first.send_signal(signal.SIGKILL)
        first.wait()
        terminal.expect(QUESTION)
        terminal.type(machine.fresh_code() + "\n")

        assert {other.wait(timeout=90) for other in others} == {0}
        assert len({other.stdout for other in others}) == 1
    assert len(machine.calls("GetSessionToken")) == 1


def test_a_question_that_was_refused_is_not_asked_again_at_once(machine: Machine) -> None:
    machine.lay_down_the_key()

    with machine.terminal() as terminal:
        first = ask_in(terminal, machine)
        terminal.expect(QUESTION)
        terminal.press("^D")
        assert first.wait() == 1
        again = ask_in(terminal, machine)

        assert again.wait() == 1
        assert again.stderr == first.stderr
        assert terminal.text.count(QUESTION) == 1


def test_nobody_is_asked_in_the_last_minutes_of_a_session_that_still_works(machine: Machine) -> None:
    machine.lay_down_the_key()
    machine.log_in()

    for minutes in (20, 16, 14, 11, 5, 1.1):
        end_in(machine, timedelta(minutes=minutes))

        assert machine.run(*ASK).returncode == machine.run(*ASK_THE_PROGRAM).returncode == 0


def test_a_session_that_is_over_is_never_printed(machine: Machine) -> None:
    machine.lay_down_the_key()
    machine.log_in()
    end_in(machine, timedelta(seconds=-1))

    ran = machine.run(*ASK)

    assert (ran.returncode, ran.stdout) == (255, "")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("aws_session_token = ", "aws_session_token =\n# "),
        ("aws_secret_access_key = ", "aws_secret_access_key =\n# "),
        ("x_security_token_expires = ", "x_security_token_expires = soon # "),
        ("mfa_session_source", "aws_security_token = stale\nmfa_session_source"),
    ],
)
def test_a_damaged_session_is_replaced_and_never_printed(machine: Machine, old: str, new: str) -> None:
    machine.lay_down_the_key()
    machine.log_in()
    whole = machine.credentials_file.read_text()
    section = whole.index("[test-user-mfa]")
    machine.write_credentials(whole[:section] + whole[section:].replace(old, new, 1))

    machine.forget_used_codes()

    nobody = machine.run(*ASK)
    with machine.terminal() as terminal:
        program = ask_in(terminal, machine)
        terminal.expect(QUESTION)
        terminal.type(machine.fresh_code() + "\n")
        asked = program.wait()

    assert (nobody.returncode, nobody.stdout, nobody.stderr.count("\n")) == (255, "", 1)
    assert "the session in profile test-user-mfa is damaged" in nobody.stderr
    assert asked == 0


@pytest.mark.parametrize("file", ["credentials", "config"])
def test_a_static_key_beside_a_credential_process_is_refused_with_its_line(machine: Machine, file: str) -> None:
    process = f"credential_process = {MFA_SESSION} credential-process --profile test-user\n"
    static = f"aws_access_key_id = {machine.key.access_key_id}\naws_secret_access_key = x\n"
    if file == "credentials":
        machine.write_credentials(f"[test-user]\n{static}")
        machine.write_config(f"[profile test-user]\n{process}")
    else:
        machine.write_config(f"[profile test-user]\n{process}{static}")

    ran = machine.run(*ASK)

    line = "line 2" if file == "credentials" else "line 3"
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (253, "", 1)
    assert line in ran.stderr
    assert file in ran.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--profile", "nobody"), 253, "there is no profile nobody"),
        ((), 2, "missing option"),
        (("--profile", "test-user", "--colour"), 2, "no such option"),
    ],
)
def test_a_call_that_cannot_be_answered_is_one_line(
    machine: Machine, arguments: tuple[str, ...], code: int, said: str
) -> None:
    ran = machine.run("credential-process", *arguments)

    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (code, "", 1)
    assert said in ran.stderr


def test_the_profile_comes_from_the_arguments_alone(machine: Machine) -> None:
    ran = machine.run("credential-process", AWS_PROFILE="test-user")

    assert ran.returncode == 2


def test_a_program_that_calls_itself_is_stopped(machine: Machine) -> None:
    machine.lay_down_the_key()

    ran = machine.run(*ASK, MFA_SESSION_ANSWERING="test-user")

    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (253, "", 1)
    assert "was called by a program that it has started itself" in ran.stderr


def test_a_login_that_failed_while_the_clock_was_wrong_stops_nobody(machine: Machine) -> None:
    machine.lay_down_the_key()
    folder = machine.home / ".aws" / "mfa-session" / "failed-logins"
    error = TokenCodeRefusedError("AWS did not accept the MFA code", hint="type the next one")
    for jump in JUMPS:
        FailedLogins(folder, clock=partial(datetime.now(UTC).__add__, jump)).remember(TEST_USER, error)

        ran = machine.run(*ASK)

        assert "AWS did not accept" not in ran.stderr, jump
        assert "run in a terminal" in ran.stderr, jump


def test_a_code_that_was_used_while_the_clock_was_wrong_keeps_nobody_waiting(machine: Machine) -> None:
    machine.lay_down_the_key()
    codes = UsedCodes(machine.home / ".aws" / "mfa-session" / "used-codes")
    with machine.terminal() as terminal:
        for jump in JUMPS:
            codes.set_last_step(MFADevice(PHONE), time_step(datetime.now(UTC) + jump))
            program = ask_in(terminal, machine)
            terminal.expect(QUESTION)
            terminal.type("\x03")
            program.wait()
            FailedLogins(machine.home / ".aws" / "mfa-session" / "failed-logins").forget(TEST_USER)


def test_a_login_that_works_lets_the_failed_one_be_forgotten(machine: Machine) -> None:
    machine.lay_down_the_key()
    failures = FailedLogins(machine.home / ".aws" / "mfa-session" / "failed-logins")
    error = TokenCodeRefusedError("AWS did not accept the MFA code", hint="type the next one")
    failures.remember(TEST_USER, error)

    assert machine.log_in().returncode == 0

    assert failures.since(TEST_USER, datetime(2000, 1, 1, tzinfo=UTC)) is None
