"""Faults: what can go wrong between AWS and its caller, on request.

A fault is given the way to have the call done. It may use it or not: a dropped reply
was an answer once, and the code it cost is used up.
"""

from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

from mfa_session.demo.answers import Answer, Fate, RefusedError, refusal_answer

Perform = Callable[[], Answer]

_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"
_MEGABYTE = 1_000_000


class Fault(Protocol):
    """Something that befalls one call."""

    def answer(self, perform: Perform, /) -> Answer:
        """Return what travels back; *perform* does what was asked for, and says what AWS would answer."""


class Faults:
    """The faults that are waiting, each for one call of its action, in the order they were added."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, deque[Fault]] = defaultdict(deque)

    def add(self, action: str, *faults: Fault) -> None:
        """Let each of *faults* befall one coming call of *action*."""
        self._waiting[action].extend(faults)

    def take(self, action: str) -> Fault | None:
        """Return the fault that befalls a call of *action* now, which is thereby spent."""
        try:
            return self._waiting[action].popleft()
        except IndexError:
            return None


@dataclass(frozen=True)
class DropReply:
    """The call is done, and the connection closes before a byte of the answer."""

    def answer(self, perform: Perform) -> Answer:
        """Return the answer that will not be sent."""
        return replace(perform(), fate=Fate.DROPPED)


@dataclass(frozen=True)
class ResetConnection:
    """The connection is reset and nothing is done."""

    def answer(self, _perform: Perform) -> Answer:
        """Return an answer that will not be sent."""
        return Answer(0, b"", fate=Fate.RESET)


@dataclass(frozen=True)
class ServerError:
    """AWS is broken (500) or busy (503), and nothing is done."""

    status: int = 500

    def answer(self, _perform: Perform) -> Answer:
        """Return AWS's words for it."""
        if self.status == 503:
            refusal = RefusedError(503, "ServiceUnavailable", "Service is unable to handle request.")
        else:
            refusal = RefusedError(self.status, "InternalFailure", "An internal error has occurred.")
        return refusal_answer(refusal, namespace=_NAMESPACE)


@dataclass(frozen=True)
class Throttle:
    """Too many calls, and nothing is done."""

    def answer(self, _perform: Perform) -> Answer:
        """Return AWS's words for it."""
        return refusal_answer(RefusedError(400, "Throttling", "Rate exceeded"), namespace=_NAMESPACE)


@dataclass(frozen=True)
class Slow:
    """The call is done at once, and its answer comes late."""

    seconds: float

    def answer(self, perform: Perform) -> Answer:
        """Return the answer with its delay."""
        return replace(perform(), delay=timedelta(seconds=self.seconds))
