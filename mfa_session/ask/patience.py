"""Patience: how long the answers to several questions may take together, and who must still want them."""

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from mfa_session.ask.question import Question


@dataclass(frozen=True, slots=True)
class Patience:
    """Until the moment *deadline* of the monotonic clock, and while somebody reads from the descriptor *watching*."""

    deadline: float | None = None
    watching: int | None = None

    @classmethod
    def beginning_now(cls, within: timedelta | None, *, watching: int | None = None) -> Self:
        """Return the patience that ends *within* so long from now, or not by itself."""
        return cls(None if within is None else time.monotonic() + within.total_seconds(), watching)

    def limit(self, within: timedelta) -> timedelta:
        """Return *within*, or what is left where that is less."""
        if self.deadline is None:
            return within
        return min(within, timedelta(seconds=max(0.0, self.deadline - time.monotonic())))

    @property
    def is_over(self) -> bool:
        """Whether an answer would come too late."""
        return self.limit(timedelta.max) <= timedelta(0)

    def question(self, *, within: timedelta, text: str = "") -> Question:
        """Return a question that is over *within* its own limit, if not sooner."""
        deadline = time.monotonic() + self.limit(within).total_seconds()
        return Question(text, deadline=deadline, watching=self.watching)
