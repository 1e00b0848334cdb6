"""What the operating system refused, in the user's words."""

import errno
import os
from typing import NamedTuple


class Refusal(NamedTuple):
    """Why a file could not be written, and what to do about it."""

    problem: str
    hint: str


_REFUSALS = {
    errno.EACCES: Refusal("you may not write in its folder", "look at its owner and mode: ls -ld FOLDER"),
    errno.EBUSY: Refusal(
        "it is mounted as a single file and cannot be replaced", "mount the folder it is in instead of the file"
    ),
    errno.EDQUOT: Refusal("your disk quota is used up", "delete something of yours, then run this again"),
    errno.EEXIST: Refusal("a part of its path is not a folder", "look at each part of the path: ls -ld PART"),
    errno.EFBIG: Refusal("the limit on the size of a file is reached", "raise it (ulimit -f), then run this again"),
    errno.EIO: Refusal("the disk reports an error", "save what you can and check the disk"),
    errno.ELOOP: Refusal("it is a symbolic link where none may be", "remove the link"),
    errno.ENOENT: Refusal("its folder is not there", "look for a symbolic link in its path that leads nowhere"),
    errno.ENOLCK: Refusal("its file system has no locks", "keep it on a local disk"),
    errno.ENOSPC: Refusal("the disk is full", "make room, then run this again"),
    errno.ENOTDIR: Refusal("a part of its path is not a folder", "look at each part of the path: ls -ld PART"),
    errno.ENOTSUP: Refusal("its file system has no locks", "keep it on a local disk"),
    errno.EPERM: Refusal(
        "it or its folder is immutable, or belongs to somebody else",
        "look at them: ls -ld FOLDER FILE; lsattr -d FOLDER FILE",
    ),
    errno.EROFS: Refusal("its file system is read-only", "keep the file where you can write"),
}


def refusal(error: OSError) -> Refusal:
    """Return what *error*, met while writing a file, means to the user."""
    said = os.strerror(error.errno).lower() if error.errno else type(error).__name__
    return _REFUSALS.get(error.errno or 0, Refusal(said, "mend that, then run this again"))
