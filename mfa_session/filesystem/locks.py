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
from mfa_session.filesystem.os_errors import explain_os_error
from mfa_session.filesystem.permissions import make_private, open_lock
from mfa_session.text import escape_control

# A lock is held for a millisecond, or while the user is asked: the pause grows.
_MIN_PAUSE_SECONDS = 0.001
_MAX_PAUSE_SECONDS = 0.025


@contextlib.contextmanager
def locked(path: Path, *, timeout: timedelta = timedelta(seconds=60)) -> Iterator[None]:
    """Hold an exclusive lock on the file *path*, also against other threads of this process.

    The file is empty, 0600, and never deleted, which would let two processes hold the lock. It is
    released when the process ends; child processes do not inherit it. Not reentrant: nesting
    deadlocks until the timeout.

    Raises:
        LockedError: another process held it until the *timeout*.
        StateError: the file cannot be used.
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
            _release(descriptor)
    finally:
        # The lock is released even if closing reports an error.
        with contextlib.suppress(OSError):
            os.close(descriptor)


def _wait_for(path: Path, descriptor: int, timeout: timedelta) -> None:
    until = time.monotonic() + timeout.total_seconds()
    pause = _MIN_PAUSE_SECONDS
    try:
        while not _try_lock(descriptor):
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

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            # EACCES as documented; 0 under Wine.
            if error.errno not in (errno.EACCES, 0):
                raise
            return False
        return True

    def _release(descriptor: int) -> None:
        # Windows would release it some time after the file is closed.
        with contextlib.suppress(OSError):
            msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _release(_: int) -> None:
        """Do nothing: closing the file releases the lock."""


def _unusable(path: Path, error: OSError) -> StateError:
    name = escape_control(str(path))
    if isinstance(error, PermissionError) and os.path.exists(path):  # noqa: PTH110  does not raise if its folder cannot be read
        return StateError(f"cannot lock {name}: you may not open it", hint=f"look at whose it is: ls -l {name}")
    problem, hint = explain_os_error(error, path)
    return StateError(f"cannot lock {name}: {problem}", hint=hint)
