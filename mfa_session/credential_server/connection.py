"""A conversation: one connection from its first byte to its last, none of which is waited for."""

import selectors
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from typing import TypeAlias

from mfa_session.credential_server.http import MAX_BYTES, RefusedRequestError, read_request, written
from mfa_session.credential_server.peer import Peer
from mfa_session.credential_server.protocol import Request, Response

Answerer: TypeAlias = Callable[[Request, Peer], Response]

# Everything together takes an SDK a few milliseconds, and it gives up after one or two seconds.
_LIMIT_SECONDS = 3.0


class Conversation:
    """One *connection*, on which one request is answered by *answer*.

    It has to be over at the *deadline*, a moment of the monotonic clock, however slowly
    the client speaks or listens; whoever made the connection closes it then.
    """

    def __init__(self, connection: socket.socket, answer: Answerer) -> None:
        connection.setblocking(False)
        self.connection = connection
        self._answer = answer
        self._came = b""
        self._to_send: bytes | None = None
        self.deadline = time.monotonic() + _LIMIT_SECONDS

    @property
    def waits_for(self) -> int:
        """What has to become possible before it can go on, as a selector names it."""
        return selectors.EVENT_WRITE if self._to_send else selectors.EVENT_READ

    def go_on(self) -> bool:
        """Do what can be done without waiting; ``False`` when there is nothing left to be done."""
        try:
            if self._to_send is None:
                return self._listen()
            return self._speak() if self._to_send else self._part()
        except BlockingIOError:
            return True
        except OSError:  # the client has gone
            return False

    def _listen(self) -> bool:
        piece = self.connection.recv(MAX_BYTES)
        self._came += piece
        try:
            request = read_request(self._came)
        except RefusedRequestError as refused:
            answer = refused.answer
        else:
            if request is None:
                return bool(piece)
            answer = self._answered(request)
        self._to_send = written(answer)
        return self._speak()

    def _answered(self, request: Request) -> Response:
        try:
            return self._answer(request, Peer(self.connection))
        except Exception as error:
            # A mistake of ours, for which the next one who asks is not to find nobody here.
            message = f"mfa-session made a mistake: {type(error).__name__}"
            return Response.refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "InternalError", message)

    def _speak(self) -> bool:
        assert self._to_send is not None  # noqa: S101  whoever listens has nothing to say yet
        self._to_send = self._to_send[self.connection.send(self._to_send) :]
        if not self._to_send:
            with suppress(OSError):
                self.connection.shutdown(socket.SHUT_WR)
        return True

    def _part(self) -> bool:
        # Closed with something unread, a connection is reset, and the answer may be lost on its way.
        return bool(self.connection.recv(MAX_BYTES))
