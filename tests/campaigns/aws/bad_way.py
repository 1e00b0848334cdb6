"""A bad way to AWS: a server before the local one that spoils one action, and counts the codes that come along."""

import contextlib
import re
import socket
import ssl
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus

from mfa_session.local_aws.requests import HTTPRequest
from tests.faults import Endpoint

# The parameters of GetSessionToken, AssumeRole, EnableMFADevice and ResyncMFADevice that hold a code.
_CODES = re.compile(r"TokenCode|AuthenticationCode[12]")

# Longer than any wait of the program for a network.
_TIMEOUT_SECONDS = 40.0


@dataclass
class Visit:
    """One connection whose request is to be spoiled; *perform* has it done, and returns AWS's whole answer."""

    socket: socket.socket
    over: threading.Event
    perform: Callable[[], bytes]

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def reset(self) -> None:
        """Close it as a crash would: with RST instead of FIN."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def pour(self, drop: bytes, *, every: float = 0) -> None:
        """Send *drop* again and again, until nobody listens any more."""
        while not self.over.wait(every):
            self.send(drop)

    def be_silent(self) -> None:
        """Do nothing until nobody listens any more."""
        while self.socket.recv(4096):
            pass


Fault = Callable[[Visit], None]


@dataclass
class BadWay:
    """What happened at a server on *port*.

    *codes* counts in how many requests each code came, *actions* how often each action was
    asked for, and *heard* has all that came, whether it was a request or not.
    """

    port: int
    codes: Counter[str] = field(default_factory=Counter)
    actions: Counter[str] = field(default_factory=Counter)
    connections: int = 0
    heard: list[bytes] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def codes_sent_twice(self) -> int:
        return sum(times > 1 for times in self.codes.values())


@contextlib.contextmanager
def bad_way(
    endpoint: Endpoint,
    fault: Fault,
    *,
    at: str | None = None,
    tls: ssl.SSLContext | None = None,
    tunnel: ssl.SSLContext | None = None,
) -> Iterator[BadWay]:
    """Let *fault* befall every request for the action *at*, or every one; *endpoint* answers all others.

    With *tunnel* it is also a proxy that answers for every host, for programs that read no other endpoint.
    """
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        way = BadWay(listener.getsockname()[1])
        threads: list[threading.Thread] = []
        accepting = threading.Thread(target=_accept, args=(listener, threads, way, endpoint, fault, at, tls, tunnel))
        accepting.start()
        try:
            yield way
        finally:
            way.over.set()
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", way.port), timeout=1).close()
            accepting.join()
            for thread in threads:
                thread.join()


def _accept(
    listener: socket.socket,
    threads: list[threading.Thread],
    way: BadWay,
    endpoint: Endpoint,
    fault: Fault,
    at: str | None,
    tls: ssl.SSLContext | None,
    tunnel: ssl.SSLContext | None,
) -> None:
    while True:
        accepted, _ = listener.accept()
        if way.over.is_set():
            accepted.close()
            return
        way.connections += 1
        accepted.settimeout(_TIMEOUT_SECONDS)
        threads.append(threading.Thread(target=_talk, args=(accepted, way, endpoint, fault, at, tls, tunnel)))
        threads[-1].start()


def _talk(
    accepted: socket.socket,
    way: BadWay,
    endpoint: Endpoint,
    fault: Fault,
    at: str | None,
    tls: ssl.SSLContext | None,
    tunnel: ssl.SSLContext | None,
) -> None:
    # Of a client that went away, or that does not like what it sees.
    with accepted, contextlib.suppress(OSError):
        if tunnel is not None and accepted.recv(8, socket.MSG_PEEK) == b"CONNECT ":
            while not accepted.recv(65536).endswith(b"\r\n\r\n"):
                pass
            accepted.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            tls = tunnel
        connection = accepted if tls is None else tls.wrap_socket(accepted, server_side=True)
        with connection:
            request = _read_request(connection, way)
            if request is None:
                return
            way.actions[request.action] += 1
            way.codes.update(value for name, value in request.form.items() if _CODES.fullmatch(name))

            def perform() -> bytes:
                return _answer(endpoint, request)

            if at in (None, request.action):
                fault(Visit(connection, way.over, perform))
            else:
                connection.sendall(perform())


def _read_request(connection: socket.socket, way: BadWay) -> HTTPRequest | None:
    """Read one request to its end; ``None`` where the client left off before."""
    number = len(way.heard)
    way.heard.append(b"")
    received = b""
    length = None
    while length is None or len(received) < length:
        if not (more := connection.recv(65536)):
            return None
        received += more
        way.heard[number] = received
        head, found, _ = received.partition(b"\r\n\r\n")
        if found:
            announced = re.search(rb"(?im)^content-length: *([0-9]+)", head)
            length = len(head) + 4 + (int(announced[1]) if announced else 0)
    return _request(received)


def _request(received: bytes) -> HTTPRequest:
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    return HTTPRequest(method, target, headers, body)


def _answer(endpoint: Endpoint, request: HTTPRequest) -> bytes:
    answer = endpoint.handle(request)
    headers = {"Content-Length": str(len(answer.body)), "Connection": "close", **answer.headers}
    lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join((*lines, "", "")).encode("latin-1") + answer.body


def answer(body: bytes, *, status: str = "200 OK", headers: str = "") -> bytes:
    """Return a whole HTTP answer with *body*, and *headers* that each end with CR LF."""
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{headers}\r\n"
    return head.encode("latin-1") + body


def refusal(code: str, message: str, *, status: str) -> bytes:
    """Return a whole HTTP answer with which AWS says no."""
    error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    document = f'<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">{error}</ErrorResponse>'
    return answer(document.encode(), status=status, headers="Content-Type: text/xml\r\n")
