"""A person at a real terminal: what is seen, what is typed, and what becomes of it."""

import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from mfa_session.errors import PersonNeededError
from mfa_session.model.mfa_device import MFADevice
from mfa_session.prompt.terminal import Terminal
from mfa_session.prompt.user import NoUser, User
from tests.clean_environment import clean_environment
from tests.fakes import SteppedClock, TypedLines
from tests.terminal import Program, PseudoTerminal, Stream

PHONE = MFADevice("arn:aws:iam::123456789012:mfa/alice-phone")

PROGRAM = """
from datetime import timedelta
from mfa_session.prompt.prompt import Deadline
from mfa_session.prompt.user import User
from mfa_session.prompt.terminal import Terminal
from mfa_session.errors import MFASessionError
from mfa_session.model.mfa_device import MFADevice
from mfa_session.model.profile import Profile

alice = Profile("alice", session_profile="alice-mfa")
phone = MFADevice("arn:aws:iam::123456789012:mfa/alice-phone")
token = MFADevice("GAHT12345678")
user = User(Terminal.open, command="mfa-session login", {settings})
try:
    print("answer:", ascii({question}))
except MFASessionError as error:
    print("error:", error, "hint:", error.hint)
"""


def ask(terminal: PseudoTerminal, question: str, *, settings: str = "") -> Program:
    """Start a program that asks ``person`` a *question*, and prints the answer."""
    return terminal.run(sys.executable, "-c", PROGRAM.format(question=question, settings=settings), stdout=Stream.PIPE)


def ask_without_a_terminal(home: Path, question: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(question=question, settings="")],
        env=clean_environment(home),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        start_new_session=True,
        check=True,
    )
    return ran.stdout.strip()


@pytest.mark.parametrize(
    ("device", "settings", "question"),
    [
        ("phone", "", "MFA code for alice (alice-phone, account 123456789012):\nMFA code: "),
        ("token", "", "MFA code for alice (GAHT12345678):\nMFA code: "),
        (
            "phone",
            "endpoint='http://127.0.0.1:4566'",
            "MFA code for alice (alice-phone, account 123456789012, sent to http://127.0.0.1:4566):\nMFA code: ",
        ),
    ],
    ids=["virtual", "hardware", "another endpoint"],
)
def test_the_question_names_the_profile_the_device_the_account_and_a_strange_endpoint(
    terminal: PseudoTerminal, device: str, settings: str, question: str
) -> None:
    program = ask(terminal, f"user.token_code({device}, profile=alice).digits", settings=settings)
    terminal.expect(question)
    terminal.type("123 456\n")

    program.wait()
    assert program.stdout == b"answer: '123456'\n"
    assert terminal.text == f"{question}\n"


@pytest.mark.parametrize(
    ("columns", "screen"),
    [
        (
            80,
            "MFA code for alice (alice-phone, account 123456789012):\n"
            "MFA code:\n"
            "A token code is six digits; type the code that the MFA device shows now.\n"
            "MFA code for alice (alice-phone, account 123456789012):\n"
            "MFA code:",
        ),
        (
            40,
            "MFA code for alice (alice-phone, account\n"
            " 123456789012):\n"
            "MFA code:\n"
            "A token code is six digits; type the cod\n"
            "e that the MFA device shows now.\n"
            "MFA code for alice (alice-phone, account\n"
            " 123456789012):\n"
            "MFA code:",
        ),
    ],
)
def test_the_screen_reads_well(tmp_path: Path, columns: int, screen: str) -> None:
    with PseudoTerminal(tmp_path, columns=columns) as terminal:
        ask(terminal, "user.token_code(phone, profile=alice)")
        terminal.expect("MFA code: ")
        terminal.type("12345\n")
        terminal.expect("MFA code: ")

        assert terminal.screen == screen


def test_several_devices_are_shown_with_numbers(terminal: PseudoTerminal) -> None:
    program = ask(terminal, "user.choose_device([phone, token]).name")
    terminal.expect(
        "You have several MFA devices. Which one do you use?\n"
        "  1  arn:aws:iam::123456789012:mfa/alice-phone\n"
        "  2  GAHT12345678\n"
        "Number (1 to 2): "
    )
    terminal.type("2\n")

    program.wait()
    assert program.stdout == b"answer: 'GAHT12345678'\n"


@pytest.mark.parametrize(("typed", "device"), [("", PHONE.serial_number), (" GAHT12345678 ", "GAHT12345678")])
def test_a_guess_is_called_one_and_taken_by_enter_alone(terminal: PseudoTerminal, typed: str, device: str) -> None:
    program = ask(terminal, "user.device(guess=phone).serial_number")
    terminal.expect(
        "Your MFA devices cannot be listed: denied by a policy.\n"
        "ARN or serial number of your device [arn:aws:iam::123456789012:mfa/alice-phone]: "
    )
    terminal.type(f"{typed}\n")

    program.wait()
    assert program.stdout == f"answer: '{device}'\n".encode()


