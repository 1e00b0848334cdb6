"""Check that no other user can change a settings file, and so choose the programs that it names.

The rule is that of OpenSSH's ``safe_path``: the file, every folder and symbolic link on the path to
it, from the home folder on (from the root, if it is elsewhere), belong to the user or root, and only
the owner may write. Group and others may not, not even a group with one member.
"""

import os
import shlex
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from mfa_session.text import escape_control

# The limit of Linux.
_MAX_LINKS = 40

# The file systems of Windows drives in WSL 2 and WSL 1, where every file looks writable by all.
_WINDOWS_DRIVES = ("9p", "drvfs")


class UnsafePath(NamedTuple):
    """Why another user could change the file, and a command that fixes it."""

    problem: str
    hint: str


def unsafe_path(file: Path, *, home: Path) -> UnsafePath | None:
    """Return why another user could change *file*; ``None`` if none can, the file is missing, or this is Windows.

    On Windows, access lists protect the folders of a user.
    """
    if sys.platform == "win32":
        return None
    for place in _parts_of_path(file, above=_above(home) if _is_in(home, file) else set()):
        try:
            status = place.lstat()
        except OSError:
            return None  # missing, or unreadable
        if unsafe := _unsafe(place, status):
            return None if _is_on_windows_drive(place) else unsafe
    return None


def _is_in(home: Path, file: Path) -> bool:
    return Path(os.path.realpath(file)).is_relative_to(os.path.realpath(home))


def _above(home: Path) -> set[Path]:
    """Return the folders above the home folder, which are not the user's to protect, with and without links."""
    return {*home.parents, *Path(os.path.realpath(home)).parents}


def _parts_of_path(file: Path, *, above: set[Path]) -> Iterator[Path]:
    """Yield each folder, link and file on the path to *file*, except those *above*."""
    file = file.absolute()
    at, left, links = Path(file.anchor), list(file.parts[1:]), 0
    if at not in above:
        yield at
    while left:
        part = left.pop(0)
        place = at.parent if part == ".." else at / part
        if place not in above:
            yield place
        if place.is_symlink() and links < _MAX_LINKS:
            links += 1
            target = place.readlink()
            left = [*target.parts, *left]
        else:
            at = place


def _unsafe(place: Path, status: os.stat_result) -> UnsafePath | None:
    name = shlex.quote(escape_control(str(place)))
    is_folder = stat.S_ISDIR(status.st_mode)
    if not is_folder and not stat.S_ISREG(status.st_mode) and not stat.S_ISLNK(status.st_mode):
        return None  # /dev/null, which has no settings
    if status.st_uid not in _trusted_users():
        return UnsafePath(
            f"{name} belongs to {_name_of(status.st_uid)}",
            f"look at what is in it, then run: sudo chown {'-h ' * stat.S_ISLNK(status.st_mode)}"
            f"{_name_of(_me())} {name}",
        )
    # In a sticky folder such as /tmp, others cannot change our files.
    is_sticky = is_folder and status.st_mode & stat.S_ISVTX
    if status.st_mode & 0o022 and not stat.S_ISLNK(status.st_mode) and not is_sticky:
        mode = stat.S_IMODE(status.st_mode)
        return UnsafePath(
            f"others can write {name}, whose mode is {mode:04o}",
            f"look at what is in it, then run: chmod go-w {name}",
        )
    return None


def _trusted_users() -> set[int]:
    """Return root, the user, and the user behind ``sudo``, whose files ``sudo -E`` uses."""
    users = {0, _me()}
    behind_sudo = os.environ.get("SUDO_UID", "")
    if _me() == 0 and behind_sudo.isascii() and behind_sudo.isdigit():
        users.add(int(behind_sudo))
    return users


def _me() -> int:
    if sys.platform == "win32":
        return 0
    return os.geteuid()


def _name_of(user: int) -> str:
    if sys.platform != "win32":
        import pwd

        try:
            return pwd.getpwuid(user).pw_name
        except KeyError:
            pass
    return str(user)


def _is_on_windows_drive(place: Path) -> bool:
    if sys.platform != "linux" or "microsoft" not in os.uname().release.lower():
        return False
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return False
    return is_windows_drive(os.path.realpath(place), mounts)


def is_windows_drive(path: str, mounts: str) -> bool:
    """Tell whether *path* is on a Windows drive in WSL; *mounts* is the text of /proc/self/mounts."""
    found, kind = "", ""
    for line in mounts.splitlines():
        _, _, rest = line.partition(" ")
        point, kind_there, *_ = rest.split(" ")
        point = point.replace("\\040", " ")
        if len(point) >= len(found) and f"{path}/".startswith(f"{point.rstrip('/')}/"):
            found, kind = point, kind_there
    return kind in _WINDOWS_DRIVES
