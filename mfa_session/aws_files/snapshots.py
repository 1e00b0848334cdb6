"""Read a file that other programs rewrite without a lock.

``aws configure set`` truncates the file and then writes it. A snapshot waits for such a writer; compare
identities to see whether one came later.
"""

import os
import stat
import time
from dataclasses import dataclass, field
from pathlib import Path

from mfa_session.errors import SharedFileError

# Inode, time of change and size: one differs after every write.
Identity = tuple[int, int, int]

_OPEN = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)

# The largest AWS files seen have thousands of profiles and less than 2 MiB.
_AT_MOST = 16 << 20

# A file that was written less than this ago may be in the middle of it.
_FRESH_SECONDS = 0.02

# The longest wait for a program that writes without a pause.
_RESTLESS_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The content of a file at one moment; no status if it did not exist."""

    data: bytes = field(repr=False)
    status: os.stat_result | None

    @property
    def identity(self) -> Identity | None:
        """The identity that the file had at that moment."""
        return self.status and identity(self.status)


def identity(status: os.stat_result) -> Identity:
    """Return the identity of the file that *status* is of."""
    return status.st_ino, status.st_mtime_ns, status.st_size


def identity_of(path: Path) -> Identity | None:
    """Return the identity of the file *path*, ``None`` if it does not exist; may raise OSError."""
    try:
        return identity(path.stat())
    except FileNotFoundError:
        return None


def snapshot(path: Path, *, empty_until: float) -> Snapshot:
    """Return the content of the file *path* while no program seems to be writing it.

    An empty file is read again until *empty_until*, on the monotonic clock: a truncated file can
    show its old time of change while the disk is busy.

    Raises:
        SharedFileError: it is not a regular file, or larger than any AWS file.
        OSError: it cannot be read.
    """
    restless_until = time.monotonic() + _RESTLESS_SECONDS
    while True:
        taken = _take(path)
        if taken.status is None:
            return taken
        age = time.time() - taken.status.st_mtime
        now = time.monotonic()
        if 0 <= age < _FRESH_SECONDS and now < restless_until:
            time.sleep(_FRESH_SECONDS - age)
        elif not taken.data and now < empty_until:
            time.sleep(_FRESH_SECONDS / 4)
        elif taken.status.st_size == len(taken.data) or now >= restless_until:
            return taken


def refuse_other_than_regular(status: os.stat_result) -> None:
    """Refuse folders, devices, sockets and FIFOs.

    Raises:
        SharedFileError: *status* is that of one.
    """
    if not stat.S_ISREG(status.st_mode):
        hint = "name another file: AWS_SHARED_CREDENTIALS_FILE, AWS_CONFIG_FILE"
        raise SharedFileError("it is not a regular file", hint=hint)


def _take(path: Path) -> Snapshot:
    try:
        descriptor = os.open(path, _OPEN)
    except FileNotFoundError:
        return Snapshot(b"", None)
    with open(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        refuse_other_than_regular(status)
        data = file.read(_AT_MOST + 1)
    if len(data) > _AT_MOST:
        raise SharedFileError("it is larger than 16 MiB", hint="look at what is in it; an AWS file has a few kilobytes")
    return Snapshot(data, status)
