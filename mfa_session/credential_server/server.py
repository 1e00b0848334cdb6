"""The HTTP server of the credentials endpoint: one thread, a loopback port, and no client that can block others."""

import selectors
import socket
import time
from collections.abc import Callable
from contextlib import closing, suppress
from functools import partial
from http import HTTPStatus
from types import TracebackType
from typing import Self, TypeAlias

from mfa_session.credential_server.peer import is_another_user
from mfa_session.credential_server.protocol import (
    LOOPBACK,
    MAX_BYTES,
    RefusedRequestError,
    Request,
    Response,
    parse_request,
)

Answerer: TypeAlias = Callable[[Request, Callable[[], bool]], Response]

# Fifty tools that start at once are answered within milliseconds; connections that stay open meanwhile are broken.
_MAX_CONNECTIONS = 64

# Connections that arrive while the credentials file is read wait in the kernel.
_BACKLOG = 512

# When the machine has no descriptors left, try again after this.
_PAUSE_SECONDS = 0.05

# A whole exchange takes an SDK a few milliseconds, and it gives up after one or two seconds.
_LIMIT_SECONDS = 3.0


class Listener:
    """A loopback port chosen by the kernel. Clients that connect before :meth:`serve` is called wait."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        exclusive = getattr(socket, "SO_EXCLUSIVEADDRUSE", None)
        if exclusive is not None:  # without it, another program could share the port on Windows
            self._socket.setsockopt(socket.SOL_SOCKET, exclusive, 1)
        self._socket.bind((LOOPBACK, 0))
        self._socket.listen(_BACKLOG)
        self._socket.setblocking(False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._socket.close()

    @property
    def port(self) -> int:
        """The port."""
        return int(self._socket.getsockname()[1])

    @staticmethod
    def is_listening(port: int) -> bool:
        """Tell whether a process listens on the loopback *port*."""
        try:
            socket.create_connection((LOOPBACK, port), 1.0).close()
        except OSError:
            return False
        return True

    def serve(self, answer: Answerer, *, until: int | None) -> None:
        """Answer each request by *answer* until the descriptor *until* is readable, for ever if it is ``None``."""
        with selectors.DefaultSelector() as selector, closing(_Connections(selector, answer)) as connections:
            selector.register(self._socket, selectors.EVENT_READ)
            if until is not None:
                selector.register(until, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select(connections.seconds_left):
                    if key.fileobj == until:
                        return
                    if key.fileobj is self._socket:
                        connections.accept(self._socket)
                    else:
                        connections.proceed(key.data)
                connections.close_overdue()


class _Connection:
    """One connection with one request. It is closed at its *deadline*, however slow the client is."""

    def __init__(self, client: socket.socket, answer: Answerer) -> None:
        client.setblocking(False)
        self.client = client
        self._answer = answer
        self._received = b""
        self._to_send: bytes | None = None
        self.deadline = time.monotonic() + _LIMIT_SECONDS

    @property
    def event(self) -> int:
        """The selector event to wait for."""
        return selectors.EVENT_WRITE if self._to_send else selectors.EVENT_READ

    def proceed(self) -> bool:
        """Do what can be done without waiting; ``False`` when the connection is finished."""
        try:
            if self._to_send is None:
                return self._receive()
            # Closed with unread data, a connection is reset, and the response may be lost on its way.
            return self._send() if self._to_send else bool(self.client.recv(MAX_BYTES))
        except BlockingIOError:
            return True
        except OSError:  # the client has gone
            return False

    def _receive(self) -> bool:
        piece = self.client.recv(MAX_BYTES)
        self._received += piece
        try:
            request = parse_request(self._received)
        except RefusedRequestError as refused:
            response = refused.response
        else:
            if request is None:
                return bool(piece)
            response = self._response(request)
        self._to_send = response.encoded()
        return self._send()

    def _response(self, request: Request) -> Response:
        try:
            return self._answer(request, partial(is_another_user, self.client))
        except Exception as error:
            # A bug of ours must not end the server for the next client.
            message = f"mfa-session: internal error: {type(error).__name__}"
            return Response.refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "InternalError", message)

    def _send(self) -> bool:
        assert self._to_send is not None  # noqa: S101  proceed() receives first
        self._to_send = self._to_send[self.client.send(self._to_send) :]
        if not self._to_send:
            with suppress(OSError):
                self.client.shutdown(socket.SHUT_WR)
        return True


class _Connections:
    """The open connections, oldest first; the oldest also has the earliest deadline."""

    def __init__(self, selector: selectors.BaseSelector, answer: Answerer) -> None:
        self._selector = selector
        self._answer = answer
        self._open: dict[_Connection, None] = {}

    @property
    def seconds_left(self) -> float | None:
        """The seconds until the next deadline, ``None`` without connections."""
        oldest = next(iter(self._open), None)
        return None if oldest is None else max(0.0, oldest.deadline - time.monotonic())

    def accept(self, listening: socket.socket) -> None:
        """Accept one connection, and close the oldest one if there are too many."""
        try:
            client, _ = listening.accept()
        except BlockingIOError:  # it has gone again
            return
        except OSError:  # a broken connection, or no descriptor is left
            self._close_oldest()
            time.sleep(_PAUSE_SECONDS)
            return
        if len(self._open) >= _MAX_CONNECTIONS:
            self._close_oldest()
        connection = _Connection(client, self._answer)
        self._open[connection] = None
        self._selector.register(client, connection.event, connection)
        self.proceed(connection)

    def proceed(self, connection: _Connection) -> None:
        """Go on with *connection*, unless it was closed a moment ago."""
        if connection not in self._open:
            return
        if connection.proceed():
            self._selector.modify(connection.client, connection.event, connection)
        else:
            self._close(connection)

    def close_overdue(self) -> None:
        """Close every connection whose deadline has passed."""
        while self.seconds_left == 0:
            self._close_oldest()

    def close(self) -> None:
        """Close every connection."""
        while self._open:
            self._close_oldest()

    def _close_oldest(self) -> None:
        if self._open:
            self._close(next(iter(self._open)))

    def _close(self, connection: _Connection) -> None:
        del self._open[connection]
        self._selector.unregister(connection.client)
        connection.client.close()
