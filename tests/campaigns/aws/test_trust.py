"""Whom a code is never sent to: who sends it elsewhere, who proves nothing, and a proxy that leads nowhere."""

import contextlib
import socket
import ssl
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.aws.certificates import self_signed
from tests.campaigns import scale
from tests.campaigns.aws.bad_way import answer, bad_way
from tests.campaigns.aws.errands import ERRANDS, Ended
from tests.campaigns.aws.faults import sending
from tests.campaigns.figures import count
from tests.cli.refusals import SERVICE, files
from tests.machine import Machine

# What a request has in it, and a handshake has not.
REQUEST = (b"POST", b"Authorization", b"AKIA", b"TokenCode", b"Action=")

WITH_A_KNOWN_DEVICE = [name for name, errand in ERRANDS.items() if errand.knows_the_device]

REDIRECTS = ["301 Moved", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"]

Script = Callable[[socket.socket], None]


def judge(what: str, machine: Machine, ended: Ended, before: object, *, heard: int, code_counts: bool) -> None:
    """Count what was found; *heard* is how many requests came where none was to come."""
    found = {
        "requests_heard": heard,
        "other_exit_codes": ended.exit_code != SERVICE,
        "not_told": not ended.is_told,
        "said_the_code_may_be_used": not code_counts and "may have been used" in ended.said,
        "files_changed": files(machine) != before,
    }
    count("AWS", what, **found)
    assert not any(found.values()), (found, ended)


@pytest.mark.parametrize("name", scale.chosen(ERRANDS, quick_nth=8))
@pytest.mark.parametrize(
    "status", scale.chosen(["301 Moved", "302 Found", "303 Other", "307 Temp", "308 Perm"], quick_nth=4)
)
def test_a_redirect_is_not_followed(machine: Machine, name: str, status: str) -> None:
    errand = ERRANDS[name]
    errand.prepare(machine)
    before = files(machine)
    with bad_way(machine.endpoint, sending(answer(b""))) as elsewhere:
        redirect = sending(answer(b"", status=status, headers=f"Location: {elsewhere.url}/\r\n"))
        with bad_way(machine.endpoint, redirect, at=errand.action) as way:
            ended = errand.run(machine, AWS_ENDPOINT_URL=way.url)

    assert way.codes_sent_twice == 0
    judge("a redirect to another host", machine, ended, before, heard=elsewhere.connections, code_counts=True)


def _close(connection: socket.socket) -> None:
    pass


def _close_after_hello(connection: socket.socket) -> None:
    connection.recv(65536)


def _plain_http(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


def _garbage(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(bytes(range(256)) * 8)


def _alert(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"\x15\x03\x03\x00\x02\x02\x28")  # fatal: handshake failure


def _silence(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


HANDSHAKES: dict[str, Script] = {
    "closed at once": _close,
    "closed in the handshake": _close_after_hello,
    "plain HTTP": _plain_http,
    "garbage": _garbage,
    "an alert": _alert,
}

CERTIFICATES = ["self-signed", "wrong name", "expired", "TLS 1.0 only", "TLS 1.1 only"]


@contextlib.contextmanager
def shaking_hands(script: Script) -> Iterator[tuple[int, list[bytes]]]:
    """Run *script* for each connection, and yield the port, and what was heard."""
    heard: list[bytes] = []

    class Listening:
        """A socket that keeps what it reads."""

        def __init__(self, connection: socket.socket) -> None:
            self._connection = connection
            self.sendall = connection.sendall

        def recv(self, size: int) -> bytes:
            data = self._connection.recv(size)
            heard.append(data)
            return data

    def accept() -> None:
        while True:
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError):
                if over.is_set():
                    return
                connection.settimeout(30)
                script(Listening(connection))  # type: ignore[arg-type]  # as much of one as the scripts need

    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield port, heard
        finally:
            over.set()
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            thread.join()


@pytest.mark.parametrize("name", scale.chosen(WITH_A_KNOWN_DEVICE, quick_nth=4))
@pytest.mark.parametrize("how", scale.chosen(HANDSHAKES, quick_nth=3))
def test_no_byte_of_a_request_goes_to_a_server_that_does_not_shake_hands(machine: Machine, name: str, how: str) -> None:
    ERRANDS[name].prepare(machine)
    before = files(machine)

    with shaking_hands(HANDSHAKES[how]) as (port, heard):
        ended = ERRANDS[name].run(machine, AWS_ENDPOINT_URL=f"https://127.0.0.1:{port}")

    told = sum(word in b"".join(heard) for word in REQUEST)
    judge("TLS that fails in the handshake", machine, ended, before, heard=told, code_counts=False)


@pytest.mark.skipif(not scale.IS_FULL, reason="waits as long as the program does")
@pytest.mark.parametrize("name", WITH_A_KNOWN_DEVICE)
def test_no_byte_of_a_request_goes_to_a_server_that_is_silent_in_the_handshake(machine: Machine, name: str) -> None:
    ERRANDS[name].prepare(machine)
    before = files(machine)

    with shaking_hands(_silence) as (port, heard):
        ended = ERRANDS[name].run(machine, AWS_ENDPOINT_URL=f"https://127.0.0.1:{port}")

    told = sum(word in b"".join(heard) for word in REQUEST)
    judge("TLS that fails in the handshake", machine, ended, before, heard=told, code_counts=False)


def certificate(how: str, folder: Path) -> tuple[Path, ssl.SSLContext]:
    """Return what the program is told to trust, and what the server shows."""
    match how:
        case "wrong name":
            return self_signed(folder, address="127.0.0.2")
        case "expired":
            return self_signed(folder, days=-1)
    bundle, tls = self_signed(folder)
    if how.startswith("TLS"):
        version = ssl.TLSVersion.TLSv1 if how == "TLS 1.0 only" else ssl.TLSVersion.TLSv1_1
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # that it is deprecated is the point
            tls.minimum_version, tls.maximum_version = version, version
        tls.set_ciphers("ALL:@SECLEVEL=0")
    if how == "self-signed":
        return other_bundle(folder), tls
    return bundle, tls


def other_bundle(folder: Path) -> Path:
    (folder / "other").mkdir()
    return self_signed(folder / "other")[0]


@pytest.mark.parametrize("name", scale.chosen(WITH_A_KNOWN_DEVICE, quick_nth=4))
@pytest.mark.parametrize("how", scale.chosen(CERTIFICATES, quick_nth=4))
def test_no_byte_of_a_request_goes_to_a_server_that_proves_nothing(
    machine: Machine, tmp_path_factory: pytest.TempPathFactory, name: str, how: str
) -> None:
    bundle, tls = certificate(how, tmp_path_factory.mktemp("tls"))
    ERRANDS[name].prepare(machine)
    before = files(machine)

    with bad_way(machine.endpoint, sending(answer(b"")), tls=tls) as way:
        ended = ERRANDS[name].run(machine, AWS_ENDPOINT_URL=f"https://127.0.0.1:{way.port}", AWS_CA_BUNDLE=str(bundle))

    assert way.connections >= 1
    judge("TLS that proves nothing", machine, ended, before, heard=sum(map(bool, way.heard)), code_counts=False)


PROXIES: dict[str, bytes] = {
    "407": b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
    "403": b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
    "502": b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 4\r\n\r\nNope",
    "a redirect": b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
    "nothing": b"",
    "no HTTP": b"SSH-2.0-OpenSSH_9.6\r\n",
    "no TLS behind it": b"HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "escapes": b"HTTP/1.1 407 \x1b[31m\xc2\x9b31m\xe2\x80\xae\r\nContent-Length: 0\r\n\r\n",
}


@pytest.mark.parametrize("name", scale.chosen(WITH_A_KNOWN_DEVICE, quick_nth=4))
@pytest.mark.parametrize("how", scale.chosen(PROXIES, quick_nth=5))
def test_no_byte_of_a_request_goes_to_a_proxy_that_leads_nowhere(machine: Machine, name: str, how: str) -> None:
    ERRANDS[name].prepare(machine)
    before = files(machine)

    def connect(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(PROXIES[how])
        if PROXIES[how]:
            connection.recv(65536)

    with shaking_hands(connect) as (port, heard):
        ended = ERRANDS[name].run(machine, AWS_ENDPOINT_URL="", HTTPS_PROXY=f"http://127.0.0.1:{port}")

    assert heard[0].startswith(b"CONNECT sts.ap-northeast-1.amazonaws.com:443 ")
    told = sum(word in b"".join(heard) for word in REQUEST)
    judge("a proxy that leads nowhere", machine, ended, before, heard=told, code_counts=False)
    assert "\x1b" not in ended.said
