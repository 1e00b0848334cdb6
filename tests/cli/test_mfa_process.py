"""Codes without typing: a program, a pinentry or a dialog gives them to whoever needs a session."""

import json
import os
import shutil
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.cli.test_credential_process import end_in
from tests.machine import AWS_CLI, MFA_SESSION, PHONE, Machine
from tests.programs import shell_program
from tests.terminal import Stream
from tests.virtual_screen import VirtualScreen, virtual_screen

LOGIN = ("login", "--profile", "test-user")
ASK = ("credential-process", "--profile", "test-user")
QUESTION = "code of MFA device test-user-phone"


@pytest.fixture
def machine(machine: Machine) -> Machine:
    machine.lay_down_the_key()
    return machine


@pytest.fixture(scope="module")
def screen() -> Iterator[VirtualScreen]:
    with virtual_screen() as screen:
        yield screen


def let_codes_come_from(machine: Machine, script: str, *settings: str) -> Path:
    """Configure *script* as the program that prints codes; return the file with a line for each time that it ran."""
    runs = machine.home / "runs"
    program = shell_program(machine.home / "code", f"echo run >>{runs}\n{script}")
    configure(machine, f"mfa_process = {program}", *settings)
    return runs


def configure(machine: Machine, *settings: str, profile: str = "test-user") -> None:
    """Put *settings* at the top of the section of *profile*."""
    header = f"[profile {profile}]\n"
    lines = "".join(f"{setting}\n" for setting in settings)
    machine.write_config(machine.config_file.read_text().replace(header, header + lines))


def move_the_key(machine: Machine) -> None:
    """Let the key rest in its store, and AWS tools ask us for the session."""
    moved = machine.run("keys", "import", "--profile", "test-user")
    assert moved.returncode == 0, moved.stderr


def times_run(runs: Path) -> int:
    return len(runs.read_text().splitlines()) if runs.exists() else 0


def print_fresh_code(machine: Machine) -> str:
    return f"echo {machine.fresh_code()}"


