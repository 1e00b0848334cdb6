"""A session that a program's codes renew before it ends."""

import json
import shutil
from datetime import timedelta

import pytest

from tests.cli.mfa_process.code_program import ASK, let_codes_come_from, move_the_key, print_fresh_code, times_run
from tests.cli.test_credential_process import end_in
from tests.machine import MFA_SESSION, Machine
from tests.terminal import Stream


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
