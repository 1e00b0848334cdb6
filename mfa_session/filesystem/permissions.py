"""Folders of ours: created for their owner only, and left alone where they exist."""

import contextlib
import os
import stat
import sys
from pathlib import Path


def make_private(folder: Path) -> None:
    """Create *folder*, and those above it that are missing, each with mode 0700.

    Raises:
        OSError: it cannot be created.
    """
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    for place in reversed(missing):
        # Another process may be creating the same one at this moment.
        with contextlib.suppress(FileExistsError):
            place.mkdir(mode=0o700)
            _make_usable(place)


def owner_for(folder: Path) -> tuple[int, int] | None:
    """Return whose the things in *folder* are to be, user and group, where root works for somebody else.

    So it is with ``sudo``, and in containers: what root left behind, the user could not use.
    """
    if sys.platform == "win32" or os.geteuid() != 0:
        return None
    status = folder.stat()
    return (status.st_uid, status.st_gid) if status.st_uid else None


def give_to_owner_of(folder: Path, descriptor: int) -> None:
    """Give what root has just created in *folder* to the owner of the folder, where that can be done."""
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            if owner := owner_for(folder):
                os.fchown(descriptor, *owner)


def _make_usable(folder: Path) -> None:
    """Undo what a umask took from the owner's own rights, and leave no folder of root's in that of a user."""
    if sys.platform == "win32":
        return
    try:
        # By its descriptor: in the folder of a user, its name may be another thing's by now.
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except PermissionError:
        # The umask closed it to us, so this is not root, who could be led to a file that its user may not change.
        folder.chmod(0o700)
        return
    try:
        if os.fstat(descriptor).st_uid == os.geteuid():
            os.fchmod(descriptor, 0o700)
            give_to_owner_of(folder.parent, descriptor)
    finally:
        os.close(descriptor)


def copy_metadata(descriptor: int, original: Path, status: os.stat_result, *, private: bool) -> None:
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
