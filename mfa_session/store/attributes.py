"""The attributes of a file: whose it is, and who may read it."""

import contextlib
import os
import stat
import sys
from pathlib import Path


def take_after(descriptor: int, original: Path, status: os.stat_result, *, private: bool) -> None:
    """Give the new file the attributes, owner and mode of the *original*, and never a wider mode.

    Raises:
        OSError: the owner cannot be kept.
    """
    _copy_attributes(descriptor, original)
    mode = stat.S_IMODE(status.st_mode) & (0o700 if private else 0o777)
    if sys.platform != "win32":
        if os.fstat(descriptor).st_uid != status.st_uid:
            os.fchown(descriptor, status.st_uid, -1)
        if os.fstat(descriptor).st_gid != status.st_gid:
            try:
                os.fchown(descriptor, -1, status.st_gid)
            except PermissionError:
                # Another group than before must not get what the old one had.
                mode &= ~0o070
    if hasattr(os, "fchmod"):
        os.fchmod(descriptor, mode)


def _copy_attributes(descriptor: int, original: Path) -> None:
    """Copy access lists, labels and the user's own attributes; what the file system refuses is left out."""
    if sys.platform == "linux":  # Python knows those of no other system
        with contextlib.suppress(OSError):
            for name in os.listxattr(original):
                # The other security attributes are digests of the old content.
                if not name.startswith("security.") or name == "security.selinux":
                    with contextlib.suppress(OSError):
                        os.setxattr(descriptor, name, os.getxattr(original, name))
