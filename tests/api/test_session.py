"""A Python program gets a boto3 session with MFA, asks for it as every AWS tool does, and is told what is wrong."""

import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from mfa_session.errors import PersonNeededError, PromptCancelledError
from mfa_session.model.credentials import moment
from tests.api.python_program import QUESTION, SAY_WHAT_IS_WRONG, USER, run, who
from tests.cli.roles.role_sessions import add_role, assumed, policy
from tests.machine import MFA_SESSION, PHONE, Machine
from tests.terminal import PseudoTerminal, Stream

HINT = "run in a terminal: mfa-session login --profile test-user"


@pytest.fixture
def machine(machine: Machine) -> Machine:
    """Return a machine with the key where people have it."""
    machine.lay_down_the_key()
    return machine


@pytest.fixture
def terminal(machine: Machine) -> Iterator[PseudoTerminal]:
    with machine.terminal() as terminal:
        yield terminal


class TestAtATerminal:
    def test_it_asks_for_a_code_there_and_has_the_session_of_the_user(
        self, machine: Machine, terminal: PseudoTerminal
    ) -> None:
        program = terminal.run(
            sys.executable, "-c", who(), stdout=Stream.PIPE, stderr=Stream.PIPE, environment=machine.environment
        )
        terminal.expect(QUESTION)
        terminal.type(machine.fresh_code() + "\n")

        assert program.wait() == 0
        assert (program.stdout.decode().strip(), program.stderr) == (USER, b"")
        assert machine.credentials("test-user-mfa")["mfa_session_source"] == "test-user"

    @pytest.mark.parametrize(
        ("options", "environment"), [(", ask=False", {}), ("", {"MFA_SESSION_NO_PROMPT": "1"})], ids=["ask", "variable"]
    )
    def test_it_asks_nobody_where_it_is_not_to(
        self, machine: Machine, terminal: PseudoTerminal, options: str, environment: dict[str, str]
    ) -> None:
        program = terminal.run(
            sys.executable,
            "-c",
            SAY_WHAT_IS_WRONG.format(options=options),
            stdout=Stream.PIPE,
            environment={**machine.environment, **environment},
        )

        assert program.wait() == 0
        assert program.stdout.decode().strip() == f"PersonNeededError: {HINT}"
        assert terminal.text == ""

    def test_twenty_threads_and_five_other_tools_share_one_question_and_one_call(
        self, machine: Machine, terminal: PseudoTerminal
    ) -> None:
        twenty_threads = (
            "from concurrent.futures import ThreadPoolExecutor\nimport mfa_session\n"
            "def key(_): return mfa_session.session('test-user').get_credentials().access_key\n"
            "with ThreadPoolExecutor(20) as threads: print(*threads.map(key, range(20)))\n"
        )

        program = terminal.run(
            sys.executable, "-c", twenty_threads, stdout=Stream.PIPE, environment=machine.environment
        )
        tools = [
            terminal.run(
                MFA_SESSION,
                "credential-process",
                "--profile",
                "test-user",
                stdout=Stream.PIPE,
                beside=program,
                environment=machine.environment,
            )
            for _ in range(5)
        ]
        terminal.expect(QUESTION)
        terminal.type(machine.fresh_code() + "\n")

        assert [each.wait() for each in (program, *tools)] == [0] * 6
        key = machine.credentials("test-user-mfa")["aws_access_key_id"]
        assert program.stdout.decode().split() == [key] * 20
        assert {tool.stdout for tool in tools} == {tools[0].stdout}
        assert key.encode() in tools[0].stdout
        assert terminal.text.count(QUESTION) == 1
        assert len(machine.calls("GetSessionToken")) == 1


