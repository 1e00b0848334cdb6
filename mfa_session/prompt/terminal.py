"""The controlling terminal, where questions are asked, whatever the standard streams are used for.

AWS SDKs read our standard output, may discard our standard error, and give us a standard
input that is the user's data or never ends. So questions go to ``/dev/tty``, or to the
console on Windows. However a question ends, the terminal is left as it was found.
"""

import sys
import time
from collections.abc import Iterable, Sequence
from datetime import timedelta
from types import TracebackType
from typing import Protocol, Self

from mfa_session.prompt.prompt import Prompt
from mfa_session.text import escape_control

# By number, which no colour scheme changes.
_WHITE_ON_BLACK = "\x1b[38;5;231;48;5;16m"
_RESET = "\x1b[0m"


class Lines(Protocol):
    """A platform's terminal: shows text, and reads one line that is typed."""

    def write(self, text: str) -> None:
        """Show *text*, if the terminal still shows anything."""
        ...

    def read_line(self, question: Prompt) -> str:
        """Show *question* and return what is typed up to Enter; raise as :meth:`Terminal.ask` does."""
        ...

    def close(self) -> None:
        """Close the terminal."""
        ...


class Terminal:
    """A terminal with the user in front of it. Control characters in texts are shown escaped."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self.has_asked = False

    @classmethod
    def open(cls) -> Self:
        """Return the controlling terminal of this process.

        Raises:
            PersonNeededError: there is none, or this process runs in its background.
        """
        if sys.platform == "win32":
            from mfa_session.prompt.windows_console import WindowsConsole

            return cls(WindowsConsole.open())
        else:  # noqa: RET505  what a type checker for Windows must not read
            from mfa_session.prompt.posix_terminal import PosixTerminal

            return cls(PosixTerminal.open())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the terminal; it cannot be asked again."""
        self._lines.close()

    def tell(self, text: str) -> None:
        """Show *text* on a line of its own."""
        self._lines.write(f"{escape_control(text)}\n")

    def show_picture(self, rows: Sequence[str], *, coloured: bool) -> None:
        """Show the *rows* of a picture, white on black if *coloured*."""
        before, after = (_WHITE_ON_BLACK, _RESET) if coloured else ("", "")
        for row in rows:
            self._lines.write(f"{before}{escape_control(row)}{after}\n")

    def ask(
        self,
        question: str,
        *,
        heading: str | None = None,
        secret: bool = False,
        timeout: timedelta | None = None,
        reader_fd: int | None = None,
    ) -> str:
        """Show *question*, and return the line that is typed, which is not echoed if it is *secret*.

        A *heading* stands on the line above: the spinner of another program redraws only the
        line that the cursor is in. What was typed before the question counts. *reader_fd* is
        the descriptor that the answer will be written to.

        Raises:
            PromptTimeoutError: no line came within *timeout*.
            PromptCancelledError: the user typed Ctrl-D on an empty line (Ctrl-Z on Windows).
            ReaderGoneError: nothing reads from *reader_fd* any more.
            PersonNeededError: the terminal was closed, or another program took it.
            QuestionInterrupt: Ctrl-C, a KeyboardInterrupt.
        """
        return self._answer(question, heading, secret=secret, deadline=_deadline(timeout), reader_fd=reader_fd)

    def confirm(self, question: str, *, default: bool, timeout: timedelta | None = None) -> bool:
        """Ask a yes-or-no *question* until the answer is one; Enter means *default*. Raise as `ask` does."""
        deadline = _deadline(timeout)
        choices = "[Y/n]" if default else "[y/N]"
        while True:
            match self._answer(f"{question} {choices}", deadline=deadline).strip().casefold():
                case "":
                    return default
                case "y" | "yes":
                    return True
                case "n" | "no":
                    return False
            self.tell("Please type y or n.")

    def choose(
        self, question: str, options: Sequence[str], *, by_name: bool = False, timeout: timedelta | None = None
    ) -> int:
        """Show *options* with numbers, and return the index of the one that is chosen. Raise as `ask` does.

        With *by_name*, a part of its name is enough; where several have that part, these are shown again.
        """
        deadline = _deadline(timeout)
        self.tell(question)
        self._list(options, range(len(options)))
        prompt = "Number, or part of the name:" if by_name else f"Number (1 to {len(options)}):"
        while True:
            answer = self._answer(prompt, deadline=deadline).strip()
            # str.isdecimal and int accept full-width digits too, which an input method may give.
            if answer.isdecimal() and 1 <= int(answer) <= len(options):
                return int(answer) - 1
            alike = _alike(answer, options) if by_name else []
            if len(alike) == 1:
                return alike[0]
            if alike:
                self._list(options, alike)
            else:
                self.tell(f"Please type a number from 1 to {len(options)}.")

    def _list(self, options: Sequence[str], indexes: Iterable[int]) -> None:
        for index in indexes:
            self.tell(f"  {index + 1}  {options[index]}")

    def _answer(
        self,
        question: str,
        heading: str | None = None,
        *,
        deadline: float | None,
        secret: bool = False,
        reader_fd: int | None = None,
    ) -> str:
        self.has_asked = True
        above = f"{escape_control(heading)}\n" if heading else ""
        text = f"{above}{escape_control(question).rstrip()} "
        return self._lines.read_line(Prompt(text, secret=secret, deadline=deadline, reader_fd=reader_fd))


def _deadline(timeout: timedelta | None) -> float | None:
    return None if timeout is None else time.monotonic() + timeout.total_seconds()


def _alike(part: str, options: Sequence[str]) -> list[int]:
    """Return the indexes of the *options* that have *part* in them, or of the one that is it."""
    if part in options:
        return [options.index(part)]
    return [index for index, option in enumerate(options) if part and part.lower() in option.lower()]
