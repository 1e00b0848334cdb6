"""Nobody who could answer, or somebody who will not: a login ends at once, and leaves terminal and files alone."""

import os

import pytest

from tests.cli.refusals import CANCELLED, GENERAL, INTERRUPTED, Refusal, files, refusal
from tests.faults import Slow
from tests.machine import MFA_SESSION, Machine


@pytest.fixture(autouse=True)
def key_in_the_file(machine: Machine) -> None:
    machine.lay_down_the_key()


class TestThePerson:
    def test_who_is_not_there_is_told_what_to_run(self, machine: Machine) -> None:
        ended = refusal(machine)

        assert ended == Refusal(
            GENERAL, "there is no terminal to ask on", "run in a terminal: mfa-session login --profile test-user"
        )
        assert machine.endpoint.journal == []

    @pytest.mark.parametrize("how", ["--no-prompt", "MFA_SESSION_NO_PROMPT"])
    def test_who_is_not_to_be_asked_is_not_asked(self, machine: Machine, how: str) -> None:
        with machine.terminal() as terminal:
            option, environment = ((how,), {}) if how.startswith("-") else ((), {how: "1"})
            login = machine.start(terminal, "login", "--profile", "test-user", *option, **environment)

            assert login.wait() == GENERAL
            assert terminal.text.startswith(
                "mfa-session: error: MFA code required, but prompting is disabled (--no-prompt)\n"
            )

    def test_who_works_in_the_foreground_is_not_disturbed_from_the_background(self, machine: Machine) -> None:
        with machine.terminal() as terminal:
            terminal.shell()
            terminal.type(f"{MFA_SESSION} login --profile test-user & wait $!; echo ended with $?\n")
            terminal.expect("mfa-session: error: a program in the background cannot prompt\n")
            terminal.expect("mfa-session: hint: run in a terminal: mfa-session login --profile test-user\n")
            terminal.expect(f"ended with {GENERAL}")

    @pytest.mark.parametrize(
        ("key", "said", "exit_code"), [("^C", "", INTERRUPTED), ("^D", "\nCancelled.\n", CANCELLED)]
    )
    def test_who_gives_up_at_the_question_finds_the_terminal_and_the_files_as_before(
        self, machine: Machine, key: str, said: str, exit_code: int
    ) -> None:
        before = files(machine)
        with machine.terminal() as terminal:
            modes = terminal.modes()
            login = machine.start(terminal, "login", "--profile", "test-user")
            terminal.expect("MFA code for")
            terminal.type("123")
            terminal.press("^U")
            terminal.press(key)

            assert login.wait() == exit_code
            assert terminal.modes() == modes
            assert said in terminal.text
            assert "error:" not in terminal.text
            assert "Traceback" not in terminal.text
            assert terminal.raw.endswith(b"\r\n")
            assert not terminal.raw.endswith(b"\r\n\r\n")
        assert files(machine) == before
        assert machine.calls("GetSessionToken") == []

    def test_who_gives_up_before_the_program_has_begun_gets_no_traceback(self, machine: Machine) -> None:
        machine.credentials_file.unlink()
        os.mkfifo(machine.credentials_file)
        with machine.terminal() as terminal:
            login = machine.start(terminal, "login", "--profile", "test-user")
            written_to = machine.credentials_file.open("wb")  # returns when it is read
            terminal.press("^C")

            assert login.wait() == INTERRUPTED
            assert terminal.raw == b"^C\r\n"
            written_to.close()

    def test_who_gives_up_while_aws_is_slow_need_not_wait(self, machine: Machine) -> None:
        before = files(machine)
        machine.endpoint.faults.add("GetSessionToken", Slow(seconds=60))
        with machine.terminal() as terminal:
            login = machine.start(terminal, "login", "--profile", "test-user")
            terminal.expect("MFA code for")
            terminal.type(machine.phone.code() + "\n")
            terminal.wait_until(lambda: bool(machine.calls("GetSessionToken")), "the call")
            terminal.press("^C")

            assert login.wait(timeout=10) == INTERRUPTED
            assert terminal.raw.endswith(b": \r\n^C\r\n")  # so that the shell's prompt has a line of its own
        assert files(machine) == before