class TestWithoutATerminal:
    @pytest.mark.parametrize("options", [(), ("--no-prompt",)])
    def test_login_needs_nobody(self, machine: Machine, options: tuple[str, ...]) -> None:
        let_codes_come_from(machine, print_fresh_code(machine))

        done = machine.run(*options, *LOGIN)

        assert done.returncode == 0, done.stderr
        assert "test-user-mfa is live" in done.stderr

    def test_an_aws_tool_gets_its_session_and_not_a_word_more(self, machine: Machine) -> None:
        move_the_key(machine)
        let_codes_come_from(machine, f"echo 'Touch your YubiKey' >&2; {print_fresh_code(machine)}")

        answered = machine.run(*ASK)
        asked = machine.run_program(AWS_CLI, "sts", "get-caller-identity", "--profile", "test-user")

        assert (answered.returncode, answered.stderr) == (0, "")
        assert json.loads(answered.stdout)["AccessKeyId"].startswith("ASIA")
        assert json.loads(asked.stdout)["Arn"].endswith(":user/test-user")
        assert len(machine.calls("GetSessionToken")) == 1

    def test_exec_needs_nobody(self, machine: Machine) -> None:
        let_codes_come_from(machine, print_fresh_code(machine))

        ran = machine.run("exec", "--profile", "test-user", "--", str(AWS_CLI), "s3", "ls")

        assert ran.returncode == 0, ran.stderr

    def test_a_code_that_is_given_goes_first(self, machine: Machine) -> None:
        runs = let_codes_come_from(machine, "exit 1")

        assert machine.log_in().returncode == 0
        assert times_run(runs) == 0

    def test_a_role_has_its_own_program_or_that_of_its_user(self, machine: Machine) -> None:
        own = shell_program(machine.home / "own", print_fresh_code(machine))
        let_codes_come_from(machine, "exit 1")
        role = machine.account.add_role(
            "admin",
            json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"},
                }
            ),
        )
        machine.user.grants.inline["roles"] = json.dumps(
            {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}}
        )
        machine.write_config(f"{machine.config_file.read_text()}[profile admin]\nsource_profile = test-user\n")
        configure(machine, f"role_arn = {role.arn}", profile="admin")

        without = machine.run("login", "--profile", "admin")
        configure(machine, f"mfa_process = {own}", profile="admin")
        with_own = machine.run("login", "--profile", "admin")

        assert (without.returncode, with_own.returncode) == (255, 0), with_own.stderr

    def test_one_word_is_enough(self, machine: Machine) -> None:
        words = machine.home / "words"
        shell_program(machine.home / "bin/ykman", f'printf "%s\\n" "$@" >{words}; {print_fresh_code(machine)}')
        configured = machine.run("configure", "--profile", "test-user", "--code-source", "ykman")

        done = machine.run(*LOGIN, PATH=f"{machine.home}/bin:{os.environ['PATH']}")

        assert (configured.returncode, done.returncode) == (0, 0), done.stderr
        assert words.read_text().splitlines() == ["oath", "accounts", "code", "--single", PHONE]

    def test_what_fails_is_followed_by_the_next(self, machine: Machine) -> None:
        shell_program(machine.home / "bin/op", print_fresh_code(machine))
        runs = let_codes_come_from(machine, "exit 1", "mfa_session_code_source = ykman op")

        done = machine.run(*LOGIN, PATH=f"{machine.home}/bin:{os.environ['PATH']}")

        assert done.returncode == 0, done.stderr
        assert times_run(runs) == 1

    def test_our_secrets_are_not_in_its_environment(self, machine: Machine) -> None:
        let_codes_come_from(machine, f"env >{machine.home}/env; {print_fresh_code(machine)}")

        machine.run(*LOGIN, AWS_SECRET_ACCESS_KEY=machine.key.secret_access_key)

        environment = (machine.home / "env").read_text()
        assert machine.key.secret_access_key not in environment
        assert "MFA_SESSION_PASSPHRASE" not in environment

    @pytest.mark.parametrize(
        ("script", "message"),
        [
            ("echo 'no YubiKey' >&2; exit 3", "mfa_process ended with exit code 3: no YubiKey"),
            ("echo Code: 123456", "mfa_process printed something else than one token code of six digits"),
            ("true", "mfa_process printed nothing"),
        ],
    )
    def test_a_program_that_gives_no_code_is_told_with_what_to_do(
        self, machine: Machine, script: str, message: str
    ) -> None:
        let_codes_come_from(machine, script)

        failed, answered = machine.run(*LOGIN), machine.run(*ASK)

        error, hint = failed.stderr.splitlines()
        assert (failed.returncode, error) == (255, f"mfa-session: error: {message}")
        assert hint.endswith("; or run in a terminal: mfa-session login --profile test-user")
        assert (answered.returncode, answered.stdout, answered.stderr.count("\n")) == (255, "", 1)
        assert message in answered.stderr
        assert "123456" not in failed.stderr + answered.stderr
        assert machine.calls("GetSessionToken") == []

    @pytest.mark.parametrize(
        ("setting", "message"),
        [
            ("mfa_process = no-such-program", "mfa_process cannot be run: no such file or directory"),
            ("mfa_process = echo '123456", "profile test-user: mfa_process: a quotation mark in it is not closed"),
            ("mfa_session_code_source = yubikey", "there is no source of codes called yubikey"),
            ("mfa_session_code_source = ykman", "ykman cannot be run: no such file or directory"),
        ],
    )
    def test_a_setting_that_cannot_be_is_told(self, machine: Machine, setting: str, message: str) -> None:
        configure(machine, setting)

        failed = machine.run(*LOGIN)

        assert failed.returncode in (253, 255)
        assert message in failed.stderr.splitlines()[0]
        assert failed.stderr.count("\n") == 2

    @pytest.mark.parametrize("command", [LOGIN, ASK], ids=lambda command: command[0])
    def test_a_code_that_is_refused_is_sent_once(self, machine: Machine, command: tuple[str, ...]) -> None:
        wrong = "000000" if machine.phone.code() != "000000" else "000001"
        runs = let_codes_come_from(machine, f"echo {wrong}")

        failed = machine.run(*command)

        assert (failed.returncode, failed.stdout) == (254, "")
        assert "AWS did not accept the" in failed.stderr
        assert wrong not in failed.stderr
        assert len(machine.calls("GetSessionToken")) == times_run(runs) == 1

    def test_a_code_that_was_used_elsewhere_is_sent_once(self, machine: Machine) -> None:
        code = machine.fresh_code()
        machine.phone.accepts(code)
        runs = let_codes_come_from(machine, f"echo {code}")

        failed = machine.run(*LOGIN)

        assert failed.returncode == 254
        assert len(machine.calls("GetSessionToken")) == times_run(runs) == 1


