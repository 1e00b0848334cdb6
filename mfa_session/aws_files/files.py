"""The AWS files, which every AWS tool on the machine shares: changed one section at a time, whole or not at all.

One function does every write. It holds a lock that all processes of ours meet at, and
watches for those who take none: ``aws configure set`` truncates the file and writes it
anew. The edit and its proof are in ``editor``.
"""

import contextlib
import errno
import os
import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from mfa_session.aws_files.parser import Kind
from mfa_session.aws_files.profile_names import is_portable_profile_name
from mfa_session.aws_files.reader import (
    header_line,
    line_of,
    lost_sections,
    read_profiles,
    read_services,
    readable_by_others,
    remembering_reads,
    wrong_headers,
)
from mfa_session.aws_files.snapshots import identity, identity_of, refuse_other_than_regular, snapshot
from mfa_session.errors import SharedFileError, StateError
from mfa_session.filesystem.atomic_write import (
    LOCK_NAME,
    has_temp_file,
    remove_temp_file,
    replace,
    wait_until_replaceable,
)
from mfa_session.filesystem.locks import locked
from mfa_session.filesystem.os_errors import explain_os_error
from mfa_session.filesystem.permissions import copy_metadata, make_private
from mfa_session.text import escape_control

# Imported where it is needed: who only reads does without the editor.
if TYPE_CHECKING:
    from mfa_session.aws_files.editor import Check

__all__ = [
    "Kind",
    "check_writable",
    "header_line",
    "is_portable_profile_name",
    "line_of",
    "lost_sections",
    "read_profiles",
    "read_services",
    "readable_by_others",
    "remembering_reads",
    "remove_keys",
    "remove_profile",
    "remove_temp_files",
    "write_profile",
    "write_profiles",
    "wrong_headers",
]

# aws configure set empties the file and fills it within this time, even while the disk is busy.
_EMPTY_FOR_SECONDS = 1.0

# A tool that had read the file before our change writes its stale copy over it within this time.
_LOOK_AGAIN_AFTER_SECONDS = 0.01

# Each attempt leaves the file time to settle: together they are half a second of a program that never stops.
_ATTEMPTS = 20


def write_profile(
    path: str | os.PathLike[str],
    kind: Kind,
    profile: str,
    values: Mapping[str, str | None],
    *,
    check: "Check | None" = None,
) -> None:
    """Give *profile* these *values* in the file *path*; ``None`` deletes a key's line. Every other byte stays.

    *check* is told the values that stand there, while no other process of ours can change
    them; nothing is written where it raises.

    Symbolic links are followed, and stay. Owner, mode and extended attributes stay, but
    for a credentials file that others may read: that ends. A file that is missing is
    created 0600, its folder 0700.

    Raises:
        SharedFileError: it cannot be done without harm; nothing was changed.
    """
    from mfa_session.aws_files.editor import with_values

    options = {} if check is None else {"check": check}
    _change(Path(path), kind, lambda data: with_values(data, kind, profile, values, **options))


def remove_keys(
    path: str | os.PathLike[str], kind: Kind, profile: str, keys: Collection[str], *, check: "Check | None" = None
) -> None:
    """Remove these *keys* of *profile* from the file *path*; with the last line the section goes. The rest stays.

    *check* is told the values that stand there, as by :func:`write_profile`.

    Raises:
        SharedFileError: it cannot be done without harm; nothing was changed.
    """
    from mfa_session.aws_files.editor import without_keys

    options = {} if check is None else {"check": check}
    _change(Path(path), kind, lambda data: without_keys(data, kind, profile, keys, **options))


def write_profiles(
    path: str | os.PathLike[str],
    kind: Kind,
    changes: Mapping[str, Mapping[str, str | None]],
    *,
    checks: "Mapping[str, Check] | None" = None,
) -> None:
    """Give each profile of *changes* its values in the file *path*, in one write, as :func:`write_profile` does.

    *checks* has the check of a profile, where there is one.

    Raises:
        SharedFileError: it cannot be done without harm for one of them; nothing was changed.
    """
    from mfa_session.aws_files.editor import with_values_of_several

    _change(Path(path), kind, lambda data: with_values_of_several(data, kind, changes, checks=checks or {}))


def remove_profile(path: str | os.PathLike[str], kind: Kind, profile: str) -> None:
    """Remove the section of *profile* from the file *path*; comments and blank lines after its last key stay.

    Raises:
        SharedFileError: it cannot be done without harm; nothing was changed.
    """
    from mfa_session.aws_files.editor import without_profile

    _change(Path(path), kind, lambda data: without_profile(data, kind, profile))


def remove_temp_files(path: str | os.PathLike[str]) -> None:
    """Remove what a killed write has left beside the file *path*; where that cannot be done, the next write does it."""
    with contextlib.suppress(OSError, StateError):
        target = Path(os.path.realpath(path))
        if has_temp_file(target):
            with locked(target.parent / LOCK_NAME):
                remove_temp_file(target)


