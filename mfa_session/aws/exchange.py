"""One request to AWS and the answer to it, bounded in time and in size.

botocore bounds each wait on the socket, never the whole, and reads an answer to its end. So it only
signs and parses here, and what it would send is sent by its own HTTP session on a thread that is
waited for no longer than it should take. Redirects are not followed; every request has a connection of
its own, because one that was kept may turn out to be dead only after a code went into it.
"""

import copy
import enum
import os
import queue
import socket
import threading
import time
from collections.abc import Iterator
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

CONNECT_SECONDS = 5.0
READ_SECONDS = 15.0
# From the first byte of the first attempt to the last of the last: name lookup, TLS and a trickling answer included.
WHOLE_SECONDS = 20.0

# The longest real answer, of ListMFADevices, has some 10 KiB.
LONGEST_ANSWER = 1 << 20


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

    def __init__(self, *, ca_bundle: str | None) -> None:
        self.stage = Stage.NOTHING_SENT
        self.host = "AWS"
        self._ca_bundle = ca_bundle
        self._deadline: float | None = None

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
            self._deadline = time.monotonic() + WHOLE_SECONDS
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
            return OverdueError()

    def _send(self, request: Any) -> AWSResponse:
        watched = copy.copy(request)
        watched.body = _Body(request.body, exchange=self)
        watched.stream_output = True  # the body is left to us
        http = self._http_session(request.url)
        try:
            response = http.send(watched)
            self.stage = Stage.ANSWER_BEGUN
            body = self._read(response)
        finally:
            http.close()
        self.stage = Stage.ANSWER_WHOLE
        return AWSResponse(response.url, response.status_code, response.headers, _ReadBody(body))

    def _http_session(self, url: str) -> URLLib3Session:
        return URLLib3Session(
            verify=self._certificates(),
            # A proxy for this machine's own addresses would be given the code unencrypted.
            proxies={} if is_on_this_machine(url) else get_environ_proxies(url),
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
        )

    def _certificates(self) -> str | bool:
        bundle = self._ca_bundle or os.environ.get("REQUESTS_CA_BUNDLE")  # as botocore does
        if not bundle:
            return True
        if not Path(bundle).exists():
            raise ConfigurationError(
                "there is no file with the certificates to trust",
                hint="check AWS_CA_BUNDLE, REQUESTS_CA_BUNDLE and ca_bundle of the profile",
            )
        return bundle

    def _read(self, response: AWSResponse) -> bytes:
        try:
            body: bytes = response.raw.read(LONGEST_ANSWER + 1, decode_content=False)
        except Exception as error:  # of urllib3, http.client, ssl or the socket; all mean the same here
            raise ConnectionClosedError(endpoint_url=response.url, error=error) from error
        finally:
            response.raw.close()
        if len(body) > LONGEST_ANSWER:
            raise not_from_aws(self.host, "it is longer than a megabyte")
        if response.raw.length_remaining:
            raise ConnectionClosedError(endpoint_url=response.url, error="the answer ends early")
        return body


class _Body:
    """The body of a request, which tells when it is asked for: then the connection stands, and bytes go out."""

    def __init__(self, body: bytes, *, exchange: Exchange) -> None:
        self._body = body
        self._exchange = exchange

    def __iter__(self) -> Iterator[bytes]:
        self._exchange.stage = Stage.REQUEST_SENT
        yield self._body


class _ReadBody(BytesIO):
    """A body that was read already, in the form in which botocore reads bodies."""

    def stream(self) -> Iterator[bytes]:
        yield self.read()
