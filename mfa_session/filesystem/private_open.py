"""Open the private files of ours: regular files with one name, whose owner is known.

A command may run as root in the home of a user, who can put anything in the place of a
file of ours: a symbolic link, a hard link to a file of root's, a FIFO, a device. What is
opened here is looked at by its descriptor before it is read, given away or closed to others.
"""

import contextlib
import os
import stat
import sys
from collections.abc import Collection
from pathlib import Path

from mfa_session.errors import StateError
from mfa_session.filesystem.permissions import give_to_owner_of
from mfa_session.text import escape_control

_PLAIN = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)

# A FIFO without a reader would be waited for, and a terminal would become ours.
_OPEN = _PLAIN | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)


def create_new(path: Path) -> int:
    """Create the file *path*, 0600 whatever the umask, open for writing.

    Raises:
        OSError: it cannot be created, or something of this name is there already.
    """
    descriptor = os.open(path, _PLAIN | os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        if hasattr(os, "fchmod"):
            # A umask may have taken from the owner's own rights.
            os.fchmod(descriptor, 0o600)
    except BaseException:
        os.close(descriptor)
        with contextlib.suppress(OSError):
            path.unlink()
        raise
    return descriptor


def open_lock(path: Path) -> int:
    """Open the lock file *path*, which is created if need be, and is then 0600 and the folder owner's.

    Raises:
        StateError: it cannot be a lock of ours.
        OSError: it cannot be opened.
    """
    descriptor = os.open(path, _OPEN | os.O_RDWR | os.O_CREAT, 0o600)
    try:
        status = _checked(descriptor, path, to="lock", owners=(*_us(), *_owner_of(path.parent)))
        # A lock is empty. What is not may be a file that was renamed, and is not for whoever did that.
        if sys.platform != "win32" and status.st_size == 0:
            _make_usable(descriptor, status, path.parent)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def open_private(path: Path, *, owners: Collection[int] = ()) -> int:
    """Open the file *path*, which is there, for reading; it is ours or one of the *owners'*.

    Raises:
        StateError: it cannot be a file of ours.
        OSError: it cannot be opened.
    """
    descriptor = os.open(path, _OPEN | os.O_RDONLY)
    try:
        _checked(descriptor, path, to="read", owners=(*_us(), *owners))
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _checked(descriptor: int, path: Path, *, to: str, owners: Collection[int]) -> os.stat_result:
    status = os.fstat(descriptor)
    file = escape_control(str(path))
    look = f"look at it: ls -l {file}"
    if not stat.S_ISREG(status.st_mode):
        raise StateError(f"cannot {to} {file}: it is not a regular file", hint=look)
    if status.st_nlink > 1:
        raise StateError(f"cannot {to} {file}: it has a second name (a hard link)", hint=look)
    if sys.platform != "win32" and status.st_uid not in owners:
        raise StateError(f"cannot {to} {file}: it belongs to somebody else", hint=look)
    return status


def _make_usable(descriptor: int, status: os.stat_result, folder: Path) -> None:
    """Undo what a umask took, and leave no lock of root's behind in a user's folder, as ``sudo`` would."""
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            if stat.S_IMODE(status.st_mode) != 0o600:
                os.fchmod(descriptor, 0o600)
            if status.st_uid == os.geteuid():
                give_to_owner_of(folder, descriptor)


def _us() -> tuple[int, ...]:
    if sys.platform == "win32":
        return ()
    return (os.geteuid(),)


def _owner_of(folder: Path) -> tuple[int, ...]:
    return () if sys.platform == "win32" else (folder.stat().st_uid,)
