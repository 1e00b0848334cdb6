"""Private files: written whole or not at all, readable by their owner only."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mfa_session.errors import StateError, UsageError
from mfa_session.filesystem.atomic_write import LOCK_NAME, remove_temp_file, replace
from mfa_session.filesystem.locks import locked
from mfa_session.filesystem.os_errors import explain_os_error
from mfa_session.filesystem.permissions import create_new, make_private, open_private, owner_for
from mfa_session.text import escape_control


def write_private(path: Path, data: bytes) -> None:
    """Write *data* to the file *path* atomically, with mode 0600; it is on disk when this returns.

    Missing folders are created with mode 0700. Concurrent writers take turns.

    Raises:
        StateError: it cannot be written; nothing was changed.
    """
    try:
        make_private(path.parent)
        with locked(path.parent / LOCK_NAME):
            remove_temp_file(path)
            replace(path, data)
    except OSError as error:
        problem, hint = explain_os_error(error, path)
        raise StateError(
            f"cannot write {escape_control(str(path))}: {problem}; nothing was changed", hint=hint
        ) from error


def read_private(path: Path, *, at_most: int = 1 << 20) -> bytes | None:
    """Return the content of the file *path*, ``None`` where there is none.

    Raises:
        StateError: it is not a regular file with one name, another user's, larger than *at_most* bytes, or unreadable.
    """
    try:
        with open(open_private(path, owners=(owner_for(path.parent) or ())[:1]), "rb") as file:
            content = file.read(at_most + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        denied = isinstance(error, PermissionError)
        raise _unreadable(path, "you may not read it" if denied else explain_os_error(error, path).problem) from error
    if len(content) > at_most:
        raise _unreadable(path, f"it is larger than {at_most} bytes")
    return content


def delete_private(path: Path) -> None:
    """Delete the file *path*, if there is one.

    Raises:
        StateError: it is still there.
    """
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise _cannot("delete", path, error) from error


def _unreadable(path: Path, problem: str) -> StateError:
    return StateError(
        f"cannot read {escape_control(str(path))}: {problem}", hint=f"look at it: ls -l {escape_control(str(path))}"
    )


@contextmanager
def temporary_file(path: Path) -> Iterator[Callable[[bytes], None]]:
    """Create the empty file *path*, 0600, and delete it when the block ends; yields a function that writes to it, once.

    It is created first, so that a file that cannot be written is known before there is a secret to write.

    Raises:
        UsageError: the file exists already.
        StateError: it cannot be created, written or deleted.
    """
    try:
        descriptor = create_new(path)
    except FileExistsError:
        raise UsageError(
            f"{escape_control(str(path))} already exists", hint="choose another name, or delete it"
        ) from None
    except OSError as error:
        raise _cannot("create", path, error) from error

    def write(content: bytes) -> None:
        try:
            with open(descriptor, "wb", closefd=False) as file:
                file.write(content)
        except OSError as error:
            raise _cannot("write", path, error) from error

    try:
        yield write
    finally:
        os.close(descriptor)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise _cannot("delete", path, error) from error


def _cannot(do: str, path: Path, error: OSError) -> StateError:
    problem, hint = explain_os_error(error, path)
    return StateError(f"cannot {do} {escape_control(str(path))}: {problem}", hint=hint)
