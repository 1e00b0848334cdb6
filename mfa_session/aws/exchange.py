"""One request to AWS and the answer to it, bounded in time and in size.

botocore bounds each wait on the socket, never the whole, and reads an answer to its end. So it only
signs and parses here, and what it would send is sent by its own HTTP session on a thread that is
waited for no longer than it should take. Redirects are not followed; every request has a connection of
its own, because one that was kept may turn out to be dead only after a code went into it.
"""

import contextlib
import copy
import enum
import queue
import re
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError
from botocore.httpsession import URLLib3Session
from botocore.utils import get_environ_proxies

from mfa_session.aws.answer import not_from_aws
from mfa_session.aws.endpoints import is_on_this_machine
from mfa_session.errors import ConfigurationError

# The longest real answer, a list of policies, has some 100 KiB.
_LONGEST_ANSWER = 1 << 20

# No answer of AWS has one. A web page begins so, and so does XML that grows when it is read.
_TYPE_DECLARATION = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Limits:
    """How many seconds the parts of an exchange may take.

    *connect* is for one connection, *read* for each wait for the next bytes, *whole* for all
    attempts from name lookup to the end of the answer.
    """

    connect: float = 5.0
    read: float = 15.0
    whole: float = 20.0


class Stage(enum.Enum):
    """How far the last attempt came."""

    NOTHING_SENT = enum.auto()
    REQUEST_SENT = enum.auto()
    ANSWER_BEGUN = enum.auto()
    ANSWER_WHOLE = enum.auto()


class OverdueError(Exception):
    """The whole time is over. Not one of botocore's errors, after which botocore would try again."""


class Exchange:
    """The way of one question to AWS and back; :meth:`send` is a handler of botocore's ``before-send``."""

    def __init__(self, limits: Limits, *, ca_bundle: str | None) -> None:
        self.limits = limits
        self.stage = Stage.NOTHING_SENT
        self.host = "AWS"
        self._ca_bundle = ca_bundle
        self._deadline: float | None = None
        self._given_up = False
        self._lock = threading.Lock()

    def send(self, request: Any, **_: object) -> AWSResponse:
        """Send what botocore has signed and return the answer, read to its end.

        Raises:
            botocore.exceptions.HTTPClientError: there is none; botocore may try again.
            OverdueError: the time for all attempts is over.
            AWSAnswerError: there is no end to it.
            ConfigurationError: there are no certificates to trust.
        """
        self.stage = Stage.NOTHING_SENT
        self.host = urlsplit(request.url).netloc
        if self._deadline is None:
            self._deadline = time.monotonic() + self.limits.whole
        outcome = self._on_a_thread(request, seconds=self._deadline - time.monotonic())
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def _on_a_thread(self, request: Any, *, seconds: float) -> AWSResponse | BaseException:
        outcomes = queue.SimpleQueue[AWSResponse | BaseException]()

        def work() -> None:
            try:
                outcomes.put(self._send(request))
            except BaseException as error:  # it goes to the thread that waits for it
                outcomes.put(error)

        # Nobody waits for it when its time is over: a daemon does not keep the program from ending.
        threading.Thread(target=work, name="request to AWS", daemon=True).start()
        try:
            return outcomes.get(timeout=max(0.0, seconds))
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

    def _send(self, request: Any) -> AWSResponse:
        watched = copy.copy(request)
        watched.body = _Body(request.body, exchange=self)
        watched.stream_output = True  # the body is left to us
        http = self._http_session(request.url)
        try:
            response = http.send(watched)
            self.stage = Stage.ANSWER_BEGUN
            with contextlib.closing(response.raw):
                body = self._read(response)
        finally:
            http.close()
        self.stage = Stage.ANSWER_WHOLE
        return AWSResponse(response.url, response.status_code, response.headers, _ReadBody(body))

    def _http_session(self, url: str) -> URLLib3Session:
        on_this_machine = is_on_this_machine(url)
        return URLLib3Session(
            verify=True if on_this_machine and url.startswith("http:") else self._certificates(),
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

    def _read(self, response: AWSResponse) -> bytes:
        if 300 <= response.status_code < 400:
            raise not_from_aws(self.host, f"it sends to another address ({response.status_code}), which is not asked")
        try:
            body: bytes = response.raw.read(_LONGEST_ANSWER + 1, decode_content=False)
        except Exception as error:  # of urllib3, http.client, ssl or the socket; all mean the same here
            raise ConnectionClosedError(endpoint_url=response.url, error=error) from error
        if len(body) > _LONGEST_ANSWER:
            raise not_from_aws(self.host, "it is longer than a megabyte")
        if response.raw.length_remaining:
            raise ConnectionClosedError(endpoint_url=response.url, error="the answer ends early")
        if _TYPE_DECLARATION.search(body):
            raise not_from_aws(self.host, "it is a web page, or another kind of document")
        return body


class _Body:
    """The body of a request, which tells when it is asked for: then the connection stands, and the body goes out."""

    def __init__(self, body: str | bytes, *, exchange: Exchange) -> None:
        self._body = (
            body.encode("utf-8") if isinstance(body, str) else body
        )  # older botocores leave that to http.client
        self._exchange = exchange

    def __iter__(self) -> Iterator[bytes]:
        self._exchange.note_that_the_body_goes_out()
        yield self._body


class _ReadBody(BytesIO):
    """A body that was read already, in the form in which botocore reads bodies."""

    def stream(self) -> Iterator[bytes]:
        yield self.read()
