"""Locks between processes: while one holds a lock, every other waits."""

import contextlib
import errno
import os
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from mfa_session.errors import LockedError, StateError
from mfa_session.filesystem.os_errors import refusal
from mfa_session.filesystem.permissions import make_private
from mfa_session.filesystem.private_open import open_lock
from mfa_session.text import escape_control

# A holder needs a millisecond or a person; the pause grows from the one towards the other.
_MIN_PAUSE_SECONDS = 0.001
_MAX_PAUSE_SECONDS = 0.025


@contextlib.contextmanager
def locked(path: Path, *, timeout: timedelta = timedelta(seconds=60)) -> Iterator[None]:
    """Hold the lock that the file *path* stands for; threads of one process exclude each other too.

    The file is empty, 0600, and never deleted: whoever deleted it would let two others hold
    it at once. A process that is killed gives the lock back; a child that it started does
    not keep it. Inside, taking the same lock again waits for itself.

    Raises:
        LockedError: another held it all the time that it could be had *within*.
        StateError: its file cannot be used.
    """
    try:
        make_private(path.parent)
        descriptor = open_lock(path)
    except OSError as error:
        raise _unusable(path, error) from error
    try:
        _wait_for(path, descriptor, timeout)
        try:
            yield
        finally:
            _give_back(descriptor)
    finally:
        # It is closed, and the lock given back, even where the system reports an error.
        with contextlib.suppress(OSError):
            os.close(descriptor)


def _wait_for(path: Path, descriptor: int, timeout: timedelta) -> None:
    until = time.monotonic() + timeout.total_seconds()
    pause = _MIN_PAUSE_SECONDS
    try:
        while not _taken(descriptor):
            if time.monotonic() >= until:
                raise LockedError(
                    f"another process has held {escape_control(str(path))} for {timeout.total_seconds():g} s",
                    hint="it may be waiting for a code in another terminal: answer it or end it, then run this again",
                )
            time.sleep(pause)
            pause = min(pause * 1.5, _MAX_PAUSE_SECONDS)
    except OSError as error:
        raise _unusable(path, error) from error


if sys.platform == "win32":
    import msvcrt

    def _taken(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            # Documented is EACCES; Wine's run-time library says no number at all.
            if error.errno not in (errno.EACCES, 0):
                raise
            return False
        return True

    def _give_back(descriptor: int) -> None:
        # By itself, Windows does so some time after the file is closed.
        with contextlib.suppress(OSError):
            msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _taken(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _give_back(_: int) -> None:
        """Do nothing: to close the file gives the lock back."""


def _unusable(path: Path, error: OSError) -> StateError:
    name = escape_control(str(path))
    if isinstance(error, PermissionError) and os.path.exists(path):  # noqa: PTH110  its folder may be closed to us, too
        return StateError(f"cannot lock {name}: you may not open it", hint=f"look at whose it is: ls -l {name}")
    problem, hint = refusal(error, path)
    return StateError(f"cannot lock {name}: {problem}", hint=hint)
