"""A file that is there for a while: private from the first moment, and deleted in the end."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mfa_session.errors import StateError, UsageError
from mfa_session.store.private_open import create_new
from mfa_session.store.refusals import refusal
from mfa_session.text import visible


@contextmanager
def passing_file(path: Path) -> Iterator[Callable[[bytes], None]]:
    """Have an empty file *path*, 0600, inside the block; the value is what writes its content, once.

    It is created at once, so that whoever is about to write a secret knows that it can be
    written; and it is deleted however the block is left.

    Raises:
        UsageError: there is something of this name already, and it stays.
        StateError: it cannot be created, written or deleted.
    """
    try:
        descriptor = create_new(path)
    except FileExistsError:
        raise UsageError(f"{visible(str(path))} is there already", hint="choose another name, or delete it") from None
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
    problem, hint = refusal(error, path)
    return StateError(f"cannot {do} {visible(str(path))}: {problem}", hint=hint)