class TestAtATerminal:
    def test_what_it_says_is_shown_and_is_not_on_our_standard_error(self, machine: Machine) -> None:
        let_codes_come_from(machine, f"echo 'Touch your YubiKey...' >&2; {print_fresh_code(machine)}")

        with machine.terminal() as terminal:
            program = terminal.run(
                MFA_SESSION, *ASK, stdout=Stream.PIPE, stderr=Stream.PIPE, environment=machine.environment
            )
            terminal.expect("Touch your YubiKey...")

            assert (program.wait(), program.stderr) == (0, b"")
            assert QUESTION not in terminal.text

    def test_who_is_there_is_asked_when_it_fails_and_told_why(self, machine: Machine) -> None:
        let_codes_come_from(machine, "echo 'ERROR: no YubiKey' >&2; exit 1")

        with machine.terminal() as terminal:
            program = machine.start(terminal, *LOGIN, "--quiet")
            terminal.expect("No code: mfa_process ended with exit code 1: ERROR: no YubiKey.")
            terminal.expect(QUESTION)
            terminal.type(machine.fresh_code() + "\n")

            assert program.wait() == 0

    def test_who_is_there_is_asked_when_its_code_is_refused(self, machine: Machine) -> None:
        code = machine.fresh_code()
        machine.phone.accepts(code)
        runs = let_codes_come_from(machine, f"echo {code}")

        with machine.terminal() as terminal:
            program = machine.start(terminal, *LOGIN, "--quiet")
            terminal.expect("AWS did not accept this code")
            terminal.expect(QUESTION)
            terminal.type(machine.fresh_code() + "\n")

            assert program.wait() == 0
        assert times_run(runs) == 1
        assert len(machine.calls("GetSessionToken")) == 2

    def test_ctrl_c_ends_the_program_too(self, machine: Machine) -> None:
        let_codes_come_from(machine, f"echo $$ >{machine.home}/child; echo 'Touch it' >&2; sleep 60; sleep 60")

        with machine.terminal() as terminal:
            program = machine.start(terminal, *LOGIN)
            terminal.expect("Touch it")
            terminal.press("^C")

            assert program.wait() == 130
        child = int((machine.home / "child").read_text())
        assert not Path(f"/proc/{child}/cmdline").exists() or not Path(f"/proc/{child}/cmdline").read_bytes()


class TestEarlyRenewal:
    """From fifteen minutes before the end, botocore asks at every call."""

    @pytest.fixture
    def live(self, machine: Machine) -> Machine:
        machine.log_in()
        machine.forget_used_codes()
        return machine

    def present(self, machine: Machine) -> str:
        return machine.credentials("test-user-mfa")["aws_access_key_id"]

    def test_a_session_is_renewed_in_its_last_fifteen_minutes(self, live: Machine) -> None:
        before = self.present(live)
        runs = let_codes_come_from(live, print_fresh_code(live))

        end_in(live, timedelta(minutes=16))
        early = live.run(*ASK)
        end_in(live, timedelta(minutes=14))
        late = live.run(*ASK)

        assert json.loads(early.stdout)["AccessKeyId"] == before
        assert json.loads(late.stdout)["AccessKeyId"] == self.present(live) != before
        assert (late.returncode, late.stderr, times_run(runs)) == (0, "", 1)

    @pytest.mark.parametrize("script", ["exit 1", "echo junk", "echo 000000; echo >&2"])
    def test_where_that_fails_the_live_one_is_printed_without_a_word(self, live: Machine, script: str) -> None:
        before = self.present(live)
        runs = let_codes_come_from(live, script)
        end_in(live, timedelta(minutes=2))

        answers = [live.run(*ASK) for _ in range(3)]

        assert {json.loads(answer.stdout)["AccessKeyId"] for answer in answers} == {before}
        assert {(answer.returncode, answer.stderr) for answer in answers} == {(0, "")}
        assert times_run(runs) == 1, "one that has just failed is not tried at every call"

    def test_no_one_is_asked_for_anything(self, live: Machine) -> None:
        runs = let_codes_come_from(live, "exit 1")
        end_in(live, timedelta(minutes=2))

        with live.terminal() as terminal:
            program = terminal.run(
                MFA_SESSION, *ASK, stdout=Stream.PIPE, stderr=Stream.PIPE, environment=live.environment
            )

            assert (program.wait(), program.stderr, terminal.text) == (0, b"", "")
        assert times_run(runs) == 1

    def test_not_even_for_the_passphrase_of_the_key(self, live: Machine) -> None:
        move_the_key(live)
        runs = let_codes_come_from(live, print_fresh_code(live))
        end_in(live, timedelta(minutes=2))
        del live.environment["MFA_SESSION_PASSPHRASE"]

        with live.terminal() as terminal:
            program = terminal.run(
                MFA_SESSION, *ASK, stdout=Stream.PIPE, stderr=Stream.PIPE, environment=live.environment
            )

            assert (program.wait(), program.stderr, terminal.text) == (0, b"", "")
        assert times_run(runs) == 0

    def test_a_folder_that_cannot_be_used_does_not_keep_the_live_one_back(self, live: Machine) -> None:
        let_codes_come_from(live, "exit 1")
        end_in(live, timedelta(minutes=2))
        state = live.home / ".aws" / "mfa-session"
        shutil.rmtree(state)
        state.write_text("not a folder")

        answered = live.run(*ASK)

        assert (answered.returncode, answered.stderr) == (0, "")

    def test_a_crowd_renews_it_once(self, live: Machine) -> None:
        runs = let_codes_come_from(live, f"sleep 0.5; {print_fresh_code(live)}")
        end_in(live, timedelta(minutes=2))

        with live.terminal() as terminal:
            callers = [
                terminal.run(
                    MFA_SESSION,
                    *ASK,
                    stdout=Stream.PIPE,
                    stderr=Stream.PIPE,
                    stdin=Stream.NULL,
                    foreground=False,
                    environment=live.environment,
                )
                for _ in range(10)
            ]

            assert {(caller.wait(), caller.stderr) for caller in callers} == {(0, b"")}
        assert times_run(runs) == 1

    def test_exec_renews_it_too(self, live: Machine) -> None:
        before = self.present(live)
        let_codes_come_from(live, print_fresh_code(live))
        end_in(live, timedelta(minutes=14))

        ran = live.run("exec", "--profile", "test-user", "--", "sh", "-c", "echo $AWS_ACCESS_KEY_ID")

        assert ran.stdout.strip() == self.present(live) != before


