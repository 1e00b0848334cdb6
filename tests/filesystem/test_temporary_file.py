"""A passing file is private while it is there, and gone afterwards, whatever happens."""

import os
from pathlib import Path

import pytest

from mfa_session.errors import StateError, UsageError
from mfa_session.filesystem.private_files import temporary_file


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "code.png"


@pytest.mark.parametrize("umask", [0, 0o777])
def test_it_is_there_and_private_before_anything_is_written(path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        with temporary_file(path):
            assert (path.stat().st_mode & 0o777, path.stat().st_size) == (0o600, 0)
    finally:
        os.umask(before)


def test_it_holds_what_is_written_until_the_end(path: Path) -> None:
    with temporary_file(path) as write:
        write(b"x" * 100_000)
        assert path.read_bytes() == b"x" * 100_000

    assert not path.exists()


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_it_is_gone_after_an_error(path: Path, error: type[BaseException]) -> None:
    with pytest.raises(error), temporary_file(path) as write:
        write(b"secret")
        raise error

    assert not path.exists()


def test_what_somebody_else_has_deleted_is_not_missed(path: Path) -> None:
    with temporary_file(path):
        path.unlink()


@pytest.mark.parametrize("make", ["file", "link", "folder"])
def test_what_is_there_already_stays(path: Path, make: str) -> None:
    match make:
        case "file":
            path.write_text("a photograph")
        case "link":
            path.symlink_to("nowhere")
        case "folder":
            path.mkdir()

    with pytest.raises(UsageError, match="already exists"), temporary_file(path):
        pass

    assert path.is_symlink() or path.exists()


def test_a_name_cannot_move_the_cursor(tmp_path: Path) -> None:
    with pytest.raises(StateError) as caught, temporary_file(tmp_path / "no\x1b[2Jwhere" / "code.png"):
        pass

    assert "\x1b" not in str(caught.value) + caught.value.hint


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
def test_a_full_disk_is_told_as_such(path: Path) -> None:
    with pytest.raises(StateError, match=r"cannot write .*: the disk is full(?m:$)"), temporary_file(path) as write:
        full = os.open("/dev/full", os.O_WRONLY)
        # The file stays the same descriptor, and leads where no byte fits.
        os.dup2(full, _descriptor_of(path))
        os.close(full)
        write(b"secret")

    assert not path.exists()


def _descriptor_of(path: Path) -> int:
    return next(int(link.name) for link in Path("/proc/self/fd").iterdir() if link.readlink() == path)
