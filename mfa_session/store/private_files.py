"""Private files: written whole or not at all, readable by their owner only."""

import contextlib
import os
import stat
import time
from collections.abc import Callable
from pathlib import Path

from mfa_session.errors import StateError
from mfa_session.store.folders import make_private
from mfa_session.store.locks import locked
from mfa_session.store.refusals import refusal
from mfa_session.visible import visible

# The lock that everybody holds who writes a file of the folder it stands in.
LOCK_NAME = ".mfa-session.lock"

_CREATE = (
    os.O_WRONLY
    | os.O_CREAT
    | os.O_EXCL
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_BINARY", 0)
)
_READ = (
    os.O_RDONLY
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_BINARY", 0)
)

# Windows replaces no file that anybody has open; a virus scanner or a reader is done within that time.
_REPLACE_ATTEMPTS = 10
_REPLACE_PAUSES_SECONDS = (0.01, 0.05)


def write_private(path: Path, data: bytes) -> None:
    """Write *data* to the file *path*, which is then 0600 and on the disk; a folder that is missing becomes 0700.

    Who reads meanwhile sees the old content or the new, never a part. Two writers take turns.

    Raises:
        StateError: it cannot be written; what was there is as it was.
    """
    try:
        make_private(path.parent)
        with locked(path.parent / LOCK_NAME):
            replace(path, data)
    except OSError as error:
        problem, hint = refusal(error)
        raise StateError(f"cannot write {visible(str(path))}: {problem}; nothing was changed", hint=hint) from error


def read_private(path: Path, *, at_most: int = 1 << 20) -> bytes | None:
    """Return the content of the file *path*, ``None`` where there is none.

    Raises:
        StateError: it is not a regular file, not this user's, larger than *at_most* bytes, or cannot be read.
    """
    try:
        descriptor = os.open(path, _READ)
    except FileNotFoundError:
        return None
    except OSError as error:
        denied = isinstance(error, PermissionError)
        raise _unreadable(path, "you may not read it" if denied else refusal(error).problem) from error
    with open(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise _unreadable(path, "it is not a regular file")
        if hasattr(os, "geteuid") and status.st_uid != os.geteuid():
            raise _unreadable(path, "it belongs to somebody else")
        content = file.read(at_most + 1)
    if len(content) > at_most:
        raise _unreadable(path, f"it is larger than {at_most} bytes")
    return content


def replace(
    target: Path,
    data: bytes,
    *,
    dress: Callable[[int], None] | None = None,
    still_wanted: Callable[[], bool] = lambda: True,
) -> os.stat_result | None:
    """Put *data* in the place of *target* in one step; the caller holds the folder's lock.

    Returns the status of the new file, ``None`` if it was not wanted any more.

    The new file is created beside the old one, 0600; *dress* may then give it the old one's
    owner and mode. *still_wanted* is asked last, right before the step that cannot be undone.
    What a killed run left behind is removed first: under the lock, it is nobody's.

    Raises:
        OSError: it could not be done; *target* is as it was.
    """
    beside = target.with_name(f".{target.name}.mfa-session.tmp")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, _CREATE, 0o600)
    try:
        with open(descriptor, "wb", buffering=0) as file:
            if dress is not None:
                dress(descriptor)
            _write_whole(file.write, data)
            os.fsync(descriptor)
            status = os.fstat(descriptor)
        if not still_wanted():
            return None
        _rename(beside, target)
    finally:
        beside.unlink(missing_ok=True)
    _settle(target.parent)
    return status


def _write_whole(write: Callable[[memoryview], int | None], data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[write(rest) or 0 :]


def _rename(source: Path, target: Path) -> None:
    shortest, longest = _REPLACE_PAUSES_SECONDS
    for attempt in range(1, _REPLACE_ATTEMPTS + 1):
        try:
            source.replace(target)
        except PermissionError:
            if os.name != "nt" or attempt == _REPLACE_ATTEMPTS:
                raise
            time.sleep(min(shortest * attempt, longest))
        else:
            return


def _settle(folder: Path) -> None:
    """Bring the renaming to the disk. A folder that cannot be synced is no failure: the file is in its place."""
    if hasattr(os, "O_DIRECTORY"):
        with contextlib.suppress(OSError):
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def _unreadable(path: Path, problem: str) -> StateError:
    return StateError(f"cannot read {visible(str(path))}: {problem}", hint=f"look at it: ls -l {visible(str(path))}")