class TestWithoutATerminal:
    @pytest.mark.parametrize("options", ["", ", ask=False"])
    def test_it_says_what_to_run_in_a_terminal(self, machine: Machine, options: str) -> None:
        ran = run(machine, SAY_WHAT_IS_WRONG.format(options=options))

        assert (ran.stdout.strip(), ran.stderr) == (f"PersonNeededError: {HINT}", "")

    @pytest.mark.parametrize("options", ["", ", ask=False"])
    def test_it_uses_a_session_that_is_live(self, machine: Machine, options: str) -> None:
        machine.log_in()

        ran = run(machine, who(options))

        assert (ran.stdout.strip(), ran.stderr) == (USER, "")
        assert len(machine.calls("GetSessionToken")) == 1

    def test_a_program_that_prints_codes_needs_nobody(self, machine: Machine) -> None:
        machine.write_config(
            f"[profile test-user]\nregion = ap-northeast-1\nmfa_process = echo {machine.fresh_code()}\n"
        )

        ran = run(machine, who(", ask=False"))

        assert (ran.stdout.strip(), ran.stderr) == (USER, "")


class TestWhatBoto3UsersType:
    @pytest.fixture
    def machine(self, machine: Machine) -> Machine:
        machine.log_in()
        machine.forget_used_codes()
        return machine

    def key_after(self, machine: Machine, options: str) -> str:
        code = machine.fresh_code()
        ran = run(machine, f"import mfa_session; mfa_session.session({options}, ask=lambda question: '{code}')")
        assert ran.stderr == ""
        return machine.credentials("test-user-mfa")["aws_access_key_id"]

    def test_profile_name_is_the_profile(self, machine: Machine) -> None:
        ran = run(machine, who().replace("'test-user'", "profile_name='test-user'"))

        assert (ran.stdout.strip(), ran.stderr) == (USER, "")

    def test_two_names_are_one_too_many(self, machine: Machine) -> None:
        ran = run(machine, who().replace("'test-user'", "'a', profile_name='b'"))

        assert ran.stderr.strip().endswith("profile and profile_name are the same argument; give one of them")

    def test_force_gets_a_new_session_once(self, machine: Machine) -> None:
        before = machine.credentials("test-user-mfa")["aws_access_key_id"]

        assert self.key_after(machine, "'test-user', force=True") != before
        assert len(machine.calls("GetSessionToken")) == 2

    def test_without_force_the_live_session_is_kept(self, machine: Machine) -> None:
        before = machine.credentials("test-user-mfa")["aws_access_key_id"]

        assert self.key_after(machine, "'test-user', duration='1h', serial='GAHT12345678'") == before

    @pytest.mark.parametrize("duration", ["'1h'", "3600", "'3600'", "__import__('datetime').timedelta(hours=1)"])
    def test_duration_is_that_of_the_new_session(self, machine: Machine, duration: str) -> None:
        self.key_after(machine, f"'test-user', force=True, duration={duration}")

        end = moment(machine.credentials("test-user-mfa")["x_security_token_expires"])
        assert end is not None
        assert timedelta(minutes=58) < end - datetime.now(UTC) <= timedelta(hours=1)

    def test_serial_is_the_device_that_is_asked_for(self, machine: Machine) -> None:
        other = PHONE.replace("phone", "other")
        options = f", force=True, serial='{other}', ask=lambda question: print(question.device)"

        ran = run(machine, SAY_WHAT_IS_WRONG.format(options=options))

        assert ran.stdout.startswith(f"{other}\nPromptCancelledError: "), ran.stderr

    @pytest.mark.parametrize(("options", "what"), [("duration='1m'", "duration: "), ("serial='x y'", "serial")])
    def test_a_value_that_cannot_be_is_an_error_of_ours(self, machine: Machine, options: str, what: str) -> None:
        ran = run(machine, SAY_WHAT_IS_WRONG.format(options=f", {options}").replace("error.hint", "error"))

        assert ran.stdout.startswith("UsageError: ")
        assert what in ran.stdout

    def test_twenty_threads_that_force_share_one_question(self, machine: Machine) -> None:
        program = (
            "import time, mfa_session\n"
            "from concurrent.futures import ThreadPoolExecutor\n"
            "asked = []\n"
            f"def ask(question): asked.append(question); time.sleep(2); return '{machine.fresh_code()}'\n"
            "def key(_): return mfa_session.session('test-user', ask=ask, force=True).get_credentials().access_key\n"
            "with ThreadPoolExecutor(20) as threads: print(len(set(threads.map(key, range(20)))), len(asked))\n"
        )

        ran = run(machine, program)

        assert (ran.stdout, ran.stderr) == ("1 1\n", "")


