"""The replacement of a file: the new content is in its place in one step, or nothing has happened."""

import contextlib
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from mfa_session.filesystem.permissions import give_to_owner_of
from mfa_session.filesystem.private_open import create_new

# The lock that everybody holds who replaces a file of the folder it stands in.
LOCK_NAME = ".mfa-session.lock"

# Windows replaces no file that anybody has open; a virus scanner or a reader is done within that time.
_RENAME_PAUSES_SECONDS = (0.01, 0.01, 0.02, 0.02, 0.03, 0.03, 0.04, 0.05, 0.05)


def replace(
    target: Path,
    data: bytes,
    *,
    before_rename: Callable[[int], None] | None = None,
    still_wanted: Callable[[], bool] = lambda: True,
) -> os.stat_result | None:
    """Put *data* in the place of *target* in one step; the caller holds the folder's lock.

    Returns the status of the new file, ``None`` if it was not wanted any more.

    The new file is created beside the old one, 0600; *dress* may then give it the old one's
    owner and mode. *still_wanted* is asked last, right before the step that cannot be undone.

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
            _bring_to_the_disk(descriptor)
            status = os.fstat(descriptor)
        if not still_wanted():
            beside.unlink()
            return None
        _rename(beside, target)
    except BaseException:
        # Where it cannot be removed, either, the next write does that.
        with contextlib.suppress(OSError):
            beside.unlink()
        raise
    _settle(target.parent)
    return status


def remove_leftover(target: Path) -> None:
    """Remove what a killed run left beside *target*; the caller holds the folder's lock, so it is nobody's.

    Raises:
        OSError: it cannot be removed.
    """
    _beside(target).unlink(missing_ok=True)


def has_leftover(target: Path) -> bool:
    """Tell whether a killed run has left something beside *target*, or a run is about to replace it."""
    return _beside(target).exists()


def _beside(target: Path) -> Path:
    return target.with_name(f".{target.name}.mfa-session.tmp")


def _bring_to_the_disk(descriptor: int) -> None:
    if sys.platform == "darwin":
        import fcntl

        # What fsync brings to the disk of a Mac, the disk may lose with its power. Not every file system can do more.
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


def _settle(folder: Path) -> None:
    """Bring the renaming to the disk. A folder that cannot be synced is no failure: the file is in its place."""
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
