"""Codes without typing, where nobody can be asked: a program gives them to whoever needs a session."""

import json
import os
import time

import pytest

from tests.cli.mfa_process.code_program import (
    ASK,
    LOGIN,
    configure,
    let_codes_come_from,
    move_the_key,
    print_fresh_code,
    times_run,
)
from tests.machine import AWS_CLI, PHONE, Machine
from tests.programs import shell_program


class TestWithoutATerminal:
    @pytest.mark.parametrize("options", [(), ("--no-prompt",)])
    def test_login_needs_nobody(self, machine: Machine, options: tuple[str, ...]) -> None:
        let_codes_come_from(machine, print_fresh_code(machine))

        done = machine.run(*options, *LOGIN)

        assert done.returncode == 0, done.stderr
        assert "Profile test-user-mfa is valid until " in done.stderr

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
            ("echo 'no YubiKey' >&2; exit 3", "mfa_process exited with code 3: no YubiKey"),
            ("echo Code: 123456", "mfa_process printed something other than one MFA code of six digits"),
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
            ("mfa_session_code_source = yubikey", "there is no code source yubikey"),
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
        assert time.monotonic() - begun < 40
