"""The real terminal, and the one at which tests type, are the same to whoever asks."""

import re
from datetime import timedelta

import pytest

from mfa_session.errors import MFASessionError
from mfa_session.prompt.terminal import Terminal
from tests.fakes import TypedLines
from tests.prompt.asking import ask
from tests.prompt.lines_contract import Conversation, Converse, LinesContract
from tests.terminal import PseudoTerminal, Stream

QUESTION_END = re.compile(r"[:\]] $")


class TestPosixTerminal(LinesContract):
    @pytest.fixture
    def converse(self, terminal: PseudoTerminal) -> Converse:
        def converse(call: str, *answers: str) -> Conversation:
            program = ask(terminal, call, stdout=Stream.PIPE)
            for answer in answers:
                terminal.expect(QUESTION_END)
                terminal.type(bytes([ord(answer[1]) ^ 0x40]) if answer.startswith("^") else f"{answer}\n")
            program.wait()
            return Conversation(program.stdout.decode().strip(), terminal.text.replace("^C", ""))

        return converse


class TestTypedLines(LinesContract):
    @pytest.fixture
    def converse(self) -> Converse:
        def converse(call: str, *answers: str) -> Conversation:
            lines = TypedLines(*answers)
            try:
                outcome = f"answer: {eval(call, {'terminal': Terminal(lines), 'timedelta': timedelta})!a}"
            except (MFASessionError, KeyboardInterrupt) as error:
                outcome = f"error: {type(error).__name__}"
            return Conversation(outcome, lines.shown)

        return converse


def test_a_question_that_a_test_does_not_expect_fails_it() -> None:
    with pytest.raises(AssertionError, match="a question that nobody expected: Name:"):
        Terminal(TypedLines()).ask("Name:")


@pytest.mark.parametrize(
    ("coloured", "shown"),
    [(False, "█▀\n▄\\x1b[2J\n"), (True, "\x1b[38;5;231;48;5;16m█▀\x1b[0m\n\x1b[38;5;231;48;5;16m▄\\x1b[2J\x1b[0m\n")],
)
def test_a_picture_is_shown_row_by_row_in_colours_of_its_own_or_in_none(coloured: bool, shown: str) -> None:
    lines = TypedLines()

    Terminal(lines).show_picture(["█▀", "▄\x1b[2J"], coloured=coloured)

    assert lines.shown == shown