class TestRecursion:
    @pytest.mark.parametrize("command", [LOGIN, ASK], ids=lambda command: command[0])
    def test_a_program_that_asks_for_the_session_it_is_to_get_is_stopped(
        self, machine: Machine, command: tuple[str, ...]
    ) -> None:
        move_the_key(machine)
        runs = let_codes_come_from(machine, f"{AWS_CLI} sts get-caller-identity --profile test-user")
        begun = time.monotonic()

        failed = machine.run(*command)

        assert failed.returncode == 255, failed.stderr
        assert "was called by a program that it has started itself" in failed.stderr
        assert times_run(runs) == 1
        assert time.monotonic() - begun < 20


class TestWithoutATerminalButWithAPerson:
    def test_a_pinentry_is_asked_on_the_terminal_of_gpg(self, machine: Machine) -> None:
        if not shutil.which("pinentry-curses"):
            pytest.skip("pinentry-curses is not installed")
        configure(machine, "mfa_session_pinentry = pinentry-curses")

        with machine.terminal() as terminal:
            program = terminal.run(
                "bash",
                "-c",
                'GPG_TTY=$(tty) exec setsid --wait "$@"',
                "bash",
                MFA_SESSION,
                *ASK,
                stdout=Stream.PIPE,
                stderr=Stream.PIPE,
                environment=machine.environment,
            )
            terminal.expect("MFA device: test-user-phone of account 123456789012")
            terminal.expect("Code:")
            terminal.type(machine.fresh_code() + "\n")

            assert (program.wait(), program.stderr) == (0, b"")
            assert json.loads(program.stdout)["Version"] == 1

    @pytest.mark.parametrize("pinentry", ["pinentry-gtk-2", "/nowhere/pinentry"])
    def test_a_window_opens_on_the_screen(self, machine: Machine, screen: VirtualScreen, pinentry: str) -> None:
        """Where the pinentry does not work, it is zenity's."""
        for program in ("pinentry-gtk-2", "zenity"):
            if not shutil.which(program):
                pytest.skip(f"{program} is not installed")
        configure(machine, f"mfa_session_pinentry = {pinentry}")

        with screen.answered_by(lambda: screen.type(machine.fresh_code())):
            answered = machine.run(*ASK, DISPLAY=screen.display)

        assert (answered.returncode, answered.stderr) == (0, "")

    def test_a_window_that_is_closed_is_an_answer_for_all(self, machine: Machine, screen: VirtualScreen) -> None:
        if not shutil.which("pinentry-gtk-2"):
            pytest.skip("pinentry-gtk-2 is not installed")
        configure(machine, "mfa_session_pinentry = pinentry-gtk-2")

        with screen.answered_by(lambda: screen.press("Escape")):
            closed = machine.run(*ASK, DISPLAY=screen.display)
        again = machine.run(*ASK, DISPLAY=screen.display)

        assert closed.returncode == again.returncode == 130
        assert screen.windows("mfa-session") == []

    def test_no_window_opens_over_ssh(self, machine: Machine, screen: VirtualScreen) -> None:
        refused = machine.run(*ASK, DISPLAY=screen.display, SSH_CONNECTION="192.0.2.1 50000 192.0.2.2 22")

        assert refused.returncode == 255
        assert "there is no terminal to ask on; run in a terminal: mfa-session login" in refused.stderr
