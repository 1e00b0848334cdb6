"""A question as it is put to a terminal: its words, and how long somebody wants the answer."""

import select
import sys
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from mfa_session.errors import PromptCancelledError, PromptTimeoutError

# How often to look whether the answer is still wanted, and the terminal still ours: no descriptor tells.
_LOOK_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Prompt:
    """A question that is shown as *text*, whose answer is not shown where it is *secret*.

    *deadline* is a moment of the monotonic clock; *watching* a descriptor that the answer
    will be written to.
    """

    text: str
    secret: bool = False
    deadline: float | None = None
    reader_fd: int | None = None

    def insist_on_being_wanted(self) -> None:
        """Raise when the answer would come too late.

        Raises:
            PromptTimeoutError: the deadline has passed.
            PromptCancelledError: nobody reads what is written to the watched descriptor.
        """
        if self.deadline is not None and time.monotonic() >= self.deadline:
            raise PromptTimeoutError("nobody answered in time", hint="run it again, and answer the question")
        if self.reader_fd is not None and _has_no_reader(self.reader_fd):
            raise PromptCancelledError("the program that wanted the answer has gone", hint="run that program again")

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
    # For something, because macOS reports on nothing else: whether there is room is of no interest.
    poll.register(descriptor, select.POLLOUT)
    return any(events & (select.POLLERR | select.POLLHUP) for _, events in poll.poll(0))


@dataclass(frozen=True, slots=True)
class Deadline:
    """Until the moment *deadline* of the monotonic clock, and while somebody reads from the descriptor *watching*."""

    deadline: float | None = None
    reader_fd: int | None = None

    @classmethod
    def beginning_now(cls, timeout: timedelta | None, *, reader_fd: int | None = None) -> Self:
        """Return the patience that ends *within* so long from now, or not by itself."""
        return cls(None if timeout is None else time.monotonic() + timeout.total_seconds(), reader_fd)

    def limit(self, timeout: timedelta) -> timedelta:
        """Return *within*, or what is left where that is less."""
        if self.deadline is None:
            return timeout
        return min(timeout, timedelta(seconds=max(0.0, self.deadline - time.monotonic())))

    @property
    def is_over(self) -> bool:
        """Whether an answer would come too late."""
        return self.limit(timedelta.max) <= timedelta(0)

    def question(self, *, timeout: timedelta, text: str = "") -> Prompt:
        """Return a question that is over *within* its own limit, if not sooner."""
        deadline = time.monotonic() + self.limit(timeout).total_seconds()
        return Prompt(text, deadline=deadline, reader_fd=self.reader_fd)
