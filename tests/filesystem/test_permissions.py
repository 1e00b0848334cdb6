"""A file of ours is a regular one with one name, whose owner is known; nothing else is opened, given away or closed."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from mfa_session.errors import StateError
from mfa_session.filesystem.locks import locked
from mfa_session.filesystem.permissions import make_private
from mfa_session.filesystem.private_files import read_private, write_private
from tests.machine import Machine

SOMEBODY, SOMEBODY_ELSE = 1000, 1001

as_root = pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root can give a file away")
on_posix = pytest.mark.skipif(os.name == "nt", reason="Windows has neither")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder of a user who is not root, where root can make one."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    if os.name != "nt" and os.geteuid() == 0:
        os.chown(home, SOMEBODY, SOMEBODY)
    return home


def whose(path: Path) -> tuple[int, int, int]:
    status = path.stat()
    return status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)


def lock(path: Path) -> None:
    with locked(path):
        pass


@pytest.mark.parametrize("use", [lock, read_private])
def test_a_hard_link_is_refused_and_what_it_leads_to_stays_as_it_is(
    home: Path, tmp_path: Path, use: Callable[[Path], object]
) -> None:
    victim = tmp_path / "victim"
    victim.touch(mode=0o640)
    victim.chmod(0o640)
    before = whose(victim)
    os.link(victim, home / "file")

    with pytest.raises(StateError, match=r"home/file: it has a second name \(a hard link\)"):
        use(home / "file")

    assert whose(victim) == before


@on_posix
@pytest.mark.parametrize("use", [lock, read_private])
def test_a_fifo_is_refused_and_not_waited_for(home: Path, use: Callable[[Path], object]) -> None:
    os.mkfifo(home / "file")

    with pytest.raises(StateError, match="home/file: it is not a regular file"):
        use(home / "file")


@as_root
@pytest.mark.parametrize("use", [lock, read_private])
def test_a_file_of_a_third_user_is_refused_and_that_of_the_folders_owner_is_not(
    home: Path, use: Callable[[Path], object]
) -> None:
    file = home / "file"
    file.touch(mode=0o600)
    os.chown(file, SOMEBODY, SOMEBODY)
    use(file)
    os.chown(file, SOMEBODY_ELSE, SOMEBODY_ELSE)

    with pytest.raises(StateError, match="it belongs to another user"):
        use(file)

    assert whose(file) == (SOMEBODY_ELSE, SOMEBODY_ELSE, 0o600)


@as_root
def test_a_file_with_content_that_stands_in_the_place_of_a_lock_is_not_given_away(home: Path) -> None:
    notes = home / "lock"
    notes.write_text("of root's, renamed by the user, who may do so in his own folder")
    notes.chmod(0o640)

    lock(notes)

    assert whose(notes) == (0, 0, 0o640)


@as_root
def test_new_folders_files_and_locks_of_roots_are_the_users(home: Path) -> None:
    write_private(home / "new" / "er" / "file", b"x")

    assert {whose(path) for path in home.rglob("*") if path.is_dir()} == {(SOMEBODY, SOMEBODY, 0o700)}
    assert {whose(path) for path in home.rglob("*") if path.is_file()} == {(SOMEBODY, SOMEBODY, 0o600)}


@on_posix
@pytest.mark.parametrize("umask", [0o000, 0o077, 0o777])
def test_a_new_folder_is_for_its_owner_only_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        make_private(tmp_path / "new")
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


@as_root
@pytest.mark.parametrize("place", [".mfa-session.lock", "mfa-session/locks/test-user"])
def test_a_login_as_root_in_the_home_of_a_user_hands_over_no_file_that_a_lock_is_linked_to(
    machine: Machine, place: str
) -> None:
    machine.lay_down_the_key()
    folder = machine.home / ".aws"
    linked = folder / place
    linked.parent.mkdir(parents=True, exist_ok=True)
    for path in (machine.home, folder, *folder.rglob("*")):
        os.chown(path, SOMEBODY, SOMEBODY)
    victim = machine.home.with_name("victim")
    victim.touch()
    victim.chmod(0o640)
    os.link(victim, linked)

    ran = machine.log_in()

    assert ran.returncode == 253
    assert "it has a second name (a hard link)" in ran.stderr
    assert whose(victim) == (0, 0, 0o640)
