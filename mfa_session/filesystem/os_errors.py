"""What the operating system refused, in the user's words."""

import errno
import os
from pathlib import Path
from typing import NamedTuple

from mfa_session.text import escape_control


class Refusal(NamedTuple):
    """Why a file could not be written, and what to do about it."""

    problem: str
    hint: str


_LOOK_AT_THE_PATH = Refusal("a part of its path is not a folder", "look at each part of the path, from the left")
_NO_LOCKS = Refusal("its file system knows no locks", "keep {folder} on a local disk")

_REFUSALS = {
    errno.EACCES: Refusal("you may not write in its folder", "look at whose it is: ls -ld {folder}"),
    errno.EBUSY: Refusal(
        "it is mounted as a single file and cannot be replaced", "mount the folder it is in instead of the file"
    ),
    errno.EDQUOT: Refusal("your disk quota is used up", "delete something of yours, then run this again"),
    errno.EEXIST: _LOOK_AT_THE_PATH,
    errno.EFBIG: Refusal("the limit on the size of a file is reached", "raise it (ulimit -f), then run this again"),
    errno.EIO: Refusal("the disk reports an error", "save what you can, and check the disk"),
    errno.EISDIR: Refusal("it is a folder", "look at it: ls -ld {file}"),
    errno.ELOOP: Refusal("it is a symbolic link where none may be", "look at it: ls -l {file}"),
    errno.ENOENT: Refusal("its folder is not there", "look for a symbolic link in its path that leads nowhere"),
    errno.ENOLCK: _NO_LOCKS,
    errno.ENOSPC: Refusal("the disk is full", "make room, then run this again"),
    errno.ENOTDIR: _LOOK_AT_THE_PATH,
    errno.ENOTSUP: _NO_LOCKS,
    errno.EPERM: Refusal(
        "it or its folder is immutable, or belongs to somebody else",
        "look at both: ls -ld {folder} {file}; lsattr -d {folder} {file}",
    ),
    errno.EROFS: Refusal("its file system is read-only", "keep it where you can write"),
}

# What Windows says, with the same number as to one who may not, where a file cannot be replaced because it is open:
# ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION.
_OPEN_ELSEWHERE = (5, 32, 33)
_IN_USE = Refusal(
    "another program has it open, or you may not write in its folder",
    "close what has it open, or look at whose it is: icacls {folder}",
)


def refusal(error: OSError, path: Path) -> Refusal:
    """Return what *error*, met while writing the file *path*, means to the user."""
    said = os.strerror(error.errno).lower() if error.errno else type(error).__name__
    problem, hint = _REFUSALS.get(error.errno or 0, Refusal(said, "mend that, then run this again"))
    if getattr(error, "winerror", None) in _OPEN_ELSEWHERE:
        problem, hint = _IN_USE
    return Refusal(problem, hint.format(folder=escape_control(str(path.parent)), file=escape_control(str(path))))
