"""Private files are written whole or not at all, and their owner alone can read them."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from mfa_session.errors import StateError
from mfa_session.filesystem.atomic_write import replace
from mfa_session.filesystem.private_files import read_private, write_private
from tests.clean_environment import clean_environment


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mfa-session" / "state"


def test_what_was_written_is_read(path: Path) -> None:
    write_private(path, b"one")
    write_private(path, b"two\r\n\0\xff")

    assert read_private(path) == b"two\r\n\0\xff"


def test_a_file_that_is_missing_reads_as_nothing_and_an_empty_one_as_empty(path: Path) -> None:
    assert read_private(path) is None

    write_private(path, b"")

    assert read_private(path) == b""


@pytest.mark.parametrize("before", [None, 0o644])
def test_file_and_new_folder_are_for_their_owner_only(path: Path, before: int | None) -> None:
    if before is not None:
        path.parent.mkdir(mode=0o700)
        path.touch()
        path.chmod(before)

    write_private(path, b"x")

    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)

    write_private(tmp_path / "state", b"x")

    assert tmp_path.stat().st_mode & 0o777 == 0o755


def test_a_symbolic_link_is_replaced_when_written_and_refused_when_read(path: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    path.parent.mkdir()
    path.symlink_to(victim)

    with pytest.raises(StateError, match="it is a symbolic link"):
        read_private(path)
    write_private(path, b"x")

    assert victim.read_bytes() == b"precious"
    assert not path.is_symlink()


def test_a_fifo_is_refused_without_waiting_for_its_other_end(path: Path) -> None:
    path.parent.mkdir()
    os.mkfifo(path)

    with pytest.raises(StateError, match=f"cannot read {path}: it is not a regular file"):
        read_private(path)


@pytest.mark.skipif(sys.platform != "linux", reason="needs a file that can be opened and not read")
def test_a_file_that_opens_and_cannot_be_read_is_refused() -> None:
    with pytest.raises(StateError, match="cannot read /proc/self/mem: the disk reports an error"):
        read_private(Path("/proc/self/mem"))


def test_as_much_as_was_allowed_is_read_and_one_byte_more_is_refused(path: Path) -> None:
    write_private(path, b"12345")

    assert read_private(path, at_most=5) == b"12345"
    with pytest.raises(StateError, match="it is larger than 4 bytes"):
        read_private(path, at_most=4)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_somebody_else_is_refused(path: Path) -> None:
    write_private(path, b"x")
    os.chown(path, 1000, 1000)

    with pytest.raises(StateError, match="it belongs to another user"):
        read_private(path)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root can give a folder away")
def test_what_root_leaves_in_the_folder_of_a_user_is_the_users(path: Path) -> None:
    path.parent.mkdir()
    os.chown(path.parent, 1000, 1000)

    write_private(path, b"one")
    write_private(path.parent / "new" / "state", b"two")

    assert (read_private(path), read_private(path.parent / "new" / "state")) == (b"one", b"two")
    assert {(found.stat().st_uid, found.stat().st_gid) for found in path.parent.rglob("*")} == {(1000, 1000)}


def test_a_file_in_the_place_of_the_folder_is_refused(path: Path) -> None:
    path.parent.touch()

    with pytest.raises(StateError, match="a part of its path is not a folder") as refusal:
        write_private(path, b"x")

    assert refusal.value.hint


def test_a_write_that_the_system_does_not_let_through_leaves_the_old_content(path: Path) -> None:
    write_private(path, b"old")
    code = (
        "import resource, sys; from pathlib import Path\n"
        "from mfa_session.filesystem.private_files import write_private\n"
        "from mfa_session.errors import StateError\n"
        "sys.dont_write_bytecode = True  # a file cut off at ten bytes would stay for everybody\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))\n"
        "try:\n    write_private(Path(sys.argv[1]), b'new' * 10)\n"
        "except StateError as error:\n    print(error)\n"
    )

    said = subprocess.run(
        [sys.executable, "-c", code, path],
        env=clean_environment(path.parent),
        capture_output=True,
        text=True,
        check=True,
    )

    assert said.stdout == (f"cannot write {path}: the limit on the size of a file is reached; nothing was changed\n")
    assert path.read_bytes() == b"old"
    assert {entry.name for entry in path.parent.iterdir()} == {".mfa-session.lock", "state"}


def test_what_a_killed_run_left_is_removed_by_the_next(path: Path) -> None:
    path.parent.mkdir()
    leftover = path.with_name(".state.mfa-session.tmp")
    leftover.write_bytes(b"half")

    write_private(path, b"x")

    assert not leftover.exists()


def test_writers_at_once_take_turns_and_readers_see_one_or_the_other(path: Path) -> None:
    contents = [bytes([number]) * 100_000 for number in range(6)]
    write_private(path, contents[0])
    writers = [threading.Thread(target=write_private, args=(path, content)) for content in contents]
    for writer in writers:
        writer.start()
    seen = {read_private(path)}
    while any(writer.is_alive() for writer in writers):
        seen.add(read_private(path))
    for writer in writers:
        writer.join()

    assert seen <= set(contents)
    assert read_private(path) in contents


def test_a_replacement_that_is_not_wanted_any_more_leaves_the_target_and_nothing_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_bytes(b"old")

    assert replace(target, b"new", still_wanted=lambda: False) is None

    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_replacement_that_cannot_be_dressed_leaves_the_target_and_nothing_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_bytes(b"old")

    def refuse(descriptor: int) -> None:
        raise PermissionError

    with pytest.raises(PermissionError):
        replace(target, b"new", before_rename=refuse)

    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_the_new_content_is_on_the_disk_before_it_is_in_its_place(tmp_path: Path) -> None:
    target = tmp_path / "file"
    seen: list[bytes] = []

    def look() -> bool:
        seen.append(target.with_name(".file.mfa-session.tmp").read_bytes())
        return True

    status = replace(target, b"new", still_wanted=look)

    assert seen == [b"new"]
    assert status is not None
    assert (status.st_ino, status.st_size, status.st_mtime_ns) == (target.stat().st_ino, 3, target.stat().st_mtime_ns)
