"""A function asks in place of a terminal: it gets what a person would read, and its answer is the person's."""

from collections.abc import Callable

import pytest

from mfa_session.errors import PromptCancelledError
from mfa_session.prompt.terminal import CalledLines, Terminal


class Function:
    """A function that gives *answers*, and remembers what it was asked."""

    def __init__(self, *answers: str) -> None:
        self.asked: list[str] = []
        self._answers = list(answers)

    def __call__(self, question: str) -> str:
        self.asked.append(question)
        return self._answers.pop(0)


def raising(error: type[BaseException]) -> Callable[[str], str]:
    def ask(question: str) -> str:
        raise error

    return ask


def test_the_function_is_called_with_the_question_and_its_answer_is_the_answer() -> None:
    ask = Function("123456")

    answer = Terminal(CalledLines(ask)).ask("Code:", secret=True)

    assert (answer, ask.asked) == ("123456", ["Code: "])


def test_what_is_told_stands_before_the_next_question_alone() -> None:
    ask = Function("b", "y")
    terminal = Terminal(CalledLines(ask))

    terminal.tell("There are two.")
    terminal.ask("Which:")
    terminal.ask("Sure:")

    assert ask.asked == ["There are two.\nWhich: ", "Sure: "]


def test_an_answer_that_will_not_do_is_asked_for_again() -> None:
    ask = Function("perhaps", "y")

    assert Terminal(CalledLines(ask)).confirm("Go on?", default=False)
    assert ask.asked == ["Go on? [y/N] ", "Please type y or n.\nGo on? [y/N] "]


def test_the_end_of_the_input_cancels_the_question() -> None:
    with pytest.raises(PromptCancelledError):
        Terminal(CalledLines(raising(EOFError))).ask("Code:")


def test_an_interrupt_stays_one() -> None:
    with pytest.raises(KeyboardInterrupt):
        Terminal(CalledLines(raising(KeyboardInterrupt))).ask("Code:")
