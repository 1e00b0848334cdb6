"""A question as the terminal gets it, and until when its answer is wanted."""

import select
import sys
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from mfa_session.errors import PromptCancelledError, PromptTimeoutError, ReaderGoneError

# Between two looks at the deadline, and at the terminal's foreground process: no descriptor tells of them.
_LOOK_SECONDS = 0.2


def cancelled() -> PromptCancelledError:
    """Return the error for a question that the user has ended."""
    return PromptCancelledError()


def no_answer() -> PromptTimeoutError:
    """Return the error for a question that was not answered in time."""
    return PromptTimeoutError("no answer in time", hint="run it again and answer")


@dataclass(frozen=True, slots=True)
class Prompt:
    """A question, shown as *text*; the answer is not echoed if it is *secret*.

    *deadline* is a moment of the monotonic clock; *reader_fd* is the descriptor that the
    answer will be written to.
    """

    text: str
    secret: bool = False
    deadline: float | None = None
    reader_fd: int | None = None

    def check_still_wanted(self) -> None:
        """Raise if the answer would come too late.

        Raises:
            PromptTimeoutError: the deadline has passed.
            ReaderGoneError: nothing reads from *reader_fd* any more.
        """
        if self.deadline is not None and time.monotonic() >= self.deadline:
            raise no_answer()
        if self.reader_fd is not None and _has_no_reader(self.reader_fd):
            raise ReaderGoneError("the program that asked has stopped waiting", hint="run that program again")

    @property
    def pause(self) -> float:
        """The seconds that may pass before the next look."""
        if self.deadline is None:
            return _LOOK_SECONDS
        return max(0.0, min(_LOOK_SECONDS, self.deadline - time.monotonic()))


def _has_no_reader(descriptor: int) -> bool:
    if sys.platform == "win32":  # which does not tell before the write
        return False
    poll = select.poll()
    # Without an event asked for, macOS reports nothing.
    poll.register(descriptor, select.POLLOUT)
    return any(events & (select.POLLERR | select.POLLHUP) for _, events in poll.poll(0))


@dataclass(frozen=True, slots=True)
class Deadline:
    """How long answers are wanted: until *deadline* of the monotonic clock, and while something reads *reader_fd*."""

    deadline: float | None = None
    reader_fd: int | None = None

    @classmethod
    def beginning_now(cls, timeout: timedelta | None, *, reader_fd: int | None = None) -> Self:
        """Return the deadline that is *timeout* from now; ``None`` for no limit."""
        return cls(None if timeout is None else time.monotonic() + timeout.total_seconds(), reader_fd)

    @property
    def left(self) -> timedelta | None:
        """The time that is left, ``None`` without a limit."""
        return None if self.deadline is None else timedelta(seconds=max(0.0, self.deadline - time.monotonic()))

    def limit(self, timeout: timedelta) -> timedelta:
        """Return *timeout*, or what is left if that is less."""
        return timeout if self.left is None else min(timeout, self.left)

    @property
    def is_over(self) -> bool:
        """Whether an answer would come too late."""
        return self.left == timedelta(0)

    def prompt(self, *, timeout: timedelta, text: str = "") -> Prompt:
        """Return a question with a *timeout* of its own, if that ends sooner."""
        deadline = time.monotonic() + self.limit(timeout).total_seconds()
        return Prompt(text, deadline=deadline, reader_fd=self.reader_fd)
