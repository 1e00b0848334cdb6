"""The local AWS with faults: what can go wrong between AWS and its caller, one call at a time.

A fault gets a function that performs the call. It may call it or not: a dropped reply was a
response once, and its MFA code is used up.
"""

import re
import socket
import struct
import sys
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from enum import Enum
from typing import Any, Protocol

from mfa_session.local_aws import endpoint
from mfa_session.local_aws.account import Account
from mfa_session.local_aws.requests import HTTPRequest
from mfa_session.local_aws.responses import RefusedError, Response, element, refusal_answer
from mfa_session.local_aws.router import Reply

Perform = Callable[[], Response]

_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"

_PROXY_PAGE = (
    b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><h1>Welcome to our network</h1></body></html>\n"
)

# Elements that are opened and never closed, a megabyte at a time.
_OPENED = b"<a><b><c>\n" * 100_000

# struct linger: on, zero seconds. Windows has it in shorts.
_NO_TIME_TO_LINGER = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


class Fate(Enum):
    """What becomes of a response on its way."""

    SENT = "sent"
    DROPPED = "the connection is closed without a byte of it"
    RESET = "the connection is reset"


@dataclass(frozen=True)
class FaultyResponse(Response):
    """A response that is late, lost or endless.

    *seconds* pass before its first byte. The body is sent *copies* times; where that is more
    than once, it has no Content-Length.
    """

    fate: Fate = Fate.SENT
    seconds: float = 0
    copies: int = 1

    @classmethod
    def of(cls, response: Response, **fault: Any) -> "FaultyResponse":
        """Return *response* with a *fault*."""
        return cls(**{field.name: getattr(response, field.name) for field in fields(Response)} | fault)


class _FaultyHandler(endpoint.Handler):
    def write(self, answer: Response, headers: dict[str, str]) -> None:
        """Write *answer* as its fault says."""
        if not isinstance(answer, FaultyResponse):
            super().write(answer, headers)
            return
        if self.server.endpoint.closing.wait(answer.seconds) or answer.fate is not Fate.SENT:
            self._close(reset=answer.fate is Fate.RESET)
            return
        if answer.copies > 1:
            del headers["Content-Length"]
            self.close_connection = True
        super().write(answer, headers)
        for _ in range(answer.copies - 1):
            self.wfile.write(answer.body)

    def _close(self, *, reset: bool) -> None:
        self.close_connection = True
        if reset:
            # Closed with no time to linger, a socket sends RST; shut down before, it would send FIN.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_TIME_TO_LINGER)
            self.connection.close()


class Endpoint(endpoint.Endpoint):
    """The local AWS, whose next calls of an action can be given faults."""

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        self.faults = Faults()

    def handler(self) -> type[endpoint.Handler]:
        """Return what handles a connection."""
        return _FaultyHandler

    def reply(self, request: HTTPRequest) -> Reply:
        """Answer *request*, or let the fault that waits for its action do so."""
        replies: list[Reply] = []

        def perform() -> Response:
            replies.append(super(Endpoint, self).reply(request))
            return replies[0].answer

        fault = self.faults.take(request.action)
        answer = fault.answer(perform) if fault else perform()
        return Reply(answer, replies[0].caller if replies else None)


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
        return FaultyResponse.of(perform(), status=0, fate=Fate.DROPPED)


@dataclass(frozen=True)
class ResetConnection:
    """The connection is reset and nothing is done."""

    def answer(self, _perform: Perform) -> Response:
        """Return an answer that will not be sent."""
        return FaultyResponse(0, b"", fate=Fate.RESET)


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
        return FaultyResponse.of(perform(), seconds=self.seconds)


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
        return FaultyResponse.of(perform(), body=_OPENED, copies=self.megabytes)


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