def test_a_key_is_asked_for_with_its_secret_unseen(terminal: PseudoTerminal) -> None:
    program = ask(terminal, "user.access_key(alice).secret_access_key")
    terminal.expect("Access key ID for alice: ")
    terminal.type("AKIAIOSFODNN7EXAMPLE\n")
    terminal.expect("Secret access key (not shown): ")
    terminal.type("wJalrXUtnFEMI\n")

    program.wait()
    assert program.stdout == b"answer: 'wJalrXUtnFEMI'\n"
    assert "wJalrXUtnFEMI" not in terminal.text


def test_all_questions_together_have_one_limit(terminal: PseudoTerminal) -> None:
    program = ask(
        terminal,
        "(user.token_code(phone, profile=alice), user.token_code(phone, profile=alice))",
        settings="deadline=Deadline.beginning_now(timedelta(seconds=4))",
    )
    terminal.expect("MFA code: ")
    time.sleep(3)  # most of it goes to the first question
    terminal.type("123456\n")
    begun = time.monotonic()

    program.wait()
    assert program.stdout.startswith(b"error: no answer in time")
    assert time.monotonic() - begun < 3.8


class TestWithoutATerminal:
    @pytest.mark.parametrize(
        ("question", "said"),
        [
            ("user.is_there", "answer: False"),
            ("user.be_ready()", "error: there is no terminal to ask on hint: run in a terminal: mfa-session login"),
            (
                "user.token_code(phone, profile=alice)",
                "error: there is no terminal to ask on hint: run in a terminal: mfa-session login",
            ),
            (
                "user.choose_device([phone, token])",
                "error: the user has several MFA devices: arn:aws:iam::123456789012:mfa/alice-phone, GAHT12345678 "
                "hint: choose one: --serial ARN, or mfa_serial in the config file",
            ),
            (
                "user.device(guess=phone)",
                "error: your MFA devices cannot be listed: denied by a policy "
                "hint: name yours: --serial ARN (often arn:aws:iam::123456789012:mfa/alice-phone)",
            ),
        ],
        ids=lambda part: part.split("(")[0],
    )
    def test_each_question_says_what_to_do_instead(self, tmp_path: Path, question: str, said: str) -> None:
        assert ask_without_a_terminal(tmp_path, question) == said


class TestNobody:
    def test_agrees_to_nothing(self) -> None:
        with pytest.raises(PersonNeededError, match="confirmation required"):
            NoUser("…").agrees("Go on?", by_default=True)

    def test_waits_for_nothing(self) -> None:
        NoUser("…").wait_for_a_new_code(datetime.now(UTC) + timedelta(hours=1))

    def test_names_the_command_to_run(self) -> None:
        with pytest.raises(PersonNeededError, match=r"prompting is disabled \(--no-prompt\)") as refused:
            NoUser("mfa-session login --profile alice").be_ready()
        assert refused.value.hint == "run in a terminal: mfa-session login --profile alice"


class Clock(NamedTuple):
    """What a person waits by."""

    now: Callable[[], datetime]
    sleep: Callable[[float], None]


def real_clock() -> Clock:
    return Clock(lambda: datetime.now(UTC), time.sleep)


def stepped_clock() -> Clock:
    stepped = SteppedClock()
    return Clock(stepped.now, stepped.sleep)


@pytest.mark.parametrize("clock", [real_clock, stepped_clock])
class TestAClock:
    """The real one, and the one that tests step."""

    def test_has_moved_on_when_somebody_wakes_up(self, clock: Callable[[], Clock]) -> None:
        now, sleep = clock()
        before = now()

        sleep(0.02)

        assert now() - before >= timedelta(seconds=0.02)

    def test_knows_its_time_zone(self, clock: Callable[[], Clock]) -> None:
        assert clock().now().utcoffset() == timedelta(0)

    def test_is_what_the_next_code_is_waited_for_by(self, clock: Callable[[], Clock]) -> None:
        now, sleep = clock()
        lines = TypedLines()
        moment = now() + timedelta(seconds=0.3)

        User(lambda: Terminal(lines), command="…", now=now, sleep=sleep).wait_for_a_new_code(moment)

        assert now() >= moment
        assert lines.shown == "Already used. Wait for the next code (1 s).\n"

    def test_is_not_waited_by_for_a_moment_that_has_passed(self, clock: Callable[[], Clock]) -> None:
        now, sleep = clock()
        lines = TypedLines()

        User(lambda: Terminal(lines), command="…", now=now, sleep=sleep).wait_for_a_new_code(now())

        assert lines.shown == ""
