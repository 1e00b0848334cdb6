"""A function answers in place of a terminal."""

import pickle
from collections.abc import Callable
from functools import partial

import pytest

from mfa_session.errors import PromptCancelledError, TokenCodeRefusedError
from mfa_session.model.mfa_device import MFADevice, TokenCode
from mfa_session.model.profile import Profile
from mfa_session.prompt.ask_function import AskFunction, FunctionUser, Question, check_ask
from mfa_session.prompt.terminal import Terminal

PHONE = MFADevice("arn:aws:iam::123456789012:mfa/phone")
PROFILE = Profile("test-user", "test-user-mfa")


class Function:
    """A function that gives *answers*, and remembers what it was asked."""

    def __init__(self, *answers: object) -> None:
        self.asked: list[Question] = []
        self._answers = list(answers)

    def __call__(self, question: Question) -> object:
        self.asked.append(question)
        return self._answers.pop(0)


def lines_of(ask: Callable[[Question], object]) -> AskFunction:
    return AskFunction(ask, profile="test-user")  # type: ignore[arg-type]  # what a caller without types may pass


def user_of(ask: Callable[[Question], object]) -> FunctionUser:
    return FunctionUser(lines_of(ask), command="mfa-session login --profile test-user", endpoint=None)


def raising(error: type[BaseException]) -> Callable[[str], str]:
    def ask(question: str) -> str:
        raise error

    return ask


def test_the_function_is_called_with_the_question_and_its_answer_is_the_answer() -> None:
    ask = Function("123456")

    answer = Terminal(lines_of(ask)).ask("Code:", secret=True)

    assert (answer, ask.asked) == ("123456", ["Code: "])


def test_what_is_told_stands_before_the_next_question_alone() -> None:
    ask = Function("b", "y")
    terminal = Terminal(lines_of(ask))

    terminal.tell("There are two.")
    terminal.ask("Which:")
    terminal.ask("Sure:")

    assert ask.asked == ["There are two.\nWhich: ", "Sure: "]


def test_an_answer_that_will_not_do_is_asked_for_again() -> None:
    ask = Function("perhaps", "y")

    assert Terminal(lines_of(ask)).confirm("Go on?", default=False)
    assert ask.asked == ["Go on? [y/N] ", "Please type y or n.\nGo on? [y/N] "]


def test_the_end_of_the_input_cancels_the_question() -> None:
    with pytest.raises(PromptCancelledError):
        Terminal(lines_of(raising(EOFError))).ask("Code:")


def test_an_interrupt_stays_one() -> None:
    with pytest.raises(KeyboardInterrupt):
        Terminal(lines_of(raising(KeyboardInterrupt))).ask("Code:")


@pytest.mark.parametrize("answer", [None, ""])
def test_no_answer_cancels(answer: object) -> None:
    ask = Function(answer, "123456")

    with pytest.raises(PromptCancelledError):
        user_of(ask).token_code(PHONE, profile=PROFILE)

    assert len(ask.asked) == 1


def test_three_malformed_codes_are_enough() -> None:
    ask = Function("12345", "abcdef", "1234567", "123456")

    with pytest.raises(TokenCodeRefusedError, match=r"3 answers of ask were not accepted: .*six digits"):
        user_of(ask).token_code(PHONE, profile=PROFILE)

    assert len(ask.asked) == 3


def test_codes_that_aws_refused_count_with_malformed_ones() -> None:
    ask = Function("12345", "111111", "222222", "333333")
    user = user_of(ask)

    user.token_code(PHONE, profile=PROFILE)
    user.token_code(PHONE, profile=PROFILE)
    with pytest.raises(TokenCodeRefusedError):
        user.token_code(PHONE, profile=PROFILE)

    assert len(ask.asked) == 3


def test_the_choice_of_a_device_takes_nothing_from_the_three_codes() -> None:
    ask = Function("9", "1", "12345", "12345", "123456")
    user = user_of(ask)

    assert user.choose_device([PHONE, MFADevice("GAHT12345678")]) == PHONE
    assert user.token_code(PHONE, profile=PROFILE) == TokenCode("123456")


def test_a_choice_that_is_never_one_is_cancelled() -> None:
    with pytest.raises(PromptCancelledError, match="3 answers"):
        user_of(lambda question: "9").choose_device([PHONE, MFADevice("GAHT12345678")])


def test_a_question_says_what_it_is_about() -> None:
    ask = Function("12345", "123456")
    user_of(ask).token_code(PHONE, profile=PROFILE)

    first, second = ask.asked
    assert (first.kind, first.secret, first.device, first.profile, first.problem) == (
        "token_code",
        True,
        PHONE.serial_number,
        "test-user",
        None,
    )
    assert "phone" in first
    assert second.problem is not None
    assert "six digits" in second.problem
    assert second == f"{second.problem}\n{first}"


def test_a_passphrase_is_asked_as_one() -> None:
    ask = Function("correct horse")
    lines = AskFunction(ask, profile="test-user", kind="passphrase")  # type: ignore[arg-type]  # what is tested

    Terminal(lines).ask("Passphrase:", secret=True)

    assert (ask.asked[0].kind, ask.asked[0].secret) == ("passphrase", True)


def test_a_question_can_be_pickled() -> None:
    question = Question("Code: ", kind="token_code", device="x")

    copy = pickle.loads(pickle.dumps(question))

    assert (type(copy), copy, copy.kind, copy.device) == (Question, "Code: ", "token_code", "x")


async def coroutine_function(question: str) -> str:
    return "123456"


class AsyncCallable:
    async def __call__(self, question: str) -> str:
        return "123456"


@pytest.mark.parametrize(
    "ask", [coroutine_function, AsyncCallable(), partial(coroutine_function), "123456", 123456, None, b"123456"]
)
def test_what_cannot_be_asked_is_refused_before_any_question(ask: object) -> None:
    with pytest.raises(TypeError, match="returns the answer as a str, or None to cancel"):
        check_ask(ask)


@pytest.mark.parametrize("ask", [True, False, input, str.strip, Function()])
def test_what_can_be_asked_is_not(ask: object) -> None:
    check_ask(ask)


def test_a_coroutine_is_closed_and_not_awaited() -> None:
    with pytest.raises(TypeError, match="it returned coroutine"):
        user_of(lambda question: coroutine_function(question)).token_code(PHONE, profile=PROFILE)


@pytest.mark.parametrize("answer", [b"123456", 123456, 0, False, ["123456"], Function(())])
def test_an_answer_of_another_type_is_an_error_that_says_what_is_expected(answer: object) -> None:
    with pytest.raises(TypeError, match=f"as a str, or None to cancel; it returned {type(answer).__name__}"):
        user_of(lambda question: answer).token_code(PHONE, profile=PROFILE)
