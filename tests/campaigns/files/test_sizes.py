"""Writes that the system takes only a part of: a limit on the size of a file, a full disk, a call that is cut short."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.campaigns import scale
from tests.campaigns.files.one_write import SHAPES, VALUES, write_to
from tests.campaigns.files.system_calls import needs_strace
from tests.campaigns.files.users_files import Damage, damage_in_words, names_below

SHAPE = SHAPES[1]

LEFT = {".mfa-session.lock", "credentials"}

# A file as large as many profiles need, which a full disk takes a part of.
LARGE_VALUES = {**VALUES, "aws_session_token": "new-token" * 2000}


def damage_of_refusal(path: Path, exit_code: int, stderr: str, *, said: str) -> Damage:
    """Return what is wrong after a write for which there was no room."""
    return damage_in_words(exit_code, stderr, may_succeed=False) | Damage(
        torn=path.read_text() != SHAPE.before,
        leftover=not names_below(path.parent) - {"filler"} <= LEFT,
        wrong_ending=said not in stderr or "nothing was changed" not in stderr,
    )


def test_a_write_beyond_the_limit_on_the_size_of_a_file_changes_nothing(tmp_path: Path) -> None:
    needed = len(SHAPE.after(tmp_path / "after").encode())

    damages = {}
    for limit in scale.chosen(range(0, needed, 7), quick_nth=50):
        path = SHAPE.laid_down(tmp_path / str(limit))
        first = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))"
        ended = write_to(path, first=first).run()
        damage = damage_of_refusal(path, ended.returncode, ended.stderr, said="the limit on the size of a file")
        if damage.counted("files", "a write that reaches RLIMIT_FSIZE after 0 bytes or more"):
            damages[limit] = damage

    assert damages == {}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a folder on a disk of 64 KiB."""
    if os.name == "nt" or os.geteuid() != 0:
        pytest.skip("only root can mount")
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], check=False)
    if mounted.returncode:
        pytest.skip("no file system can be mounted here")
    try:
        yield disk
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_write_to_a_full_disk_changes_nothing(small_disk: Path) -> None:
    damages = {}
    for kibibytes in scale.chosen(range(0, 20, 4), quick_nth=3):
        path = SHAPE.laid_down(small_disk / "aws")
        (small_disk / "reserve").write_bytes(b"x" * 1024 * kibibytes)
        fill(small_disk / "filler")
        (small_disk / "reserve").unlink()
        ended = write_to(path, values=LARGE_VALUES).run()
        damage = damage_of_refusal(path, ended.returncode, ended.stderr, said="the disk is full")
        if damage.counted("files", "a write to a full disk, which takes 0 to 16 KiB of 18"):
            damages[kibibytes] = damage
        shutil.rmtree(path.parent)
        (small_disk / "filler").unlink()

    assert damages == {}


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 1024)
        except OSError:
            return


# A limit lets the first call write so much and no more; it is lifted before the second, which strace holds back.
LIFTED_LIMIT = """
import os, resource, threading, time
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, hard))
def lift():
    while True:
        try:
            if os.stat({beside!r}).st_size == {limit}:
                break
        except FileNotFoundError:
            pass
        time.sleep(0.001)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
threading.Thread(target=lift, daemon=True).start()
"""


@needs_strace
def test_a_write_that_is_cut_short_goes_on_where_it_stopped(tmp_path: Path) -> None:
    after = SHAPE.after(tmp_path / "after")

    damages = {}
    for limit in scale.chosen(range(1, len(after.encode()), 13), quick_nth=40):
        path = SHAPE.laid_down(tmp_path / str(limit))
        beside = path.parent / ".credentials.mfa-session.tmp"
        slowly = ["strace", "-f", "-o", str(tmp_path / "log"), "-P", str(beside), "-e", "trace=write"]
        slowly += ["-e", "inject=write:delay_enter=500000:when=2+"]
        ended = write_to(path, first=LIFTED_LIMIT.format(limit=limit, beside=str(beside))).run(*slowly)
        was_cut_short = f"= {limit}\n" in (tmp_path / "log").read_text()
        assert was_cut_short
        damage = Damage(
            torn=path.read_text() != after,
            wrong_ending=(ended.returncode, ended.stderr) != (0, ""),
            leftover=names_below(path.parent) != LEFT,
        )
        if damage.counted("files", "a write cut short by the system, which then takes the rest"):
            damages[limit] = damage

    assert damages == {}
