"""Lines that a function asks for: a notebook or a window has no terminal, and a person all the same."""

from collections.abc import Callable

from mfa_session.ask.question import Question
from mfa_session.errors import PromptCancelledError


class CalledLines:
    """A person behind *ask*, a function that shows its argument and returns what is typed.

    What is only told is shown with the next question. No limit can be set to how long the
    function takes, and whether it hides what is typed is its own affair.
    """

    def __init__(self, ask: Callable[[str], str]) -> None:
        self._ask = ask
        self._told = ""

    def write(self, text: str) -> None:
        """Keep *text* for the next question."""
        self._told += text

    def read_line(self, question: Question) -> str:
        """Return what the function returns.

        Raises:
            PromptCancelledError: it raised EOFError, as `input` does for Ctrl-D.
        """
        text, self._told = f"{self._told}{question.text}", ""
        try:
            return self._ask(text)
        except EOFError:
            raise PromptCancelledError(
                "the question was ended without an answer", hint="run it again and answer"
            ) from None

    def close(self) -> None:
        """Do nothing."""
