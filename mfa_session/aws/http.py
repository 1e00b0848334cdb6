"""One HTTP request to AWS and the reply to it, with limits in time and size, and what it means when no reply comes.

botocore's HTTP session sends it, with its rules for certificates and proxies. It bounds each wait on the
socket, never the whole, and would read a reply to its end; so it works on a thread that is waited for no
longer than it should take, and the reply is read here. Redirects are not followed. Every request has a
connection of its own, because one that was kept may turn out to be dead only after a code went into it.
"""

import contextlib
import enum
import http.client
import queue
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ConnectionClosedError, ProxyConnectionError, SSLError
from botocore.httpsession import URLLib3Session
from botocore.utils import get_environ_proxies

from mfa_session.aws.endpoints import is_on_this_machine
from mfa_session.aws.request import APIRequest
from mfa_session.aws.response import not_from_aws
from mfa_session.errors import AWSError, AWSUnreachableError, ConfigurationError, ReplyLostError

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

        # A daemon: after the timeout it does not keep the program from ending.
        threading.Thread(target=work, name="request to AWS", daemon=True).start()
        try:
            return outcomes.get(timeout=self.seconds_left)
        except queue.Empty:
            with self._lock:
                self._given_up = True
            return OverdueError()

    def note_that_the_body_goes_out(self) -> None:
        """Note that the body is sent now, or stop it after the timeout: the user was told that nothing was sent.

        Raises:
            OverdueError: the timeout has passed.
        """
        with self._lock:
            if self._given_up:
                raise OverdueError
            self.stage = Stage.REQUEST_SENT

    def _send(self, request: Any) -> HTTPReply:
        request.body = _Body(request.body, exchange=self)
        request.stream_output = True  # leaves the body of the reply to us
        with contextlib.closing(self._http_session(request.url)) as session:
            response = session.send(request)
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
                "the CA bundle does not exist",
                hint="check AWS_CA_BUNDLE, ca_bundle of the profile, and REQUESTS_CA_BUNDLE",
            )
        return self._ca_bundle

    def _read(self, response: Any) -> bytes:
        if 300 <= response.status_code < 400:
            raise not_from_aws(self.host, f"it redirects to another address ({response.status_code})")
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


_CHECK_THE_NETWORK = "check the network, and what AWS_ENDPOINT_URL, endpoint_url and a proxy are set to"


def no_response(error: Exception, *, request: APIRequest, exchange: HTTPCall) -> AWSError:
    """Return what to tell the user about *error*, after which there is no answer to *question*."""
    if exchange.stage is Stage.NOTHING_SENT:
        return _nothing_sent(error, request=request, exchange=exchange)
    if any(_is_not_http(cause) for cause in _causes(error)):
        return not_from_aws(exchange.host, "it is not HTTP")
    return outcome_unknown(_what_happened(error, exchange), request=request)


def outcome_unknown(what: str, *, request: APIRequest, hint: str = _CHECK_THE_NETWORK) -> ReplyLostError:
    """Return the error for a question that went out, when *what* happened instead of an answer."""
    if request.codes:
        return ReplyLostError(
            f"{what}; the MFA code may have been used",
            hint="wait until the device shows the next code, and run the command again",
        )
    if not request.idempotent:
        return ReplyLostError(f"{what}; {request.operation} may have succeeded", hint=hint)
    return ReplyLostError(what, hint=hint)


def _what_happened(error: Exception, exchange: HTTPCall) -> str:
    if isinstance(error, OverdueError):
        return f"no complete response from {exchange.host} within {exchange.limits.whole:.0f} s"
    if exchange.stage is Stage.REPLY_BEGUN:
        return f"{exchange.host} did not complete its response"
    if any(isinstance(cause, TimeoutError) for cause in _causes(error)):
        return f"no response from {exchange.host} within {exchange.limits.read:.0f} s"
    return f"{exchange.host} closed the connection without a response"


def _nothing_sent(error: Exception, *, request: APIRequest, exchange: HTTPCall) -> AWSUnreachableError:
    host, causes = exchange.host, list(_causes(error))
    if isinstance(error, ProxyConnectionError):
        return AWSUnreachableError(
            f"cannot reach {host} through the proxy: {request.quotable(str(causes[-1]))}",
            hint="check HTTPS_PROXY and NO_PROXY",
        )
    if isinstance(error, SSLError):
        return AWSUnreachableError(
            f"the certificate of {host} is not trusted, nothing was sent: {request.quotable(_why_untrusted(causes))}",
            hint="behind a TLS proxy, set its certificates: AWS_CA_BUNDLE, or ca_bundle in the profile",
        )
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return AWSUnreachableError(
            f"cannot resolve {host}, or there is no network",
            hint="check the network, and the region: --region, AWS_REGION",
        )
    return AWSUnreachableError(_why_unreachable(error, causes, exchange=exchange), hint=_CHECK_THE_NETWORK)


def _why_unreachable(error: Exception, causes: list[BaseException], *, exchange: HTTPCall) -> str:
    host, limits = exchange.host, exchange.limits
    if isinstance(error, OverdueError):
        return f"{host} could not be reached within {limits.whole:.0f} s"
    for cause in causes:
        if isinstance(cause, TimeoutError):
            return f"{host} could not be reached within {limits.connect:.0f} s"
        if isinstance(cause, OSError) and cause.strerror:
            return f"{host} cannot be reached: {cause.strerror.lower()}"
    return f"{host} cannot be reached"


def _why_untrusted(causes: list[BaseException]) -> str:
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return cause.verify_message
    return str(causes[-1])


def _is_not_http(cause: BaseException) -> bool:
    # A lost connection is one of http.client's errors too, when it was lost in the right place.
    lost = (ConnectionError, http.client.IncompleteRead)
    return isinstance(cause, http.client.HTTPException) and not isinstance(cause, lost)


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
