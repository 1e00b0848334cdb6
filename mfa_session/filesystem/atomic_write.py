"""Replace a file atomically: write a temporary file beside it, sync it to disk, rename it."""

import contextlib
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from mfa_session.filesystem.permissions import create_new, give_to_owner_of

# The lock for all writes in its folder.
LOCK_NAME = ".mfa-session.lock"

# Windows does not replace a file that is open; virus scanners and readers close it within this time.
_RENAME_PAUSES_SECONDS = (0.01, 0.01, 0.02, 0.02, 0.03, 0.03, 0.04, 0.05, 0.05)


def replace(
    target: Path,
    data: bytes,
    *,
    before_rename: Callable[[int], None] | None = None,
    still_wanted: Callable[[], bool] = lambda: True,
) -> os.stat_result | None:
    """Replace the content of *target* with *data*; the caller holds the folder's lock.

    The new file has mode 0600 unless *before_rename* changes that by its descriptor. *still_wanted*
    is called right before the rename; if it returns false, nothing changes and the result is ``None``.
    Otherwise it is the status of the new file.

    Raises:
        OSError: it could not be done; *target* is as it was.
    """
    beside = _beside(target)
    descriptor = create_new(beside)
    try:
        with open(descriptor, "wb") as file:
            give_to_owner_of(target.parent, descriptor)
            if before_rename is not None:
                before_rename(descriptor)
            file.write(data)
            file.flush()
            _sync_file(descriptor)
            status = os.fstat(descriptor)
        if not still_wanted():
            beside.unlink()
            return None
        _rename(beside, target)
    except BaseException:
        # If this fails too, the next write removes it.
        with contextlib.suppress(OSError):
            beside.unlink()
        raise
    _sync_folder(target.parent)
    return status


def remove_temp_file(target: Path) -> None:
    """Remove the temporary file that a killed run left beside *target*; the caller holds the folder's lock."""
    _beside(target).unlink(missing_ok=True)


def has_temp_file(target: Path) -> bool:
    """Tell whether there is a temporary file beside *target*, of a killed run or of one in progress."""
    return _beside(target).exists()


def _beside(target: Path) -> Path:
    return target.with_name(f".{target.name}.mfa-session.tmp")


def _sync_file(descriptor: int) -> None:
    if sys.platform == "darwin":
        import fcntl

        # On macOS, fsync does not flush the drive's cache; F_FULLFSYNC does, where the file system has it.
        with contextlib.suppress(OSError):
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
            return
    os.fsync(descriptor)


def _rename(source: Path, target: Path) -> None:
    for pause in _RENAME_PAUSES_SECONDS:
        try:
            source.replace(target)
        except PermissionError:
            if sys.platform != "win32":
                raise
            time.sleep(pause)
        else:
            return
    source.replace(target)


def _sync_folder(folder: Path) -> None:
    """Sync the rename to disk. Not all file systems can; the file is in place either way."""
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
