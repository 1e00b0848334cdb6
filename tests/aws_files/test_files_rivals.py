"""Another program writes an AWS file, without a lock, at the worst moment of a write of ours."""

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from mfa_session.aws_files.files import read_profiles, write_profile
from mfa_session.errors import SharedFileError

THEIRS = b"[theirs]\nk = v\n"
OURS = {"theirs": {"k": "v"}, "ours": {"region": "r"}}


class Rival(Mapping[str, str | None]):
    """Values that let another program write, *times* times, when the edit looks at them: after the file was read."""

    def __init__(self, write: Callable[[], object], *, times: int) -> None:
        self.write = write
        self.times = times

    def __getitem__(self, key: str) -> str | None:
        return {"region": "r"}[key]

    def __iter__(self) -> Iterator[str]:
        if self.times:
            self.times -= 1
            self.write()
        return iter(["region"])

    def __len__(self) -> int:
        return 1


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "credentials"
    path.write_bytes(b"[old]\nk = v\n")
    os.utime(path, (1, 1))
    return path


def test_what_was_written_between_our_reading_and_our_writing_is_kept(path: Path) -> None:
    write_profile(path, "credentials", "ours", Rival(lambda: path.write_bytes(THEIRS), times=1))

    assert read_profiles(path, "credentials") == OURS


def test_a_file_that_appeared_between_our_reading_and_our_writing_is_kept(path: Path) -> None:
    path.unlink()

    write_profile(path, "credentials", "ours", Rival(lambda: path.write_bytes(THEIRS), times=2))

    assert read_profiles(path, "credentials") == OURS


def test_a_file_that_was_replaced_between_our_reading_and_our_writing_is_kept(path: Path) -> None:
    def replace() -> None:
        path.with_name("new").write_bytes(b"[new]\nk = v\n")
        os.utime(path.with_name("new"), (1, 1))
        path.with_name("new").rename(path)

    write_profile(path, "credentials", "ours", Rival(replace, times=1))

    assert read_profiles(path, "credentials") == {"new": {"k": "v"}, "ours": {"region": "r"}}


def test_a_program_that_never_stops_writing_is_given_up_after_twenty_attempts(path: Path) -> None:
    rival = Rival(lambda: path.write_bytes(THEIRS + b"#" * rival.times), times=10**6)

    with pytest.raises(SharedFileError, match="another program keeps rewriting it; nothing was changed"):
        write_profile(path, "credentials", "ours", rival)

    assert path.read_bytes().startswith(THEIRS)
    assert 10**6 - rival.times >= 20


def test_a_stale_copy_written_over_ours_is_noticed_and_ours_is_written_again(path: Path) -> None:
    path.write_bytes(THEIRS)
    os.utime(path, (1, 1))
    before = path.stat().st_ino

    def write_stale_copy() -> None:
        while path.stat().st_ino == before:
            time.sleep(0)
        path.write_bytes(THEIRS + b"# stale\n")

    rival = threading.Thread(target=write_stale_copy)
    rival.start()
    write_profile(path, "credentials", "ours", {"region": "r"})
    rival.join()

    assert read_profiles(path, "credentials") == OURS
    assert b"# stale\n" in path.read_bytes()


def test_a_file_that_is_empty_for_a_moment_is_not_taken_for_an_empty_file(path: Path) -> None:
    path.write_bytes(b"")
    # A file that is being truncated can show its old time of change.
    os.utime(path, (1, 1))
    rival = threading.Timer(0.2, path.write_bytes, [THEIRS])
    rival.start()

    write_profile(path, "credentials", "ours", {"region": "r"})

    rival.join()
    assert read_profiles(path, "credentials") == OURS


@pytest.mark.parametrize("age", [0.0, 0.01])
def test_a_file_that_was_written_just_now_is_left_time_to_settle(path: Path, age: float) -> None:
    began = time.time()
    os.utime(path, (began - age, began - age))

    read_profiles(path, "credentials")

    assert time.time() - began >= 0.02 - age - 0.002


@pytest.mark.parametrize("age", [0.03, 60, -3600])
def test_a_file_that_is_older_or_of_the_future_is_not_waited_for(path: Path, age: float) -> None:
    waits = []
    for _ in range(20):  # a busy machine lets most of them wait, but not all
        began = time.time()
        os.utime(path, (began - age, began - age))
        read_profiles(path, "credentials")
        waits.append(time.time() - began)

    assert min(waits) < 0.015
