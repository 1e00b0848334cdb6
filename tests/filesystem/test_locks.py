"""While one holds a lock, every other waits."""

import os
import shutil
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest

from mfa_session.errors import LockedError, StateError
from mfa_session.filesystem.locks import locked
from tests.clean_environment import clean_environment

HOLD = """
import sys, time
from pathlib import Path
from mfa_session.filesystem.locks import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""

BRIEFLY = timedelta(seconds=0.05)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "lock"


def held_elsewhere(path: Path) -> "subprocess.Popen[str]":
    """Start a process that holds the lock until it is killed."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], env=clean_environment(path.parent), stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def test_a_lock_that_another_process_holds_is_waited_for_and_given_up_by_its_name(path: Path) -> None:
    with held_elsewhere(path) as holder:
        began = time.monotonic()

        with pytest.raises(LockedError, match=r"/state/lock for 0.05 s") as refusal, locked(path, timeout=BRIEFLY):
            pass

        assert 0.05 <= time.monotonic() - began < 20
        assert refusal.value.hint
        holder.kill()


def test_a_process_that_is_killed_gives_its_lock_back(path: Path) -> None:
    with held_elsewhere(path) as holder:
        holder.kill()
        holder.wait()

        with locked(path, timeout=timedelta(seconds=20)):
            pass


def test_a_child_that_the_holder_started_does_not_keep_the_lock(path: Path) -> None:
    with locked(path):
        child = subprocess.Popen(["sleep", "60"], close_fds=False)
    try:
        with locked(path, timeout=timedelta(seconds=20)):
            pass
    finally:
        child.kill()
        child.wait()


def test_threads_of_one_process_take_turns(path: Path) -> None:
    inside: list[int] = []
    crowded: list[int] = []

    def take_a_turn() -> None:
        with locked(path):
            inside.append(1)
            crowded.append(len(inside))
            time.sleep(0.01)
            inside.pop()

    threads = [threading.Thread(target=take_a_turn) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert crowded == [1] * 5


def test_two_locks_do_not_wait_for_each_other(path: Path) -> None:
    with locked(path), locked(path.with_name("other"), timeout=BRIEFLY):
        pass


def test_a_lock_is_given_back_when_the_work_fails_and_the_error_is_not_touched(path: Path) -> None:
    with pytest.raises(OSError, match="the work"), locked(path):
        raise OSError("the work")

    with locked(path, timeout=BRIEFLY):
        pass


def test_the_file_stays_and_it_and_its_folder_are_for_their_owner_only(path: Path) -> None:
    with locked(path):
        pass

    assert path.read_bytes() == b""
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_symbolic_link_in_its_place_is_refused_and_not_followed(path: Path, tmp_path: Path) -> None:
    path.parent.mkdir()
    path.symlink_to(tmp_path / "victim")

    with pytest.raises(StateError, match=r"cannot lock .*/state/lock: it is a symbolic link"), locked(path):
        pass

    assert not (tmp_path / "victim").exists()


def test_a_folder_in_its_place_is_refused(path: Path) -> None:
    path.mkdir(parents=True)

    with pytest.raises(StateError, match="it is a folder"), locked(path):
        pass


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root can make a lock that its user cannot open")
def test_root_leaves_no_lock_behind_that_the_user_cannot_open(path: Path) -> None:
    path.parent.mkdir()
    os.chown(path.parent, 1000, 1000)

    with locked(path):
        pass

    assert path.stat().st_uid == 1000


CLOSED = """
import sys
from pathlib import Path
from mfa_session.errors import StateError
from mfa_session.filesystem.locks import locked
try:
    with locked(Path(sys.argv[1])):
        pass
except StateError as error:
    print(error)
"""


@pytest.mark.skipif(os.name == "nt" or shutil.which("setpriv") is None, reason="needs setpriv, where root runs it")
def test_a_folder_that_is_closed_to_us_is_refused_by_its_name(path: Path) -> None:
    path.parent.mkdir(mode=0o000)
    through = ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if os.geteuid() == 0 else ()

    said = subprocess.run(
        [*through, sys.executable, "-c", CLOSED, path],
        env=clean_environment(path.parent.parent),
        capture_output=True,
        text=True,
        check=False,
    )

    path.parent.chmod(0o700)
    assert (said.stdout, said.stderr) == (f"cannot lock {path}: you may not write in its folder\n", "")
