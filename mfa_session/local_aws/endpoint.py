"""The endpoint: a strict local AWS that answers HTTP on the loopback.

STS, IAM and S3 share one address; what a request is for is in its signature. The sign-in of
the console, which is not signed, has a path of its own there. It is for tests and for
demonstrations: every local process can reach it, and it keeps nothing once it is
closed.
"""

import contextlib
import re
import socket
import sys
import threading
from dataclasses import dataclass
from email.utils import format_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from types import TracebackType
from typing import Any, Self

from mfa_session.local_aws.account import Account
from mfa_session.local_aws.requests import HTTPRequest
from mfa_session.local_aws.responses import Response
from mfa_session.local_aws.router import Reply, receive

_LOOPBACK = "127.0.0.1"

# No call of ours comes near it; whatever is longer is a mistake or an attack.
_MAX_BODY = 1_000_000


@dataclass(frozen=True)
class Call:
    """What the journal keeps of one call.

    *user_name* and *mfa* are ``None`` where the caller is unknown, not a user, or has none;
    *status* is ``None`` where no response was sent.
    """

    action: str
    access_key_id: str | None
    user_name: str | None
    mfa: bool | None
    status: int | None
    error_code: str | None


class Endpoint:
    """Serves *account* from ``with`` until its end, on a port that the kernel chooses.

    *journal* has every call in the order of the responses; a call is in it before its response is sent.
    """

    def __init__(self, account: Account) -> None:
        self.account = account
        self.journal: list[Call] = []
        self.closing = threading.Event()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._serve, name="local AWS", daemon=True)

    @property
    def url(self) -> str:
        """The address, as ``AWS_ENDPOINT_URL`` takes it."""
        return f"http://{self.host}"

    @property
    def host(self) -> str:
        """The only ``Host`` it answers to: a web page that another name leads here is turned away."""
        return f"{_LOOPBACK}:{self._server.server_port}"

    def handler(self) -> "type[Handler]":
        """Return what handles a connection."""
        return Handler

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.closing.set()
        # a last visitor, so that the loop looks up and sees that it is over
        with contextlib.suppress(OSError):
            socket.create_connection((_LOOPBACK, self._server.server_port)).close()
        self._thread.join()
        self._server.server_close()
        self._server.hang_up()

    def _serve(self) -> None:
        while not self.closing.is_set():
            self._server.handle_request()

    def handle(self, request: HTTPRequest) -> Response:
        """Answer *request*, and write the call into the journal."""
        reply = self.reply(request)
        caller = reply.caller
        self.journal.append(
            Call(
                action=request.action,
                access_key_id=request.access_key_id,
                user_name=caller.identity.user_name if caller else None,
                mfa=caller.mfa if caller else None,
                status=reply.answer.status or None,
                error_code=reply.answer.error_code,
            )
        )
        return reply.answer

    def reply(self, request: HTTPRequest) -> Reply:
        """Return what AWS answers *request*, and who asked."""
        return receive(self.account, request)


class _Server(ThreadingHTTPServer):
    # the kernel has chosen a free port; on Windows, reuse would let another program have it too
    allow_reuse_address = False
    # callers may come by the hundred at once; with the usual five, the kernel lets the others wait a second and more
    request_queue_size = 512

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._conversations: dict[socket.socket, threading.Thread] = {}
        self._lock = threading.Lock()
        super().__init__((_LOOPBACK, 0), endpoint.handler())

    def server_bind(self) -> None:
        """Bind, and ask no name server what the loopback is called, as the base class does."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = _LOOPBACK, int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        """Talk to a client in a thread of its own, which :meth:`hang_up` knows of from the start."""
        thread = threading.Thread(target=self.process_request_thread, args=(request, client_address), daemon=True)
        with self._lock:
            self._conversations[request] = thread
        thread.start()

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Talk to a client until one of the two has enough."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                del self._conversations[request]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that went away; what else goes wrong here is a mistake of ours, and is told."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def hang_up(self) -> None:
        """End every open connection, and wait for the threads behind them."""
        with self._lock:
            conversations = dict(self._conversations)
        for connection in conversations:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in conversations.values():
            thread.join()


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60

    def version_string(self) -> str:
        return "local"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the name is the base class's
        """Keep silent: the journal says it all."""

    def do_POST(self) -> None:
        """Answer one request."""
        endpoint = self.server.endpoint
        body = self._body()
        if body is None:
            return
        if self.headers.get_all("Host") != [endpoint.host]:
            self._refuse(HTTPStatus.MISDIRECTED_REQUEST)
            return
        request = HTTPRequest(self.command, self.path, tuple(self.headers.items()), body)
        self._send(endpoint.handle(request))

    do_GET = do_PUT = do_DELETE = do_POST  # noqa: N815 -- the base class looks for these names

    def _body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not re.fullmatch("[0-9]{1,18}", length):
            self._refuse(HTTPStatus.LENGTH_REQUIRED)
            return None
        if int(length) > _MAX_BODY:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return None
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            self.close_connection = True
            return None
        return body

    def _refuse(self, status: HTTPStatus) -> None:
        self.close_connection = True
        self._send(Response(status, b""))

    def _send(self, answer: Response) -> None:
        headers = {"Date": self._date(), "Content-Length": str(len(answer.body)), **answer.headers}
        self.write(answer, headers)

    def write(self, answer: Response, headers: dict[str, str]) -> None:
        """Write *answer* with its *headers* to the connection."""
        if self.close_connection:
            headers["Connection"] = "close"
        lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        # in one piece: a second small packet would wait for the other side's acknowledgement
        self.wfile.write("\r\n".join((*lines, "", "")).encode("latin-1") + answer.body)

    def _date(self) -> str:
        return format_datetime(self.server.endpoint.account.now(), usegmt=True)
