"""A door that is open: the real listener on a thread, which hands out the session of a real file."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from mfa_session.aws_files.session_profiles import SessionProfiles
from mfa_session.credential_server.handler import answer
from mfa_session.credential_server.protocol import LOOPBACK, CredentialEndpoint
from mfa_session.credential_server.server import Answerer, Listener
from mfa_session.model.profile import Profile
from tests.cli.sections import SECRET, session

# Longer than any of its limits.
TIMEOUT_SECONDS = 20.0


@dataclass(frozen=True)
class OpenDoor:
    """A *door* behind which there is a live session."""

    door: CredentialEndpoint

    @property
    def request(self) -> bytes:
        """The request that is answered."""
        return (
            f"GET {self.door.path} HTTP/1.1\r\nHost: {LOOPBACK}:{self.door.port}\r\n"
            f"Authorization: {self.door.token}\r\nAccept: application/json\r\n\r\n"
        ).encode()

    def connection(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.door.port), TIMEOUT_SECONDS)

    def said_to(self, request: bytes) -> bytes:
        """Return all that is answered to *request*, after which nothing more is sent."""
        with self.connection() as connection:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            return heard(connection)


def heard(connection: socket.socket) -> bytes:
    """Return all that comes until the other end has enough."""
    came = b""
    while piece := connection.recv(65536):
        came += piece
    return came


def hands_out(said: bytes) -> bool:
    """Tell whether the session was handed out."""
    return SECRET.encode() in said


def seconds_until_answered(door: OpenDoor) -> float:
    """Return how long the right request takes."""
    begun = time.monotonic()
    assert hands_out(door.said_to(door.request))
    return time.monotonic() - begun


@contextmanager
def open_door(folder: Path) -> Iterator[OpenDoor]:
    """Yield an open door, with the AWS files in *folder*."""
    credentials_file = folder / "credentials"
    credentials_file.write_text(session())
    sessions = SessionProfiles(credentials_file=credentials_file, config_file=folder / "config")
    profile = Profile("test-user", "test-user-mfa")
    with Listener() as listener:
        door = CredentialEndpoint(listener.port)
        answerer = partial(
            answer,
            endpoint=door,
            profile=profile,
            session=partial(sessions.session, profile),
            clock=lambda: datetime.now(UTC),
        )
        with listening(listener, answerer):
            yield OpenDoor(door)


@contextmanager
def listening(listener: Listener, answerer: Answerer) -> Iterator[None]:
    """Let *listener* serve on a thread."""
    end, ended = os.pipe()
    thread = threading.Thread(target=partial(listener.serve, answerer, until=end))
    thread.start()
    try:
        yield
    finally:
        os.close(ended)
        thread.join()
        os.close(end)
