"""A server that follows a script for each connection, to the byte: for what no HTTP server would do."""

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field


@dataclass
class RawServer:
    """*requests* has what every connection brought, in order; empty where it brought nothing.

    *handled* is set when the script has ended once.
    """

    port: int
    requests: list[bytes] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    handled: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@dataclass
class Connection:
    """One connection of a client; what is read from it is kept in the server's *requests*."""

    server: RawServer
    socket: socket.socket

    def read_request(self) -> bytes:
        """Read one request to its end, or to where the client left off, and return it."""
        received = b""
        while not _is_whole(received) and (more := self.socket.recv(65536)):
            received += more
            self.server.requests[-1] = received
        return received

    def reset(self) -> None:
        """Close it as a crash would: with RST instead of FIN."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def wait(self, seconds: float = 30) -> bool:
        """Do nothing for a while; return whether the test is over."""
        return self.server.over.wait(seconds)


Script = Callable[[Connection], None]


@contextlib.contextmanager
def serving(script: Script, *, tls: ssl.SSLContext | None = None) -> Iterator[RawServer]:
    """Run *script* for one connection after the other, until the end of the ``with``."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = RawServer(listener.getsockname()[1])
        thread = threading.Thread(target=_accept, args=(listener, server, script, tls), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.over.set()
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", server.port), timeout=1).close()
            thread.join()


def answering(body: bytes, *, status: str = "200 OK", headers: str = "") -> Script:
    """Return a script that answers every request with *body*."""

    def script(connection: Connection) -> None:
        connection.read_request()
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
        connection.socket.sendall(head.encode("latin-1") + body)

    return script


def _accept(listener: socket.socket, server: RawServer, script: Script, tls: ssl.SSLContext | None) -> None:
    while True:
        accepted, _ = listener.accept()
        with accepted:
            if server.over.is_set():
                return
            server.requests.append(b"")
            accepted.settimeout(10)
            with contextlib.suppress(OSError):  # of a client that went away
                plain = accepted if tls is None else tls.wrap_socket(accepted, server_side=True)
                with plain:
                    script(Connection(server, plain))
            server.handled.set()


def _is_whole(received: bytes) -> bool:
    head, found, body = received.partition(b"\r\n\r\n")
    if not found:
        return False
    lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return len(body) >= (int(lengths[0]) if lengths else 0)
