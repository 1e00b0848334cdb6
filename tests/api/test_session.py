"""A Python program gets a boto3 session with MFA, asks for it as every AWS tool does, and is told what is wrong."""

import sys
from collections.abc import Iterator

import pytest

from mfa_session.errors import PersonNeededError, PromptCancelledError
from tests.api.python_program import QUESTION, USER, run, who
from tests.cli.roles.role_sessions import add_role, assumed, policy
from tests.machine import MFA_SESSION, Machine
from tests.terminal import PseudoTerminal, Stream

HINT = "run in a terminal: mfa-session login --profile test-user"

SAY_WHAT_IS_WRONG = """\
import mfa_session
try:
    mfa_session.session("test-user"{options})
except mfa_session.MFASessionError as error:
    print(type(error).__name__, error.hint, sep=": ")
"""


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

    def test_a_function_asks_as_a_notebook_does(self, machine: Machine) -> None:
        program = (
            "import mfa_session\nasked = []\n"
            f"def ask(question): asked.append(question); return '{machine.fresh_code()}'\n"
            "print(mfa_session.session('test-user', ask=ask).client('sts').get_caller_identity()['Arn'])\n"
            "print(asked)\n"
        )

        ran = run(machine, program)

        assert ran.stderr == ""
        assert ran.stdout == (
            f"{USER}\n['test-user: code of MFA device test-user-phone of account 123456789012"
            f" (it goes to {machine.endpoint.url}): ']\n"
        )

    def test_a_function_is_told_why_it_is_called_again(self, machine: Machine) -> None:
        program = (
            "import mfa_session\n"
            f"answers = iter(['12345', '000000', '{machine.fresh_code()}'])\n"
            "def ask(question): print(question); return next(answers)\n"
            "mfa_session.session('test-user', ask=ask)\n"
        )
        machine.forget_used_codes()

        ran = run(machine, program)

        assert ran.stderr == ""
        assert "six digits" in ran.stdout
        assert "AWS did not accept this code" in ran.stdout

    def test_a_function_that_has_no_answer_cancels_the_question(self, machine: Machine) -> None:
        ran = run(machine, SAY_WHAT_IS_WRONG.format(options=", ask=input"))

        assert PromptCancelledError.__name__ in ran.stdout


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
