"""The listener: a port of 127.0.0.1 on which requests are answered, however many clients are slow or broken."""

import selectors
import socket
import time
from contextlib import closing
from types import TracebackType
from typing import Self

from mfa_session.credential_server.connection import Answerer, Conversation

_LOOPBACK = "127.0.0.1"

# Fifty tools that start at once are answered within milliseconds; those that sit here while more come are broken.
_MAX_CONVERSATIONS = 64

# Those that come while we look at the file wait in the kernel.
_BACKLOG = 512

# With no descriptors left on the machine, there is nothing to do but to look again.
_PAUSE_SECONDS = 0.05


class Listener:
    """A port that the kernel has chosen. Whoever connects before :meth:`serve` is called is answered then."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        exclusive = getattr(socket, "SO_EXCLUSIVEADDRUSE", None)
        if exclusive is not None:  # without it, another program could share the port on Windows
            self._socket.setsockopt(socket.SOL_SOCKET, exclusive, 1)
        self._socket.bind((_LOOPBACK, 0))
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

    def serve(self, answer: Answerer, *, until: int | None) -> None:
        """Answer each request by *answer* until the descriptor *until* is readable, for ever where there is none."""
        with selectors.DefaultSelector() as selector, closing(_Clients(selector, answer)) as clients:
            selector.register(self._socket, selectors.EVENT_READ)
            if until is not None:
                selector.register(until, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select(clients.deadline):
                    if key.fileobj == until:
                        return
                    if key.fileobj is self._socket:
                        clients.welcome(self._socket)
                    else:
                        clients.go_on(key.data)
                clients.end_the_overdue()


class _Clients:
    """The conversations that are going on, the oldest first, which is also the first that has to be over."""

    def __init__(self, selector: selectors.BaseSelector, answer: Answerer) -> None:
        self._selector = selector
        self._answer = answer
        self._conversations: dict[Conversation, None] = {}

    @property
    def deadline(self) -> float | None:
        """The seconds for which nothing has to be done if nothing comes."""
        oldest = next(iter(self._conversations), None)
        return None if oldest is None else max(0.0, oldest.deadline - time.monotonic())

    def welcome(self, listening: socket.socket) -> None:
        """Begin a conversation with whoever comes next, at the cost of the oldest one where there are too many."""
        try:
            connection, _ = listening.accept()
        except BlockingIOError:  # it has gone again
            return
        except OSError:  # one that is broken, or one too many for the system
            self._end_the_oldest()
            time.sleep(_PAUSE_SECONDS)
            return
        if len(self._conversations) >= _MAX_CONVERSATIONS:
            self._end_the_oldest()
        conversation = Conversation(connection, self._answer)
        self._conversations[conversation] = None
        self._selector.register(connection, conversation.waits_for, conversation)
        self.go_on(conversation)

    def go_on(self, conversation: Conversation) -> None:
        """Go on with a conversation, unless it was ended a moment ago."""
        if conversation not in self._conversations:
            return
        if conversation.go_on():
            self._selector.modify(conversation.connection, conversation.waits_for, conversation)
        else:
            self._end(conversation)

    def end_the_overdue(self) -> None:
        """End every conversation that takes too long."""
        while self.deadline == 0:
            self._end_the_oldest()

    def close(self) -> None:
        """End every conversation."""
        while self._conversations:
            self._end_the_oldest()

    def _end_the_oldest(self) -> None:
        if self._conversations:
            self._end(next(iter(self._conversations)))

    def _end(self, conversation: Conversation) -> None:
        del self._conversations[conversation]
        self._selector.unregister(conversation.connection)
        conversation.connection.close()
