"""Explain why the operating system refused to write a file."""

import errno
import os
from pathlib import Path
from typing import NamedTuple

from mfa_session.text import escape_control


class Explanation(NamedTuple):
    """Why a file could not be written, and a hint."""

    problem: str
    hint: str


_LOOK_AT_THE_PATH = Explanation("a part of its path is not a folder", "look at each part of the path, from the left")
_NO_LOCKS = Explanation("its file system does not support locks", "keep {folder} on a local disk")

_EXPLANATIONS = {
    errno.EACCES: Explanation("you may not write in its folder", "look at whose it is: ls -ld {folder}"),
    errno.EBUSY: Explanation(
        "it is mounted as a single file and cannot be replaced", "mount the folder it is in instead of the file"
    ),
    errno.EDQUOT: Explanation("your disk quota is used up", "delete something of yours, then run this again"),
    errno.EEXIST: _LOOK_AT_THE_PATH,
    errno.EFBIG: Explanation("the limit on the size of a file is reached", "raise it (ulimit -f), then run this again"),
    errno.EIO: Explanation("the disk reports an error", "save what you can, and check the disk"),
    errno.EISDIR: Explanation("it is a folder", "look at it: ls -ld {file}"),
    errno.ELOOP: Explanation("it is a symbolic link where none may be", "look at it: ls -l {file}"),
    errno.ENOENT: Explanation("its folder is not there", "look for a symbolic link in its path that leads nowhere"),
    errno.ENOLCK: _NO_LOCKS,
    errno.ENOSPC: Explanation("the disk is full", "make room, then run this again"),
    errno.ENOTDIR: _LOOK_AT_THE_PATH,
    errno.ENOTSUP: _NO_LOCKS,
    errno.EPERM: Explanation(
        "it or its folder is immutable, or belongs to another user",
        "look at both: ls -ld {folder} {file}; lsattr -d {folder} {file}",
    ),
    errno.EROFS: Explanation("its file system is read-only", "keep it where you can write"),
}

# On Windows a file that is open cannot be replaced: ERROR_ACCESS_DENIED (which is also that of missing rights),
# ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION.
_OPEN_ELSEWHERE = (5, 32, 33)
_IN_USE = Explanation(
    "another program has it open, or you may not write in its folder",
    "close what has it open, or look at whose it is: icacls {folder}",
)


def explain_os_error(error: OSError, path: Path) -> Explanation:
    """Return why the file *path* could not be written, by the number of *error*."""
    said = os.strerror(error.errno).lower() if error.errno else type(error).__name__
    problem, hint = _EXPLANATIONS.get(error.errno or 0, Explanation(said, "fix that, then run this again"))
    if getattr(error, "winerror", None) in _OPEN_ELSEWHERE:
        problem, hint = _IN_USE
    return Explanation(problem, hint.format(folder=escape_control(str(path.parent)), file=escape_control(str(path))))
