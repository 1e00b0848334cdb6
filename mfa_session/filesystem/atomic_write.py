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

# Windows does not replace a file that is open. Readers close it at once, editors and backups within seconds.
_BUSY_TIMEOUT_SECONDS = 5.0
_BUSY_PAUSE_SECONDS = 0.02


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


def wait_until_replaceable(target: Path) -> None:
    """Wait, for some seconds, until no other program keeps Windows from replacing *target*.

    Raises:
        PermissionError: one still does.
    """
    if sys.platform == "win32" and target.exists():
        _while_busy(lambda: _open_for_deletion(target))


def _rename(source: Path, target: Path) -> None:
    _while_busy(lambda: source.replace(target))


def _while_busy(attempt: Callable[[], object]) -> None:
    """Do *attempt*, on Windows again as long as another program has the file open and the time is not over."""
    end = time.monotonic() + (_BUSY_TIMEOUT_SECONDS if sys.platform == "win32" else 0.0)
    while True:
        try:
            attempt()
            return
        except PermissionError:
            if time.monotonic() >= end:
                raise
        time.sleep(_BUSY_PAUSE_SECONDS)


if sys.platform == "win32":
    _DELETE = 0x0001_0000
    _SHARED = 0x7  # to read, to write and to delete
    _OPEN_EXISTING = 3

    def _open_for_deletion(target: Path) -> None:
        """Open *target* with the right that its replacement needs, and close it."""
        import ctypes  # of Windows alone

        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.CreateFileW.restype = ctypes.c_void_p
        handle = kernel.CreateFileW(str(target), _DELETE, _SHARED, None, _OPEN_EXISTING, 0, None)
        if handle == ctypes.c_void_p(-1).value:
            raise ctypes.WinError(ctypes.get_last_error())
        kernel.CloseHandle(ctypes.c_void_p(handle))


def _sync_folder(folder: Path) -> None:
    """Sync the rename to disk. Not all file systems can; the file is in place either way."""
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
