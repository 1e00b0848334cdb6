"""The programs that a settings file names are the user's choice only where nobody else may write it."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mfa_session.filesystem.safe_path import is_windows_drive, unsafe_path

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has access lists instead")
as_root = pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root can be somebody else")

USER, SOMEBODY_ELSE = 54321, 54322

# What WSL 2 and WSL 1 show in /proc/self/mounts.
WSL = r"""
/dev/sdc / ext4 rw,relatime,discard,errors=remount-ro,data=ordered 0 0
none /mnt/wsl tmpfs rw,relatime 0 0
C:\134 /mnt/c 9p rw,noatime,dirsync,aname=drvfs;path=C:\;uid=1000;gid=1000;symlinkroot=/mnt/,trans=fd 0 0
D:\134 /mnt/my\040data drvfs rw,noatime,uid=1000,gid=1000,case=off 0 0
/dev/sdd /mnt/c/linux ext4 rw,relatime 0 0
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home" / ".aws").mkdir(parents=True, mode=0o700)
    (tmp_path / "home").chmod(0o755)
    file = tmp_path / "home" / ".aws" / "config"
    file.touch()
    file.chmod(0o600)
    return tmp_path / "home"


def unsafe(home: Path, file: str | Path = ".aws/config") -> tuple[str, str]:
    found = unsafe_path(home / file, home=home)
    return ("", "") if found is None else (found.problem, found.hint)


@contextmanager
def acting_as(user: int) -> Iterator[None]:
    os.seteuid(user)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o400, 0o755])
def test_a_file_that_others_can_read_and_not_write_is_safe(home: Path, mode: int) -> None:
    (home / ".aws" / "config").chmod(mode)

    assert unsafe(home) == ("", "")


@pytest.mark.parametrize("place", [".aws/config", ".aws", "."])
@pytest.mark.parametrize("bits", [0o020, 0o002, 0o022])
def test_a_file_or_folder_that_others_can_write_is_not_and_the_hint_closes_it(
    home: Path, place: str, bits: int
) -> None:
    named = home / place
    named.chmod(named.stat().st_mode | bits)

    problem, hint = unsafe(home)

    assert problem == f"others can write {named}, whose mode is {named.stat().st_mode & 0o7777:04o}"
    assert hint.endswith(f"run: chmod go-w {named}")
    assert os.system(hint.partition("run: ")[2]) == 0
    assert unsafe(home) == ("", "")


def test_what_is_above_the_home_folder_is_not_looked_at_and_above_any_other_is(home: Path, tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    other = tmp_path / "config"
    other.touch(mode=0o600)

    assert unsafe(home) == ("", "")
    assert f"others can write {tmp_path}, whose mode is 0777" in unsafe(home, other)


def test_a_sticky_folder_is_safe_for_a_file_of_ours(home: Path) -> None:
    (home / ".aws").chmod(0o1777)

    assert unsafe(home) == ("", "")


@pytest.mark.parametrize("link", [".aws", ".aws/config"])
def test_behind_a_symbolic_link_the_folders_of_its_target_are_looked_at_and_the_links_own(
    home: Path, tmp_path: Path, link: str
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o755)
    (home / link).rename(elsewhere / "target")
    (home / link).symlink_to("../elsewhere/target" if link == ".aws" else elsewhere / "target")
    assert unsafe(home) == ("", "")

    elsewhere.chmod(0o777)
    assert unsafe(home)[0] == f"others can write {elsewhere}, whose mode is 0777"

    elsewhere.chmod(0o755)
    (home / link).parent.chmod(0o777)
    assert unsafe(home)[0] == f"others can write {(home / link).parent}, whose mode is 0777"


def test_a_file_that_is_missing_is_safe_and_so_are_a_device_and_links_in_a_circle(home: Path) -> None:
    (home / "circle").symlink_to("circle")

    assert [unsafe(home, file) for file in ("none", "none/config", "/dev/null", "circle")] == [("", "")] * 4


@as_root
@pytest.mark.parametrize("place", [".aws/config", ".aws", "."])
def test_what_belongs_to_another_user_is_not_safe_and_the_hint_makes_it_ours(home: Path, place: str) -> None:
    os.chown(home / place, SOMEBODY_ELSE, SOMEBODY_ELSE)

    problem, hint = unsafe(home)

    assert problem == f"{home / place} belongs to {SOMEBODY_ELSE}"
    assert hint.endswith(f"run: sudo chown root {home / place}")


@as_root
def test_a_link_that_belongs_to_another_user_is_not_safe(home: Path) -> None:
    (home / "link").symlink_to(home / ".aws" / "config")
    os.chown(home / "link", SOMEBODY_ELSE, SOMEBODY_ELSE, follow_symlinks=False)

    assert unsafe(home, "link")[0] == f"{home / 'link'} belongs to {SOMEBODY_ELSE}"
    assert f"sudo chown -h root {home / 'link'}" in unsafe(home, "link")[1]


@as_root
def test_who_became_root_by_sudo_may_have_written_the_file_and_nobody_else(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUDO_UID", str(USER))
    os.chown(home / ".aws" / "config", USER, USER)
    assert unsafe(home) == ("", "")

    os.chown(home / ".aws" / "config", SOMEBODY_ELSE, SOMEBODY_ELSE)
    assert unsafe(home)[0] == f"{home / '.aws' / 'config'} belongs to {SOMEBODY_ELSE}"


@as_root
@pytest.mark.parametrize(("owner", "is_safe"), [(USER, True), (0, True), (SOMEBODY_ELSE, False)])
def test_to_a_user_the_files_of_his_own_and_of_root_are_safe(
    owner: int, is_safe: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUDO_UID", str(SOMEBODY_ELSE))  # says nothing to who is not root
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        home.chmod(0o755)
        file = home / "config"
        file.touch()
        os.chown(home, USER, USER)
        os.chown(file, owner, owner)
        with acting_as(USER):
            problem, _ = unsafe(home, file)

    assert problem == ("" if is_safe else f"{file} belongs to {SOMEBODY_ELSE}")


@pytest.mark.parametrize(
    ("path", "is_one"),
    [
        ("/mnt/c/Users/me/.aws/config", True),
        ("/mnt/c", True),
        ("/mnt/my data/config", True),
        ("/mnt/c/linux/config", False),
        ("/mnt/cd/config", False),
        ("/home/me/.aws/config", False),
    ],
)
def test_the_drives_of_windows_are_known_in_wsl(path: str, is_one: bool) -> None:
    assert is_windows_drive(path, WSL.lstrip()) is is_one
