"""Folders of ours: created for their owner only, and left alone where they exist."""

import contextlib
import os
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
