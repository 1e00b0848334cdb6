"""A function of the program answers the questions."""

import pytest

from mfa_session.errors import PromptCancelledError
from tests.api.python_program import SAY_WHAT_IS_WRONG, USER, run
from tests.machine import MFA_SESSION, PHONE, Machine


@pytest.fixture
def machine(machine: Machine) -> Machine:
    """Return a machine with the key where people have it."""
    machine.lay_down_the_key()
    return machine


def test_a_function_asks_as_a_notebook_does(machine: Machine) -> None:
    program = (
        "import mfa_session\nasked = []\n"
        f"def ask(question): asked.append(question); return '{machine.fresh_code()}'\n"
        "print(mfa_session.session('test-user', ask=ask).client('sts').get_caller_identity()['Arn'])\n"
        "print(asked)\n"
    )

    ran = run(machine, program)

    assert ran.stderr == ""
    assert ran.stdout == (
        f"{USER}\n['MFA code for test-user (test-user-phone, account 123456789012"
        f", sent to {machine.endpoint.url}):\\nMFA code: ']\n"
    )


def test_a_function_is_told_why_it_is_called_again(machine: Machine) -> None:
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


def test_a_function_that_has_no_answer_cancels_the_question(machine: Machine) -> None:
    ran = run(machine, SAY_WHAT_IS_WRONG.format(options=", ask=input"))

    assert PromptCancelledError.__name__ in ran.stdout


def test_a_question_says_what_it_is_about(machine: Machine) -> None:
    program = (
        "import mfa_session\n"
        f"answers = iter(['000000', '{machine.fresh_code()}'])\n"
        "def ask(question):\n"
        "    print(question.kind, question.secret, question.device, question.profile, question.problem, sep='|')\n"
        "    return next(answers)\n"
        "mfa_session.session('test-user', ask=ask)\n"
    )

    ran = run(machine, program)

    first, second = ran.stdout.splitlines()
    assert first == f"token_code|True|{PHONE}|test-user|None"
    assert "did not accept" in second


@pytest.mark.parametrize("answers", ["['12345'] * 9", "['12345', '12345', '000000', '000000']"])
def test_three_answers_are_asked_for_at_most(machine: Machine, answers: str) -> None:
    program = (
        f"import mfa_session\nanswers = {answers}\nasked = []\n"
        "def ask(question): asked.append(question); return answers[len(asked) - 1]\n"
        "try: mfa_session.session('test-user', ask=ask)\n"
        "except mfa_session.TokenCodeRefusedError: print(len(asked))\n"
    )

    ran = run(machine, program)

    assert (ran.stdout, ran.stderr) == ("3\n", "")


def test_an_error_of_the_function_is_the_callers(machine: Machine) -> None:
    program = (
        "import mfa_session\n"
        "def ask(question): raise LookupError('mine')\n"
        "try: mfa_session.session('test-user', ask=ask)\n"
        "except LookupError as error: print(error)\n"
    )

    assert run(machine, program).stdout == "mine\n"


@pytest.mark.parametrize("first", ["None", "''", "raising", "'000000'"])
def test_the_cell_can_be_run_again_at_once(machine: Machine, first: str) -> None:
    answer = "[][0]" if first == "raising" else first
    program = (
        "import mfa_session\n"
        f"def cancel(question): return {answer}\n"
        "def cell(ask):\n"
        "    try: return mfa_session.session('test-user', ask=ask).get_credentials().access_key\n"
        "    except (mfa_session.MFASessionError, IndexError) as error: return type(error).__name__\n"
        f"print(cell(cancel), cell(cancel), cell(lambda question: '{machine.fresh_code()}'))\n"
    )

    ran = run(machine, program)

    once, again, key = ran.stdout.split()
    assert once == again
    assert key == machine.credentials("test-user-mfa")["aws_access_key_id"], ran.stderr


def test_threads_that_asked_at_the_same_moment_share_the_cancel(machine: Machine) -> None:
    program = (
        "import time, mfa_session\n"
        "from concurrent.futures import ThreadPoolExecutor\n"
        "asked = []\n"
        "def ask(question): asked.append(question); time.sleep(2)\n"
        "def error(_):\n"
        "    try: mfa_session.session('test-user', ask=ask)\n"
        "    except mfa_session.MFASessionError as error: return type(error).__name__\n"
        "with ThreadPoolExecutor(10) as threads: print(*set(threads.map(error, range(10))), len(asked))\n"
    )

    ran = run(machine, program)

    assert (ran.stdout, ran.stderr) == ("PromptCancelledError 1\n", "")


def test_calls_of_one_client_that_waited_share_the_cancel_and_the_next_is_asked(machine: Machine) -> None:
    machine.log_in()
    program = (
        "import logging, subprocess, time, mfa_session\n"
        "from concurrent.futures import ThreadPoolExecutor\n"
        "logging.disable()\n"
        "asked = []\n"
        "def ask(question): asked.append(question); time.sleep(2)\n"
        "session = mfa_session.session('test-user', ask=ask)\n"
        "clients = [session.client('sts') for _ in range(5)]\n"
        f"subprocess.run(['{MFA_SESSION}', 'logout', '--profile', 'test-user'], check=True, capture_output=True)\n"
        "session.get_credentials()._expiry_time -= __import__('datetime').timedelta(hours=12)\n"
        "def error(client):\n"
        "    try: client.get_caller_identity()\n"
        "    except mfa_session.MFASessionError as error: return type(error).__name__\n"
        "with ThreadPoolExecutor(5) as threads: print(*threads.map(error, clients), len(asked))\n"
        "print(error(clients[0]), len(asked))\n"
    )

    ran = run(machine, program)

    assert ran.stdout == "PromptCancelledError " * 5 + "1\nPromptCancelledError 2\n", ran.stderr


@pytest.mark.parametrize(
    ("ask", "expected"),
    [
        ("coroutine", "a coroutine function cannot be awaited here"),
        ("'123456'", "not str"),
        ("lambda question: b'123456'", "it returned bytes"),
        ("lambda question: 123456", "it returned int"),
    ],
)
def test_what_cannot_answer_is_a_type_error(machine: Machine, ask: str, expected: str) -> None:
    program = (
        "import mfa_session\nasync def coroutine(question): return '123456'\n"
        f"try: mfa_session.session('test-user', ask={ask})\n"
        "except TypeError as error: print(error)\n"
    )

    ran = run(machine, program)

    assert expected in ran.stdout
    assert "the answer as a str, or None to cancel" in ran.stdout
    assert ran.stderr == ""
