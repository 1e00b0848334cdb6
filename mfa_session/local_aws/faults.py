"""Faults: what can go wrong between AWS and its caller, on request.

A fault is given the way to have the call done. It may use it or not: a dropped reply
was an answer once, and the code it cost is used up.
"""

import re
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

from mfa_session.local_aws.responses import Fate, RefusedError, Response, element, refusal_answer

Perform = Callable[[], Response]

_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"

_PROXY_PAGE = (
    b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><h1>Welcome to our network</h1></body></html>\n"
)

# Elements that are opened and never closed, a megabyte at a time.
_OPENED = b"<a><b><c>\n" * 100_000


class Fault(Protocol):
    """Something that befalls one call."""

    def answer(self, perform: Perform, /) -> Response:
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

    def answer(self, perform: Perform) -> Response:
        """Return the answer that will not be sent."""
        return replace(perform(), fate=Fate.DROPPED)


@dataclass(frozen=True)
class ResetConnection:
    """The connection is reset and nothing is done."""

    def answer(self, _perform: Perform) -> Response:
        """Return an answer that will not be sent."""
        return Response(0, b"", fate=Fate.RESET)


@dataclass(frozen=True)
class ServerError:
    """AWS is broken (500) or busy (503), and nothing is done."""

    status: int = 500

    def answer(self, _perform: Perform) -> Response:
        """Return AWS's words for it."""
        if self.status == 503:
            refusal = RefusedError(503, "ServiceUnavailable", "Service is unable to handle request.")
        else:
            refusal = RefusedError(self.status, "InternalFailure", "An internal error has occurred.")
        return refusal_answer(refusal, namespace=_NAMESPACE)


@dataclass(frozen=True)
class Refuse:
    """AWS says no for a reason that is not in the account, and nothing is done."""

    status: int
    code: str
    message: str

    def answer(self, _perform: Perform) -> Response:
        """Return the refusal."""
        return refusal_answer(RefusedError(self.status, self.code, self.message), namespace=_NAMESPACE)


@dataclass(frozen=True)
class Throttle:
    """Too many calls, and nothing is done."""

    def answer(self, _perform: Perform) -> Response:
        """Return AWS's words for it."""
        return refusal_answer(RefusedError(400, "Throttling", "Rate exceeded"), namespace=_NAMESPACE)


@dataclass(frozen=True)
class Slow:
    """The call is done at once, and its answer comes late."""

    seconds: float

    def answer(self, perform: Perform) -> Response:
        """Return the answer with its delay."""
        return replace(perform(), delay=timedelta(seconds=self.seconds))


@dataclass(frozen=True)
class GarbageBody:
    """Something answers that is no AWS and no text at all; nothing is done."""

    status: int = 200

    def answer(self, _perform: Perform) -> Response:
        """Return bytes that are neither XML nor UTF-8."""
        return Response(self.status, bytes(range(256)), {"Content-Type": "text/xml"})


@dataclass(frozen=True)
class HTMLBody:
    """A proxy or a hotel answers with a page of its own; nothing is done."""

    status: int = 200

    def answer(self, _perform: Perform) -> Response:
        """Return the page."""
        return Response(self.status, _PROXY_PAGE, {"Content-Type": "text/html; charset=utf-8"})


@dataclass(frozen=True)
class TruncatedXML:
    """The call is done, and the second half of its answer is missing; the length fits what is left."""

    def answer(self, perform: Perform) -> Response:
        """Return the first half of the answer."""
        whole = perform()
        return replace(whole, body=whole.body[: len(whole.body) // 2])


@dataclass(frozen=True)
class EndlessBody:
    """The call is done, and *megabytes* of opening tags come back, with no length announced."""

    megabytes: int = 1000

    def answer(self, perform: Perform) -> Response:
        """Return the answer in so many copies."""
        return replace(perform(), body=_OPENED, copies=self.megabytes)


@dataclass(frozen=True)
class HostileFields:
    """The call is done, and some *fields* of its answer, such as ``SecretAccessKey``, hold any text one likes."""

    fields: Mapping[str, str]

    def answer(self, perform: Perform) -> Response:
        """Return the answer with these *fields* in the place of its own."""
        answer = perform()
        text = answer.body.decode("utf-8")
        for name, value in self.fields.items():
            # a backslash in the template of a substitution has to stand for itself
            hostile = element(name, value).replace("\\", r"\\")
            text = re.sub(f"<{name}>.*?</{name}>", hostile, text, flags=re.DOTALL)
        return replace(answer, body=text.encode("utf-8"))


@dataclass(frozen=True)
class ExpiredSession:
    """The call is done, and the session it gives has been over for years."""

    def answer(self, perform: Perform) -> Response:
        """Return the answer with another expiration."""
        return HostileFields({"Expiration": "2006-08-25T09:00:00Z"}).answer(perform)


@dataclass(frozen=True)
class WrongDate:
    """The call is done, and the ``Date`` header of its answer says *date*."""

    date: str

    def answer(self, perform: Perform) -> Response:
        """Return the answer with this date."""
        answer = perform()
        return replace(answer, headers={**answer.headers, "Date": self.date})


@dataclass(frozen=True)
class Redirect:
    """The caller is sent to *location*, and nothing is done."""

    location: str
    status: int = 307

    def answer(self, _perform: Perform) -> Response:
        """Return the redirection."""
        return Response(self.status, b"", {"Location": self.location})