def check_writable(path: str | os.PathLike[str], kind: Kind, profile: str) -> None:
    """Raise now what stands in the way of a ``write_profile`` later, as far as can be told without writing.

    Raises:
        SharedFileError: the file could not be changed, or not without harm.
    """
    from mfa_session.aws_files.editor import with_values

    credentials = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
    keys = credentials if kind == "credentials" else ("region", "output")
    with _refusing(Path(path)):
        target = _real_file(Path(path))
        with_values(snapshot(target, empty_until=0).data, kind, profile, dict.fromkeys(keys, "-"))
        if _is_mounted(target):
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        folder = next(place for place in target.parents if place.exists())
        if not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        wait_until_replaceable(target)


def _change(path: Path, kind: Kind, edit: Callable[[bytes], bytes]) -> None:
    with _refusing(path):
        target = _real_file(path)
        if not target.exists() and not edit(b""):
            return
        make_private(target.parent)
        with locked(target.parent / LOCK_NAME):
            remove_temp_file(target)
            empty_until = time.monotonic() + _EMPTY_FOR_SECONDS
            for _ in range(_ATTEMPTS):
                if _changed_once(target, kind, edit, empty_until):
                    return
        raise SharedFileError("another program keeps rewriting it", hint="end that program, then run this again")


def _changed_once(target: Path, kind: Kind, edit: Callable[[bytes], bytes], empty_until: float) -> bool:
    """Make the change, and tell whether it stayed; if not, another program wrote at the same time."""
    before = snapshot(target, empty_until=empty_until)
    if before.status is not None:
        # Its owner may have put another thing there since it was looked at by its name.
        _refuse_unreplaceable(before.status, target)
    after = edit(before.data)
    if after == before.data:
        return True

    def before_rename(descriptor: int) -> None:
        if before.status is not None:
            copy_metadata(descriptor, target, before.status, private=kind == "credentials")

    written = replace(
        target, after, before_rename=before_rename, still_wanted=lambda: identity_of(target) == before.identity
    )
    if written is None:
        return False
    time.sleep(_LOOK_AGAIN_AFTER_SECONDS)
    try:
        return identity_of(target) == identity(written)
    except OSError:
        return True  # it is in its place, whatever can be told of it now


@contextlib.contextmanager
def _refusing(path: Path) -> Iterator[None]:
    """Say of which file an error is, and that it is as it was."""
    try:
        yield
    except (SharedFileError, StateError) as error:
        problem, hint = str(error), error.hint
    except OSError as error:
        problem, hint = explain_os_error(error, Path(os.path.realpath(path)))
    else:
        return
    # Raised out here, it carries no cause along that might quote a line.
    raise SharedFileError(f"cannot write {escape_control(str(path))}: {problem}; nothing was changed", hint=hint)


def _real_file(path: Path) -> Path:
    """Return the file behind all symbolic links, which may be missing.

    Raises:
        SharedFileError: it is no file that can be replaced.
    """
    target = Path(os.path.realpath(path))
    look = f"look at it: ls -l {escape_control(str(target))}"
    if target.is_symlink():
        raise SharedFileError("it is a symbolic link that leads to itself", hint=look)
    try:
        status = target.stat()
    except FileNotFoundError:
        return target
    _refuse_unreplaceable(status, target)
    # Root may write everywhere; a file that its owner made read-only is meant to stay so.
    if not status.st_mode & 0o222 or not _opens_for_writing(target):
        raise SharedFileError("it is read-only for you", hint=f"allow writing: chmod u+w {escape_control(str(target))}")
    return target


def _refuse_unreplaceable(status: os.stat_result, target: Path) -> None:
    refuse_other_than_regular(status)
    # A replaced file leaves its other names with the old content.
    if status.st_nlink > 1:
        look = f"look at it: ls -l {escape_control(str(target))}"
        raise SharedFileError("it has a second name (a hard link), which would be cut off", hint=look)


def _is_mounted(target: Path) -> bool:
    """Tell whether the file itself is mounted, as containers do with single files: it cannot be replaced then."""
    try:
        mounts = Path("/proc/self/mountinfo").read_bytes()
    except OSError:
        return False
    # Blanks and backslashes are octal numbers there: https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html
    escaped = re.sub(rb"[ \t\n\\]", lambda found: b"\\%03o" % ord(found[0]), os.fsencode(target))
    return any(line.split(b" ")[4:5] == [escaped] for line in mounts.splitlines())


def _opens_for_writing(target: Path) -> bool:
    try:
        os.close(os.open(target, os.O_RDWR))
    except OSError as error:
        # A read-only file system and an immutable file are not mended by chmod, and have sentences of their own.
        if error.errno != errno.EACCES:
            raise
        return False
    return True