class TestTheDevice:
    def test_it_is_remembered_as_login_does(self, machine: Machine) -> None:
        run(machine, f"import mfa_session; mfa_session.session('test-user', ask=lambda q: '{machine.fresh_code()}')")

        assert f"mfa_serial = {PHONE}" in machine.config_file.read_text()


class TestNeverAsking:
    @pytest.mark.parametrize("profile", ["test-user", "admin"])
    def test_it_does_not_wait_for_the_question_of_another(self, machine: Machine, profile: str) -> None:
        machine.user.grants.inline["roles"] = policy(Action="sts:AssumeRole", Resource="*")
        add_role(machine, "admin")
        with machine.terminal() as terminal:
            tool = terminal.run(
                MFA_SESSION,
                *("credential-process", "--profile", profile),
                stdout=Stream.PIPE,
                environment=machine.environment,
            )
            terminal.expect(QUESTION)

            begun = time.monotonic()
            ran = run(machine, SAY_WHAT_IS_WRONG.format(options=", ask=False").replace("test-user", profile))
            seconds = time.monotonic() - begun
            terminal.press("^C")
            tool.wait()

        assert ran.stdout.strip() == f"PersonNeededError: {HINT}"
        assert seconds < 4  # most of it is the import of botocore


class TestTheSession:
    def test_no_other_credentials_are_used(self, machine: Machine) -> None:
        machine.log_in()

        ran = run(machine, who(), AWS_ACCESS_KEY_ID="AKIAIOSFODNN7EXAMPLE", AWS_SECRET_ACCESS_KEY="x" * 40)

        assert ran.stdout.strip() == USER, ran.stderr

    @pytest.mark.parametrize("named", ["'test-user-mfa'", ""], ids=["session profile", "AWS_PROFILE"])
    def test_the_profile_may_be_named_in_other_ways(self, machine: Machine, named: str) -> None:
        machine.log_in()

        ran = run(
            machine,
            f"import mfa_session; print(mfa_session.session({named}).profile_name)",
            AWS_PROFILE="test-user",
        )

        assert ran.stdout.strip() == "test-user", ran.stderr

    @pytest.mark.parametrize(
        ("options", "environment", "region"),
        [
            ("", {}, "ap-northeast-1"),
            ("", {"AWS_DEFAULT_REGION": "eu-west-1"}, "eu-west-1"),
            (", region_name='us-west-2'", {"AWS_DEFAULT_REGION": "eu-west-1"}, "us-west-2"),
        ],
        ids=["of the profile", "of the environment", "given"],
    )
    def test_its_region_is_the_one_that_boto3_would_choose(
        self, machine: Machine, options: str, environment: dict[str, str], region: str
    ) -> None:
        machine.log_in()

        ran = run(
            machine, f"import mfa_session; print(mfa_session.session('test-user'{options}).region_name)", **environment
        )

        assert ran.stdout.strip() == region, ran.stderr

    def test_a_role_is_taken_with_the_session_of_its_user_in_the_region_of_its_user(self, machine: Machine) -> None:
        machine.user.grants.inline["roles"] = policy(Action="sts:AssumeRole", Resource="*")
        add_role(machine, "admin")
        machine.log_in()

        ran = run(
            machine,
            "import mfa_session; s = mfa_session.session('admin', ask=False);"
            "print(s.client('sts').get_caller_identity()['Arn'], s.region_name)",
        )

        assert ran.stdout.split() == [assumed("admin"), "ap-northeast-1"], ran.stderr

    def test_a_profile_that_there_is_not_is_an_error_of_its_own(self, machine: Machine) -> None:
        ran = run(machine, SAY_WHAT_IS_WRONG.format(options="").replace("test-user", "test-uesr"))

        assert ran.stdout.startswith("ProfileNotFoundError: did you mean test-user?")


def test_what_is_raised_here_is_what_the_package_names() -> None:
    import mfa_session

    assert mfa_session.PersonNeededError is PersonNeededError
    assert mfa_session.PromptCancelledError is PromptCancelledError
