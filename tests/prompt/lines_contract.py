"""What every terminal does with a question: the suite for the real one, and for the one at which tests type."""

from collections.abc import Callable
from typing import NamedTuple

import pytest


class Conversation(NamedTuple):
    """What came of a question, as a program prints it, and what the screen showed."""

    outcome: str
    shown: str


# Evaluates a call of ``terminal`` while somebody types the answers, each when it is asked for.
Converse = Callable[..., Conversation]


class LinesContract:
    """The fixture ``converse`` is a :data:`Converse`; every question in here ends with a colon or a bracket."""

    def test_the_line_that_is_typed_is_the_answer(self, converse: Converse) -> None:
        assert converse("terminal.ask('Name:')", "alice") == ("answer: 'alice'", "Name: alice\n")

    def test_a_secret_answer_is_not_shown(self, converse: Converse) -> None:
        assert converse("terminal.ask('Code:', secret=True)", "123456") == ("answer: '123456'", "Code: \n")

    def test_answers_come_in_the_order_of_the_questions(self, converse: Converse) -> None:
        conversation = converse("(terminal.ask('One:'), terminal.ask('Two:'))", "1", "2")

        assert conversation == ("answer: ('1', '2')", "One: 1\nTwo: 2\n")

    def test_an_empty_line_is_an_answer(self, converse: Converse) -> None:
        assert converse("terminal.ask('Name:')", "") == ("answer: ''", "Name: \n")

    def test_the_end_of_the_input_ends_the_question(self, converse: Converse) -> None:
        assert converse("terminal.ask('Name:')", "^D") == ("error: PromptCancelledError", "Name: \n")

    def test_an_interrupt_ends_the_question(self, converse: Converse) -> None:
        assert converse("terminal.ask('Name:', secret=True)", "^C") == ("error: QuestionInterrupt", "Name: \n")

    def test_a_question_whose_time_is_over_gets_no_answer(self, converse: Converse) -> None:
        assert converse("terminal.ask('Name:', timeout=timedelta(0))").outcome == "error: PromptTimeoutError"

    def test_what_is_told_stands_on_a_line_of_its_own(self, converse: Converse) -> None:
        assert converse(r"terminal.tell('one \x1b[2J line')").shown == "one \\x1b[2J line\n"

    @pytest.mark.parametrize(("typed", "agreed"), [("", True), ("n", False), ("YES", True)])
    def test_yes_and_no_are_understood(self, converse: Converse, typed: str, agreed: bool) -> None:
        assert converse("terminal.confirm('Go on?', default=True)", typed).outcome == f"answer: {agreed}"

    def test_a_number_that_is_not_offered_is_asked_for_again(self, converse: Converse) -> None:
        conversation = converse("terminal.choose('Which:', ['a', 'b'])", "3", "2")

        assert conversation.outcome == "answer: 1"
        assert "Please type a number from 1 to 2." in conversation.shown
