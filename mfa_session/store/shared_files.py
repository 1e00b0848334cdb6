"""The AWS files, which every AWS tool on the machine shares: changed one section at a time, whole or not at all.

One function does every write. It holds a lock that all processes of ours meet at, and
watches for those who take none: ``aws configure set`` truncates the file and writes it
anew. What is read is read as botocore does; the edit and its proof are in ``section_edit``.
"""

import contextlib
import os
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mfa_session.errors import SharedFileError, StateError
from mfa_session.store.folders import make_private
from mfa_session.store.locks import locked
from mfa_session.store.private_files import LOCK_NAME, replace
from mfa_session.store.profile_headers import is_portable_profile_name, profile_of
from mfa_session.store.refusals import refusal
from mfa_session.store.sections import Kind, Sections, read_sections
from mfa_session.visible import visible

__all__ = [
    "Kind",
    "check_writable",
    "is_portable_profile_name",
    "line_of",
    "read_profiles",
    "readable_by_others",
    "remove_profile",
    "write_profile",
]

_OPEN = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)

# The largest AWS files seen have thousands of profiles and less than 2 MiB.
_AT_MOST = 16 << 20

# aws configure set empties the file and fills it within this time, even while the disk is busy.
_EMPTY_FOR_SECONDS = 1.0

# Who reads only is not kept waiting for a file that is truly empty.
_EMPTY_FOR_A_READER_SECONDS = 0.01

# A file that was written less than this ago may be in the middle of it.
_FRESH_SECONDS = 0.02

# Somebody who writes without a pause is not waited for longer.
_RESTLESS_SECONDS = 1.0

# A tool that had read the file before our change writes its stale copy over it within this time.
_LOOK_AGAIN_AFTER_SECONDS = 0.005

_ATTEMPTS = 20


def read_profiles(path: str | os.PathLike[str], kind: Kind) -> dict[str, dict[str, str]]:
    """Return the profiles of the file *path* as botocore reads them; none where the file is missing.

    Keys are in lower case. Values are as they stand; one that begins with a newline is a
    nested block. What ``[DEFAULT]`` holds is in every profile.

    Raises:
        SharedFileError: AWS tools could not read it; the message names the line.
    """
    found = _read(Path(path))
    profiles = {}
    for section in found.sections:
        name = profile_of(section.name, kind)
        if name is not None and section.name != "DEFAULT":
            profiles[name] = {**found.inherited, **section.values}
    return profiles


def line_of(path: str | os.PathLike[str], kind: Kind, profile: str, key: str) -> int | None:
    """Return the number of the line on which *key* of *profile* stands, ``None`` where it does not.

    Raises:
        SharedFileError: AWS tools could not read the file.
    """
    lines = [
        section.keys.get(key) for section in _read(Path(path)).sections if profile_of(section.name, kind) == profile
    ]
    return lines[-1] + 1 if lines and lines[-1] is not None else None


def readable_by_others(path: str | os.PathLike[str]) -> bool:
    """Tell whether others on this machine may read the file *path*; the next write to a credentials file ends that."""
    try:
        return os.name != "nt" and bool(Path(path).stat().st_mode & 0o077)
    except OSError:
        return False


def write_profile(path: str | os.PathLike[str], kind: Kind, profile: str, values: Mapping[str, str | None]) -> None:
    """Give *profile* these *values* in the file *path*; ``None`` deletes a key's line. Every other byte stays.

    Symbolic links are followed, and stay. Owner, mode and extended attributes stay, but
    for a credentials file that others may read: that ends. A file that is missing is
    created 0600, its folder 0700.

    Raises:
        SharedFileError: it cannot be done without harm; nothing was changed.
    """
    from mfa_session.store.section_edit import with_values

    _change(Path(path), kind, lambda data: with_values(data, kind, profile, values))


def remove_profile(path: str | os.PathLike[str], kind: Kind, profile: str) -> None:
    """Remove the section of *profile* from the file *path*; comments and blank lines after its last key stay.

    Raises:
        SharedFileError: it cannot be done without harm; nothing was changed.
    """
    from mfa_session.store.section_edit import without_profile

    _change(Path(path), kind, lambda data: without_profile(data, kind, profile))


def check_writable(path: str | os.PathLike[str], kind: Kind, profile: str) -> None:
    """Raise now what stands in the way of a ``write_profile`` later, as far as can be told without writing.

    Raises:
        SharedFileError: the file could not be changed, or not without harm.
    """
    from mfa_session.store.section_edit import with_values

    credentials = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
    keys = credentials if kind == "credentials" else ("region", "output")
    with _refusing(Path(path)):
        target = _real_file(Path(path))
        with_values(_settled(target, empty_until=0).data, kind, profile, dict.fromkeys(keys, "-"))
        folder = next(place for place in target.parents if place.exists())
        if not os.access(folder, os.W_OK | os.X_OK):
            folder_is = "a folder in which you may not write" if folder.is_dir() else "no folder"
            raise SharedFileError(f"{visible(str(folder))} is {folder_is}", hint=f"ls -ld {visible(str(folder))}")


@dataclass(frozen=True, slots=True)
class _Content:
    """What stood in a file at one moment; no status where there was no file."""

    data: bytes = field(repr=False)
    status: os.stat_result | None


