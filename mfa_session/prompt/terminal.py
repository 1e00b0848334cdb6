"""The controlling terminal: where a person is asked, whatever the standard streams are used for.

An SDK takes our standard output, may discard our standard error, and gives us a
standard input that is somebody's data or never ends. None of the three is touched
here: a question goes to ``/dev/tty``, or to the console on Windows.

A question has a limit where its asker sets one, and the terminal is left as it was
found, however the question ends.
"""

import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from types import TracebackType
from typing import Protocol, Self

from mfa_session.prompt.prompt import Prompt
from mfa_session.text import escape_control

# By their numbers, which no colour scheme changes.
_WHITE_ON_BLACK = "\x1b[38;5;231;48;5;16m"
_AS_BEFORE = "\x1b[0m"


class Lines(Protocol):
    """What a platform can do with its terminal: show text, and read one line that a person types."""

    def write(self, text: str) -> None:
        """Show *text*, as far as there is a terminal that shows anything."""
        ...

    def read_line(self, question: Prompt) -> str:
        """Show *question* and return what is typed up to Enter; raise as :meth:`Terminal.ask` does."""
        ...

    def close(self) -> None:
        """Let go of the terminal."""
        ...


class Terminal:
    """A terminal with a person in front of it. Texts are shown on one line, with control characters made visible."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    @classmethod
    def open(cls) -> Self:
        """Return the controlling terminal of this process.

        Raises:
            PersonNeededError: there is none, or it is another program's at the moment,
                because we run in the background.
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
        """Let go of the terminal; it cannot be asked again."""
        self._lines.close()

    def tell(self, text: str) -> None:
        """Show *text* on a line of its own."""
        self._lines.write(f"{escape_control(text)}\n")

    def show_picture(self, rows: Sequence[str], *, coloured: bool) -> None:
        """Show the *rows* of a picture; white on black where it is *coloured*, whatever colours the terminal has."""
        before, after = (_WHITE_ON_BLACK, _AS_BEFORE) if coloured else ("", "")
        for row in rows:
            self._lines.write(f"{before}{escape_control(row)}{after}\n")

    def ask(
        self, question: str, *, secret: bool = False, timeout: timedelta | None = None, reader_fd: int | None = None
    ) -> str:
        """Show *question*, and return the line that is typed, which is not shown where it is *secret*.

        What was typed before the question counts: a person who knows what will be asked need
        not wait for it. *watching* is a descriptor that the answer will be written to; when
        nobody reads from it any more, nobody needs the answer.

        Raises:
            PromptTimeoutError: no line came *within* the limit.
            PromptCancelledError: the person ended the question with Ctrl-D on an empty line
                (Ctrl-Z on Windows), or the reader that we are *watching* for has gone.
            PersonNeededError: the terminal has gone, or was taken by another program.
            QuestionInterrupt: Ctrl-C, which is a KeyboardInterrupt.
        """
        return self._lines.read_line(_shown(question, secret=secret, deadline=_deadline(timeout), reader_fd=reader_fd))

    def confirm(self, question: str, *, default: bool, timeout: timedelta | None = None) -> bool:
        """Ask a *question* whose answer is yes or no, until it is; Enter alone means *default*.

        Raises:
            As :meth:`ask` does.
        """
        deadline = _deadline(timeout)
        choices = "[Y/n]" if default else "[y/N]"
        while True:
            match self._lines.read_line(_shown(f"{question} {choices}", deadline=deadline)).strip().casefold():
                case "":
                    return default
                case "y" | "yes":
                    return True
                case "n" | "no":
                    return False
            self.tell("Please type y or n.")

    def choose(self, question: str, options: Sequence[str], *, timeout: timedelta | None = None) -> int:
        """Show *options* with numbers, and return the index of the one whose number is typed; ask until it is one.

        Raises:
            As :meth:`ask` does.
        """
        deadline = _deadline(timeout)
        self.tell(question)
        for number, option in enumerate(options, start=1):
            self.tell(f"  {number}  {option}")
        while True:
            answer = self._lines.read_line(_shown(f"Number (1 to {len(options)}):", deadline=deadline)).strip()
            # str.isdecimal and int take full-width digits too, which is what an input method may give.
            if answer.isdecimal() and 1 <= int(answer) <= len(options):
                return int(answer) - 1
            self.tell(f"Please type a number from 1 to {len(options)}.")


def _shown(text: str, *, deadline: float | None, secret: bool = False, reader_fd: int | None = None) -> Prompt:
    return Prompt(f"{escape_control(text).rstrip()} ", secret=secret, deadline=deadline, reader_fd=reader_fd)


def _deadline(timeout: timedelta | None) -> float | None:
    """Return the moment of the monotonic clock at which *within* will have passed."""
    return None if timeout is None else time.monotonic() + timeout.total_seconds()
