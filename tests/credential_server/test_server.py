"""Everybody is answered at once, whoever else is slow, broken, or there in great numbers."""

import contextlib
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mfa_session.credential_server.protocol import CredentialEndpoint, Request, Response
from mfa_session.credential_server.server import Listener
from tests.clean_environment import clean_environment
from tests.credential_server.open_endpoint import (
    TIMEOUT_SECONDS,
    OpenDoor,
    hands_out,
    heard,
    listening,
    open_door,
    seconds_until_answered,
)

# An SDK gives up after one or two; whoever waits for the broken ones waits for three.
AT_ONCE_SECONDS = 2.0


def test_it_listens_on_the_loopback_alone(door: OpenDoor) -> None:
    tables = [Path("/proc/net/tcp"), Path("/proc/net/tcp6")]
    lines = [line.split() for table in tables if table.exists() for line in table.read_text().splitlines()]
    if not lines:
        pytest.skip("only Linux tells who listens")

    # The state is 0A where somebody listens.
    listening = [line[1] for line in lines if line[3] == "0A" and line[1].endswith(f":{door.door.port:04X}")]

    assert listening == [f"0100007F:{door.door.port:04X}"]


def test_a_request_may_come_byte_by_byte(door: OpenDoor) -> None:
    with door.connection() as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in door.request:
            connection.send(bytes([byte]))

        assert hands_out(heard(connection))


def test_a_connection_has_one_answer(door: OpenDoor) -> None:
    said = door.said_to(door.request * 3)

    assert said.count(b"HTTP/1.1") == 1


def test_an_answer_arrives_also_where_the_client_has_not_stopped_talking(door: OpenDoor) -> None:
    with door.connection() as connection:
        connection.sendall(b"X" * 100_000)

        assert heard(connection).startswith(b"HTTP/1.1 431 ")


def test_whoever_says_nothing_is_hung_up_on(door: OpenDoor) -> None:
    begun = time.monotonic()
    with door.connection() as connection:
        connection.sendall(b"GET /credentials HTTP/1.1\r\n")

        assert heard(connection) == b""
        assert 2 < time.monotonic() - begun < TIMEOUT_SECONDS


def test_whoever_talks_for_ever_is_hung_up_on(door: OpenDoor) -> None:
    with door.connection() as connection:
        begun = time.monotonic()
        with contextlib.suppress(OSError):
            while True:
                connection.send(b"X")
                assert time.monotonic() - begun < TIMEOUT_SECONDS
                time.sleep(0.01)


@pytest.mark.parametrize("beginning", [b"", b"GET /cred", b"X" * 8000], ids=["silent", "slow", "babbling"])
def test_three_hundred_broken_clients_do_not_stop_others(door: OpenDoor, beginning: bytes) -> None:
    with contextlib.ExitStack() as clients:
        for _ in range(300):
            clients.enter_context(door.connection()).sendall(beginning)

        assert seconds_until_answered(door) < AT_ONCE_SECONDS


def test_clients_that_do_not_read_do_not_stop_others(door: OpenDoor) -> None:
    with contextlib.ExitStack() as clients:
        for _ in range(100):
            clients.enter_context(door.connection()).sendall(door.request)

        assert seconds_until_answered(door) < AT_ONCE_SECONDS


def test_clients_that_reset_their_connection_do_not_stop_others(door: OpenDoor) -> None:
    for request in (b"", b"GET", door.request):
        for _ in range(100):
            with door.connection() as connection:
                connection.sendall(request)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    assert seconds_until_answered(door) < AT_ONCE_SECONDS


def test_fifty_who_ask_at_once_are_all_answered(door: OpenDoor) -> None:
    answered = []
    threads = [
        threading.Thread(target=lambda: answered.append(hands_out(door.said_to(door.request)))) for _ in range(50)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answered == [True] * 50


def test_a_mistake_of_ours_is_an_answer_and_the_next_is_answered_too() -> None:
    def mistaken(request: Request, is_another_user: Callable[[], bool]) -> Response:
        raise ZeroDivisionError

    with Listener() as listener, listening(listener, mistaken):
        door = OpenDoor(CredentialEndpoint(listener.port))
        said = [door.said_to(door.request) for _ in range(2)]

    assert [each.partition(b" Internal")[0] for each in said] == [b"HTTP/1.1 500"] * 2
    assert b"mfa-session: internal error: ZeroDivisionError" in said[0]


def test_nothing_is_listening_any_more_when_it_is_over(tmp_path: Path) -> None:
    with open_door(tmp_path) as door:
        connection = door.connection()

    with connection, pytest.raises(ConnectionRefusedError):
        door.connection()


# Uses up every descriptor but a few, and asks in that state and after it.
SHORT_OF_DESCRIPTORS = """\
import os, resource, sys
from contextlib import ExitStack
from pathlib import Path
from tests.credential_server.open_endpoint import open_door, seconds_until_answered
with open_door(Path(sys.argv[1])) as door:
    resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
    with ExitStack() as clients:
        try:
            while True:
                clients.enter_context(door.connection())
        except OSError:
            pass
    print(seconds_until_answered(door) < 5)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such limit")
def test_it_lives_on_when_there_are_no_descriptors_left(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", SHORT_OF_DESCRIPTORS, tmp_path],
        env=clean_environment(tmp_path),
        cwd=Path(__file__).parent.parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ran.stdout, ran.stderr) == ("True\n", "")