def _change(path: Path, kind: Kind, edit: Callable[[bytes], bytes]) -> None:
    with _refusing(path):
        target = _real_file(path)
        if not target.exists() and not edit(b""):
            return
        make_private(target.parent)
        with locked(target.parent / LOCK_NAME):
            empty_until = time.monotonic() + _EMPTY_FOR_SECONDS
            for _ in range(_ATTEMPTS):
                if _changed_once(target, kind, edit, empty_until):
                    return
        raise SharedFileError("another program keeps rewriting it", hint="end that program, then run this again")


def _changed_once(target: Path, kind: Kind, edit: Callable[[bytes], bytes], empty_until: float) -> bool:
    """Make the change, and tell whether it is there to stay; if not, somebody else wrote at the same time."""
    before = _settled(target, empty_until=empty_until)
    after = edit(before.data)
    if after == before.data:
        return True

    def dress(descriptor: int) -> None:
        if before.status is not None:
            _dress(descriptor, target, before.status, private=kind == "credentials")

    written = replace(
        target, after, dress=dress, still_wanted=lambda: _identity(_status(target)) == _identity(before.status)
    )
    if written is None:
        return False
    time.sleep(_LOOK_AGAIN_AFTER_SECONDS)
    return _identity(_status(target)) == _identity(written)


@contextlib.contextmanager
def _refusing(path: Path) -> Iterator[None]:
    """Say of which file an error is, and that it is as it was."""
    try:
        yield
    except (SharedFileError, StateError) as error:
        problem, hint = str(error), error.hint
    except OSError as error:
        problem, hint = refusal(error)
    else:
        return
    # The causes are cut off: one of them may quote a line.
    raise SharedFileError(f"cannot write {visible(str(path))}: {problem}; nothing was changed", hint=hint) from None


def _read(path: Path) -> Sections:
    try:
        return read_sections(_settled(path, empty_until=time.monotonic() + _EMPTY_FOR_A_READER_SECONDS).data)
    except SharedFileError as error:
        problem, hint = str(error), error.hint
    except OSError as error:
        denied = isinstance(error, PermissionError)
        problem, hint = "you may not read it" if denied else refusal(error).problem, f"ls -l {visible(str(path))}"
    raise SharedFileError(f"cannot read {visible(str(path))}: {problem}", hint=hint)


def _real_file(path: Path) -> Path:
    """Return the file behind all symbolic links, which may be missing.

    Raises:
        SharedFileError: it is no file that can be replaced.
    """
    target = Path(os.path.realpath(path))
    look = f"look at it: ls -l {visible(str(target))}"
    if target.is_symlink():
        raise SharedFileError("it is a symbolic link that leads to itself", hint=look)
    status = _status(target)
    if status is None:
        return target
    _refuse_other_than_regular(status)
    # A replaced file leaves its other names with the old content.
    if status.st_nlink > 1:
        raise SharedFileError("it has a second name (a hard link), which would be cut off", hint=look)
    # Root may write everywhere; a file that its owner made read-only is meant to stay so.
    if not status.st_mode & 0o222 or not os.access(target, os.R_OK | os.W_OK):
        raise SharedFileError("it is read-only for you", hint=f"allow writing: chmod u+w {visible(str(target))}")
    return target


def _refuse_other_than_regular(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise SharedFileError(
            "it is not a regular file", hint="name another: AWS_SHARED_CREDENTIALS_FILE, AWS_CONFIG_FILE"
        )


def _settled(path: Path, *, empty_until: float) -> _Content:
    """Return the content of the file *path* at a moment at which nobody seems to be in the middle of writing it.

    A file of no bytes is not believed before *empty_until*: one that is being truncated can
    show its old time of change for as long as the disk is busy.

    Raises:
        SharedFileError: it is not a regular file, or larger than any AWS file.
        OSError: it cannot be read.
    """
    restless_until = time.monotonic() + _RESTLESS_SECONDS
    while True:
        content = _content(path)
        if content.status is None:
            return content
        age = time.time() - content.status.st_mtime
        now = time.monotonic()
        if 0 <= age < _FRESH_SECONDS and now < restless_until:
            time.sleep(_FRESH_SECONDS - age)
        elif not content.data and now < empty_until:
            time.sleep(_FRESH_SECONDS / 4)
        elif content.status.st_size == len(content.data) or now >= restless_until:
            return content


def _content(path: Path) -> _Content:
    try:
        descriptor = os.open(path, _OPEN)
    except FileNotFoundError:
        return _Content(b"", None)
    with open(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        _refuse_other_than_regular(status)
        data = file.read(_AT_MOST + 1)
    if len(data) > _AT_MOST:
        raise SharedFileError("it is larger than 16 MiB", hint="look at what is in it; an AWS file has a few kilobytes")
    return _Content(data, status)


def _dress(descriptor: int, original: Path, status: os.stat_result, *, private: bool) -> None:
    """Give the new file the attributes, owner and mode of the *original*, and never a wider mode.

    Raises:
        OSError: the owner cannot be kept.
    """
    if hasattr(os, "listxattr"):
        _copy_attributes(descriptor, original)
    mode = stat.S_IMODE(status.st_mode) & (0o700 if private else 0o777)
    if hasattr(os, "fchown"):
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
    with contextlib.suppress(OSError):
        for name in os.listxattr(original):
            # The other security attributes are digests of the old content.
            if not name.startswith("security.") or name == "security.selinux":
                with contextlib.suppress(OSError):
                    os.setxattr(descriptor, name, os.getxattr(original, name))


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _identity(status: os.stat_result | None) -> tuple[int, int, int] | None:
    """Return what changes whenever somebody writes or replaces the file."""
    return None if status is None else (status.st_ino, status.st_mtime_ns, status.st_size)
