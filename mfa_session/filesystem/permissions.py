"""Create and open private files and folders, and copy owner and mode to a new file.

A command may run as root in the home folder of a user, who can put a symbolic link, a hard link, a
FIFO or a device where one of our files should be. So each file is checked by its descriptor, after
it is opened and before it is read or its owner and mode are changed.
"""

import contextlib
import os
import stat
import sys
from collections.abc import Collection
from pathlib import Path

from mfa_session.errors import StateError
from mfa_session.text import escape_control

_PLAIN = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)

# O_NONBLOCK: opening a FIFO would block. O_NOCTTY: a terminal would become ours.
_OPEN = _PLAIN | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)


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
    """Return the user and group that files in *folder* must belong to; ``None`` unless this is root in a user's folder.

    With ``sudo`` and in containers, the user could not use what root leaves behind.
    """
    if sys.platform == "win32" or os.geteuid() != 0:
        return None
    status = folder.stat()
    return (status.st_uid, status.st_gid) if status.st_uid else None


def give_to_owner_of(folder: Path, descriptor: int) -> None:
    """Change the owner of a file that root has just created in *folder* to that of the folder, if possible."""
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            if owner := owner_for(folder):
                os.fchown(descriptor, *owner)


def _make_usable(folder: Path) -> None:
    """Give the owner all rights, whatever the umask, and a folder that root created to the owner of its parent."""
    if sys.platform == "win32":
        return
    try:
        # By descriptor: a user may have put something else in its place meanwhile.
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except PermissionError:
        # Closed by the umask, so this is not root, and following a symbolic link does no harm.
        folder.chmod(0o700)
        return
    try:
        if os.fstat(descriptor).st_uid == os.geteuid():
            os.fchmod(descriptor, 0o700)
            give_to_owner_of(folder.parent, descriptor)
    finally:
        os.close(descriptor)


def copy_metadata(descriptor: int, original: Path, status: os.stat_result, *, private: bool) -> None:
    """Copy attributes, owner and mode of *original* to the new file; the mode is never wider.

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
                # The new file has another group, which must not get the old group's access.
                mode &= ~0o070
    if hasattr(os, "fchmod"):
        os.fchmod(descriptor, mode)


def _copy_attributes(descriptor: int, original: Path) -> None:
    """Copy access lists, labels and user attributes, as far as the file system allows."""
    if sys.platform == "linux":  # Python knows those of no other system
        with contextlib.suppress(OSError):
            for name in os.listxattr(original):
                # The other security attributes are digests of the old content.
                if not name.startswith("security.") or name == "security.selinux":
                    with contextlib.suppress(OSError):
                        os.setxattr(descriptor, name, os.getxattr(original, name))


def create_new(path: Path) -> int:
    """Create the file *path* with mode 0600, whatever the umask, and open it for writing; it must not exist."""
    descriptor = os.open(path, _PLAIN | os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        if hasattr(os, "fchmod"):
            os.fchmod(descriptor, 0o600)
    except BaseException:
        os.close(descriptor)
        with contextlib.suppress(OSError):
            path.unlink()
        raise
    return descriptor


def open_lock(path: Path) -> int:
    """Open the lock file *path*, created if missing, with mode 0600 and the owner of its folder.

    Raises:
        StateError: it is not a lock file.
    """
    descriptor = os.open(path, _OPEN | os.O_RDWR | os.O_CREAT, 0o600)
    try:
        status = _checked(descriptor, path, to="lock", owners=(path.parent.stat().st_uid,))
        # A lock is empty. A file with content may have been renamed to this by the user: do not give it away.
        if sys.platform != "win32" and status.st_size == 0:
            _repair_lock(descriptor, status, path.parent)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def open_private(path: Path, *, owners: Collection[int] = ()) -> int:
    """Open the existing file *path* for reading; it must belong to this user or one of *owners*.

    Raises:
        StateError: it is not a private file.
    """
    descriptor = os.open(path, _OPEN | os.O_RDONLY)
    try:
        _checked(descriptor, path, to="read", owners=owners)
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
    if sys.platform != "win32" and status.st_uid not in (os.geteuid(), *owners):
        raise StateError(f"cannot {to} {file}: it belongs to another user", hint=look)
    return status


def _repair_lock(descriptor: int, status: os.stat_result, folder: Path) -> None:
    """Set mode 0600 despite a umask, and give a lock that root created to the owner of the folder."""
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            if stat.S_IMODE(status.st_mode) != 0o600:
                os.fchmod(descriptor, 0o600)
            if status.st_uid == os.geteuid():
                give_to_owner_of(folder, descriptor)
