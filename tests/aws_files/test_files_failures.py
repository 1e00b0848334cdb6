"""A write that the system does not let through changes nothing and says why: each failure is a real one."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clean_environment import clean_environment
from tests.unreadable_file import content

BEFORE = b"[dev]\naws_access_key_id = AKIAOLD\n"
AFTER = BEFORE.replace(b"[dev]\n", b"[dev]\naws_session_token = " + b"new" * 4000 + b"\n")

WRITE = """
import sys
from mfa_session.errors import SharedFileError
from mfa_session.aws_files.files import write_profile
{before}
try:
    write_profile(sys.argv[1], "credentials", "dev", {{"aws_session_token": "new" * 4000}})
except SharedFileError as error:
    print(error)
"""

needs_root = pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root can mount")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "aws" / "credentials"
    path.parent.mkdir()
    path.write_bytes(BEFORE)
    path.chmod(0o600)
    return path


def written(path: Path, *, before: str = "", through: tuple[str, ...] = ()) -> str:
    """Write in a process of its own, started *through* another program; return what it said.

    It writes no bytecode, which, cut off by a limit, would break the program for everybody; and nothing of coverage's.
    """
    command = [*through, sys.executable, "-c", WRITE.format(before=before), str(path)]
    child = subprocess.run(
        command,
        env=clean_environment(path.parent, PYTHONDONTWRITEBYTECODE="1", COVERAGE_PROCESS_START=""),
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert (child.returncode, child.stderr) == (0, "")
    return child.stdout


def nothing_was_changed(path: Path, said: str, why: str) -> None:
    assert why in said
    assert said.endswith("; nothing was changed\n")
    assert said.count("nothing was changed") == 1
    assert content(path) == BEFORE
    assert {entry.name for entry in path.parent.iterdir()} - {".mfa-session.lock", "filler"} == {"credentials"}


def run(*command: object) -> None:
    """Run a program of the system, or skip the test where this machine does not let it work."""
    if shutil.which(str(command[0])) is None:
        pytest.skip(f"there is no {command[0]} here")
    done = subprocess.run([str(word) for word in command], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"{command[0]} does not work here")


@pytest.fixture
def small_disk(path: Path) -> Iterator[Path]:
    run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", path.parent)
    try:
        path.write_bytes(BEFORE)
        yield path
    finally:
        subprocess.run(["umount", path.parent], check=True)


def test_the_limit_on_the_size_of_a_file(path: Path) -> None:
    said = written(path, before="import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))")

    nothing_was_changed(path, said, "the limit on the size of a file is reached")


@needs_root
def test_a_full_disk(small_disk: Path) -> None:
    with (small_disk.parent / "filler").open("wb", buffering=0) as filler:
        try:
            while True:
                filler.write(b"x" * 1024)
        except OSError:
            pass

    nothing_was_changed(small_disk, written(small_disk), "the disk is full")


@needs_root
def test_a_read_only_file_system(small_disk: Path) -> None:
    run("mount", "-o", "remount,ro", small_disk.parent)

    said = written(small_disk)

    nothing_was_changed(small_disk, said, "its file system is read-only")


@needs_root
def test_a_file_that_is_mounted_by_itself(path: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").write_bytes(BEFORE)
    run("mount", "--bind", tmp_path / "outside", path)
    try:
        nothing_was_changed(path, written(path), "it is mounted as a single file")
    finally:
        subprocess.run(["umount", path], check=True)


@needs_root
@pytest.mark.parametrize("what", ["file", "folder"])
def test_what_is_immutable(path: Path, what: str) -> None:
    target = path if what == "file" else path.parent
    run("chattr", "+i", target)
    try:
        nothing_was_changed(path, written(path), "immutable, or belongs to another user")
    finally:
        subprocess.run(["chattr", "-i", target], check=True)


@pytest.mark.parametrize("call", ["fsync", "rename", "write"])
def test_a_disk_that_reports_an_error(path: Path, call: str) -> None:
    inject = strace(path.parent / ".credentials.mfa-session.tmp", f"{call}:error=EIO")

    said = written(path, through=inject)

    nothing_was_changed(path, said, "the disk reports an error")


def test_a_folder_that_cannot_be_brought_to_the_disk_is_no_failure(path: Path) -> None:
    inject = strace(path.parent, "fsync:error=EINVAL")

    assert written(path, through=inject) == ""
    assert b"newnew" in path.read_bytes()


def test_a_folder_in_which_the_user_may_not_write(path: Path) -> None:
    path.parent.chmod(0o500)
    try:
        said = written(path, through=without_roots_rights())

        nothing_was_changed(path, said, "you may not write in its folder")
    finally:
        path.parent.chmod(0o700)


def test_a_lock_that_the_user_may_not_open(path: Path) -> None:
    (path.parent / ".mfa-session.lock").touch(0o000)
    (path.parent / ".mfa-session.lock").chmod(0o000)

    said = written(path, through=without_roots_rights())

    nothing_was_changed(path, said, "you may not open it")


def test_a_file_that_the_user_may_not_read(path: Path) -> None:
    path.chmod(0o200)

    said = written(path, through=without_roots_rights())

    nothing_was_changed(path, said, "it is read-only for you")


def without_roots_rights() -> tuple[str, ...]:
    if os.geteuid():
        return ()
    through = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
    run(*through, "true")
    return through


@pytest.mark.parametrize(
    ("file", "inject"),
    [
        (".mfa-session.lock", "close:error=EIO"),
        (".credentials.mfa-session.tmp", "unlink:error=EIO:when=2"),
    ],
)
def test_what_fails_beside_the_matter_is_no_failure(path: Path, file: str, inject: str) -> None:
    through = strace(path.parent / file, inject)

    assert written(path, through=through) == ""
    assert path.read_bytes() == AFTER


def test_a_lock_whose_owner_and_links_cannot_be_read_is_not_taken(path: Path) -> None:
    before = path.read_bytes()
    through = strace(path.parent / ".mfa-session.lock", "newfstatat:error=EIO")

    assert "cannot lock" in written(path, through=through)
    assert path.read_bytes() == before


def test_a_failure_is_told_even_where_what_it_leaves_cannot_be_removed_and_the_next_write_does_that(path: Path) -> None:
    through = strace(path.parent / ".credentials.mfa-session.tmp", "fsync:error=ENOSPC")
    through = (*through, "-e", "inject=unlink:error=EIO:when=2")

    said = written(path, through=through)

    assert "the disk is full" in said
    assert path.read_bytes() == BEFORE
    assert written(path) == ""
    assert {entry.name for entry in path.parent.iterdir()} == {".mfa-session.lock", "credentials"}


def strace(path: Path, inject: str) -> tuple[str, ...]:
    """Return what to start a program through, so that the system answers its calls about *path* with an error."""
    through = ("strace", "-f", "-o", "/dev/null", "-P", str(path), "-e", f"inject={inject}")
    run(*through, "true")
    return through
