"""One request to AWS and the reply to it, bounded in time and in size.

botocore's HTTP session sends it, with its rules for certificates and proxies. It bounds each wait on the
socket, never the whole, and would read a reply to its end; so it works on a thread that is waited for no
longer than it should take, and the reply is read here. Redirects are not followed. Every request has a
connection of its own, because one that was kept may turn out to be dead only after a code went into it.
"""

import contextlib
import enum
import queue
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ConnectionClosedError
from botocore.httpsession import URLLib3Session
from botocore.utils import get_environ_proxies

from mfa_session.aws.endpoints import is_on_this_machine
from mfa_session.aws.response import not_from_aws
from mfa_session.errors import ConfigurationError

# The longest real answer, a list of policies, has some 100 KiB.
_MAX_BODY = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """How many seconds the parts of an exchange may take.

    *connect* is for one connection, *read* for each wait for the next bytes, *whole* for all
    attempts from name lookup to the end of the reply.
    """

    connect: float = 5.0
    read: float = 15.0
    whole: float = 20.0


class Stage(enum.Enum):
    """How far the last attempt came."""

    NOTHING_SENT = enum.auto()
    REQUEST_SENT = enum.auto()
    REPLY_BEGUN = enum.auto()
    REPLY_WHOLE = enum.auto()


class OverdueError(Exception):
    """The whole time is over."""


@dataclass(frozen=True, slots=True)
class HTTPReply:
    """What a server sent back; *date* is its clock, as it wrote it."""

    status: int
    date: str
    body: bytes = field(repr=False)


class HTTPCall:
    """The way of one question to AWS and back, as often as it may be put."""

    def __init__(self, limits: Limits, *, ca_bundle: str | None) -> None:
        self.limits = limits
        self.stage = Stage.NOTHING_SENT
        self.host = "AWS"
        self._ca_bundle = ca_bundle
        self._deadline = time.monotonic() + limits.whole
        self._given_up = False
        self._lock = threading.Lock()

    @property
    def seconds_left(self) -> float:
        """What is left of the whole time."""
        return max(0.0, self._deadline - time.monotonic())

    def send(self, request: Any) -> HTTPReply:
        """Send *request*, which botocore has signed and prepared, and return the reply, read to its end.

        Raises:
            botocore.exceptions.BotoCoreError: there is none.
            OverdueError: the whole time is over.
            AWSAnswerError: there is no end to it, or it sends elsewhere.
            ConfigurationError: there are no certificates to trust.
        """
        self.stage = Stage.NOTHING_SENT
        self.host = urlsplit(request.url).netloc
        outcome = self._on_a_thread(request)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def _on_a_thread(self, request: Any) -> HTTPReply | BaseException:
        outcomes = queue.SimpleQueue[HTTPReply | BaseException]()

        def work() -> None:
            try:
                outcomes.put(self._send(request))
            except BaseException as error:  # it goes to the thread that waits for it
                outcomes.put(error)

        # Nobody waits for it when its time is over: a daemon does not keep the program from ending.
        threading.Thread(target=work, name="request to AWS", daemon=True).start()
        try:
            return outcomes.get(timeout=self.seconds_left)
        except queue.Empty:
            with self._lock:
                self._given_up = True
            return OverdueError()

    def note_that_the_body_goes_out(self) -> None:
        """Note it, or keep it from going out when nobody waits any more: the user was told that nothing was sent.

        Raises:
            OverdueError: nobody waits any more.
        """
        with self._lock:
            if self._given_up:
                raise OverdueError
            self.stage = Stage.REQUEST_SENT

    def _send(self, request: Any) -> HTTPReply:
        request.body = _Body(request.body, exchange=self)
        request.stream_output = True  # leaves the body of the reply to us
        with contextlib.closing(self._http_session(request.url)) as http:
            response = http.send(request)
            self.stage = Stage.REPLY_BEGUN
            with contextlib.closing(response.raw):
                body = self._read(response)
        self.stage = Stage.REPLY_WHOLE
        return HTTPReply(response.status_code, response.headers.get("Date", ""), body)

    def _http_session(self, url: str) -> URLLib3Session:
        on_this_machine = is_on_this_machine(url)
        return URLLib3Session(
            verify=self._certificates() if url.startswith("https:") else True,
            # A proxy for this machine's own addresses would be given the code, maybe unencrypted.
            proxies={} if on_this_machine else get_environ_proxies(url),
            timeout=(self.limits.connect, self.limits.read),
            socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
        )

    def _certificates(self) -> str | bool:
        if self._ca_bundle is None:
            return True
        if not Path(self._ca_bundle).exists():
            raise ConfigurationError(
                "the file with the certificates to trust does not exist",
                hint="check AWS_CA_BUNDLE, ca_bundle of the profile, and REQUESTS_CA_BUNDLE",
            )
        return self._ca_bundle

    def _read(self, response: Any) -> bytes:
        if 300 <= response.status_code < 400:
            raise not_from_aws(self.host, f"it sends to another address ({response.status_code}), which is not asked")
        try:
            body: bytes = response.raw.read(_MAX_BODY + 1, decode_content=False)
        except Exception as error:  # of urllib3, http.client, ssl or the socket; all mean the same here
            raise ConnectionClosedError(endpoint_url=response.url, error=error) from error
        if len(body) > _MAX_BODY:
            raise not_from_aws(self.host, "it is longer than a megabyte")
        if response.raw.length_remaining:
            raise ConnectionClosedError(endpoint_url=response.url, error="the body ends early")
        return body


class _Body:
    """The body of a request, which tells when it is asked for: then the connection stands, and the body goes out."""

    def __init__(self, body: bytes, *, exchange: HTTPCall) -> None:
        self._body = body
        self._exchange = exchange

    def __iter__(self) -> Iterator[bytes]:
        self._exchange.note_that_the_body_goes_out()
        yield self._body
