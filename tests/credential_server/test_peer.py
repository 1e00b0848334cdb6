"""Whose process is at the other end: only that of the same user is answered."""

import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from mfa_session.credential_server.peer import diagnosed_owner, is_another_user, listed_owner
from tests.credential_server.open_endpoint import OpenDoor, hands_out, heard

on_linux = pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="only Linux tells whose a connection is")

# In bash alone: another user may not even be allowed to see our Python.
ASK = 'exec 3<>/dev/tcp/127.0.0.1/$PORT; printf "%s" "$REQUEST" >&3; cat <&3'


def asked_by(door: OpenDoor, *prefix: str) -> bytes:
    """Return what is answered to the right request of a program that is run by *prefix*."""
    return subprocess.run(
        [*prefix, "bash", "-c", ASK],
        env={"PATH": os.environ["PATH"], "PORT": str(door.door.port), "REQUEST": door.request.decode()},
        cwd="/",
        capture_output=True,
        check=True,
    ).stdout


@on_linux
@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("setpriv") is None,
    reason="only root can become somebody else, with setpriv",
)
def test_another_user_is_refused_even_with_the_token(door: OpenDoor) -> None:
    said = asked_by(door, "setpriv", "--reuid=65534", "--clear-groups")

    assert said.startswith(b"HTTP/1.1 403 ")
    assert not hands_out(said)


def test_another_process_of_the_same_user_is_answered(door: OpenDoor) -> None:
    assert hands_out(asked_by(door))


def test_a_program_that_speaks_both_versions_of_ip_is_answered(door: OpenDoor) -> None:
    try:
        connection = socket.socket(socket.AF_INET6)
        connection.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        connection.connect(("::ffff:127.0.0.1", door.door.port))
    except OSError as error:
        pytest.skip(f"there is no IPv6 here: {error}")

    with connection:
        connection.sendall(door.request)

        assert hands_out(heard(connection))


@on_linux
def test_a_connection_that_was_closed_is_nobodys() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        socket.create_connection(listening.getsockname()).close()
        connection, _ = listening.accept()

        with connection:
            assert is_another_user(connection)


@on_linux
@pytest.mark.parametrize("mapped", [False, True], ids=["IPv4", "mapped into IPv6"])
def test_both_ways_to_know_the_owner_agree(mapped: bool) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        socket.socket(socket.AF_INET6 if mapped else socket.AF_INET) as client,
    ):
        try:
            client.connect(("::ffff:127.0.0.1" if mapped else "127.0.0.1", listening.getsockname()[1]))
        except OSError as error:
            pytest.skip(f"there is no IPv6 here: {error}")
        connection, _ = listening.accept()
        with connection:
            theirs, ours = connection.getpeername(), connection.getsockname()

            assert listed_owner(theirs, ours) == os.geteuid()
            assert diagnosed_owner(theirs, ours) in (os.geteuid(), None)


@on_linux
def test_a_port_at_which_somebody_listens_is_not_a_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        ours = ("127.0.0.1", 9)

        assert diagnosed_owner(listening.getsockname(), ours) is None
        assert listed_owner(listening.getsockname(), ours) == -1
