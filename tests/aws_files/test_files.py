"""The AWS files on a real disk: what is read, what is written, what stays, what is refused."""

import os
import socket
import stat
import time
from pathlib import Path

import pytest

from mfa_session.aws_files.files import (
    Kind,
    line_of,
    read_profiles,
    remove_profile,
    write_profile,
)
from mfa_session.errors import SharedFileError
from tests.aws_files.shared_file import BEFORE, entries, lay_down, settle

SESSION = {"aws_access_key_id": "ASIANEW", "aws_secret_access_key": "newsecret", "aws_session_token": "newtoken"}
WRITTEN = b"aws_access_key_id = ASIANEW\naws_secret_access_key = newsecret\naws_session_token = newtoken\n"

needs_root = pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root can give a file away")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return lay_down(tmp_path)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_profiles_are_read_with_lower_case_keys_and_raw_values(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_bytes(b"[default]\nREGION = r # x\n[profile 'a b']\ns3 =\n  x = 1\n[sso-session s]\nk = v\n")

    assert read_profiles(path, "config") == {"default": {"region": "r # x"}, "a b": {"s3": "\nx = 1"}}
    assert list(read_profiles(str(path), "credentials")) == ["default", "profile 'a b'", "sso-session s"]


def test_what_default_in_capitals_holds_is_read_in_every_profile(tmp_path: Path) -> None:
    path = tmp_path / "credentials"
    path.write_bytes(b"[DEFAULT]\nregion = r\noutput = json\n[dev]\nregion = s\n")

    assert read_profiles(path, "credentials") == {"dev": {"region": "s", "output": "json"}}


def test_a_file_that_is_missing_has_no_profiles_and_that_is_known_at_once(tmp_path: Path) -> None:
    began = time.monotonic()

    assert read_profiles(tmp_path / "nowhere" / "config", "config") == {}
    assert line_of(tmp_path / "config", "config", "dev", "region") is None
    assert time.monotonic() - began < 0.9


def test_a_file_that_aws_tools_cannot_read_is_refused_by_its_name_and_line(path: Path) -> None:
    path.write_bytes(b"[dev]\nwJalrXUtnFEMI\n")

    with pytest.raises(SharedFileError, match=r"/credentials: line 2: ") as refusal:
        read_profiles(path, "credentials")

    assert "wJalr" not in f"{refusal.value} {refusal.value.hint}"
    assert refusal.value.__context__ is None


def test_a_section_is_written_and_every_other_byte_stays(path: Path) -> None:
    write_profile(path, "credentials", "dev", SESSION)

    assert path.read_bytes() == b"# mine\n[default]\nregion = r\n\n[dev]\n" + WRITTEN
    assert entries(path.parent) == {"credentials", ".mfa-session.lock"}


def test_a_section_is_removed_and_every_other_byte_stays(path: Path) -> None:
    remove_profile(path, "credentials", "dev")

    assert path.read_bytes() == b"# mine\n[default]\nregion = r\n\n"


def test_removing_from_a_file_that_is_missing_creates_nothing(tmp_path: Path) -> None:
    remove_profile(tmp_path / ".aws" / "credentials", "credentials", "dev")
    write_profile(tmp_path / ".aws" / "credentials", "credentials", "dev", {"region": None})

    assert entries(tmp_path) == set()


def test_a_file_that_says_so_already_is_not_written(path: Path) -> None:
    write_profile(path, "credentials", "dev", SESSION)
    before = path.stat()

    write_profile(path, "credentials", "dev", SESSION)

    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_new_file_and_its_folders_are_for_their_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "a" / ".aws" / "credentials"

    write_profile(path, "credentials", "dev", SESSION)

    assert path.read_bytes() == b"[dev]\n" + WRITTEN
    assert [mode(path), mode(path.parent), mode(path.parent.parent)] == [0o600, 0o700, 0o700]
    assert mode(path.parent / ".mfa-session.lock") == 0o600


@pytest.mark.parametrize("umask", [0o000, 0o077, 0o777])
def test_no_umask_changes_whom_a_new_file_is_for(tmp_path: Path, umask: int) -> None:
    path = tmp_path / ".aws" / "credentials"
    old = os.umask(umask)
    try:
        write_profile(path, "credentials", "dev", SESSION)
    finally:
        os.umask(old)

    assert [mode(path), mode(path.parent), mode(path.parent / ".mfa-session.lock")] == [0o600, 0o700, 0o600]


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("credentials", 0o600, 0o600),
        ("credentials", 0o644, 0o600),
        ("credentials", 0o660, 0o600),
        ("config", 0o644, 0o644),
        ("config", 0o600, 0o600),
    ],
)
def test_a_mode_stays_but_that_of_credentials_which_others_may_read(
    path: Path, kind: Kind, before: int, after: int
) -> None:
    path.chmod(before)

    write_profile(path, kind, "new", {"region": "r"})

    assert mode(path) == after


@needs_root
def test_a_file_of_another_user_that_root_writes_stays_that_users(path: Path) -> None:
    os.chown(path.parent, 1000, 1001)
    os.chown(path, 1000, 1001)

    write_profile(path, "credentials", "dev", SESSION)

    assert (path.stat().st_uid, path.stat().st_gid) == (1000, 1001)
    assert (path.parent / ".mfa-session.lock").stat().st_uid == 1000


def test_attributes_of_the_file_stay(path: Path) -> None:
    if not hasattr(os, "setxattr"):
        pytest.skip("this system has no extended attributes")
    try:
        os.setxattr(path, "user.note", b"mine")
    except OSError:
        pytest.skip("this file system keeps no attributes of users")

    write_profile(path, "credentials", "dev", SESSION)

    assert os.getxattr(path, "user.note") == b"mine"


def test_a_symbolic_link_stays_and_the_file_behind_it_is_replaced_where_it_is(path: Path, tmp_path: Path) -> None:
    dotfiles = tmp_path / "dotfiles"
    dotfiles.mkdir()
    path.rename(dotfiles / "aws")
    (path.parent / "between").symlink_to("../dotfiles/aws")
    path.symlink_to("between")

    write_profile(path, "credentials", "dev", SESSION)

    assert path.is_symlink()
    assert (dotfiles / "aws").read_bytes().endswith(WRITTEN)
    assert entries(dotfiles) == {"aws", ".mfa-session.lock"}
    assert entries(path.parent) == {"between", "credentials"}


def test_a_symbolic_link_to_a_file_that_is_not_there_yet_creates_that_file(tmp_path: Path) -> None:
    link = tmp_path / "credentials"
    link.symlink_to("real/file")

    write_profile(link, "credentials", "dev", SESSION)

    assert link.is_symlink()
    assert (tmp_path / "real" / "file").read_bytes() == b"[dev]\n" + WRITTEN


def refused(path: Path, why: str) -> None:
    with pytest.raises(SharedFileError, match=f"^cannot write .*: {why}.*; nothing was changed(?m:$)") as refusal:
        write_profile(path, "credentials", "dev", SESSION)
    assert refusal.value.hint
    assert "nothing was changed" not in refusal.value.hint
    assert not path.with_name(f".{path.name}.mfa-session.tmp").exists()


def test_links_that_go_round_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")

    refused(tmp_path / "a", "it is a symbolic link that leads to itself")


def test_a_hard_link_is_refused_because_replacing_it_would_cut_the_other_name_off(path: Path) -> None:
    os.link(path, path.parent / "other")

    refused(path, "it has a second name")

    assert path.read_bytes() == BEFORE


def test_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "credentials").mkdir()

    refused(tmp_path / "credentials", "it is not a regular file")


def test_a_fifo_is_refused_without_waiting_for_its_other_end(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "credentials")

    refused(tmp_path / "credentials", "it is not a regular file")
    with pytest.raises(SharedFileError, match="it is not a regular file"):
        read_profiles(tmp_path / "credentials", "credentials")


def test_the_null_device_reads_as_a_file_that_is_not_there() -> None:
    assert read_profiles(os.devnull, "config") == {}


def test_a_device_is_refused() -> None:
    refused(Path(os.devnull), "it is not a regular file")


def test_a_socket_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("credentials")

        refused(tmp_path / "credentials", "it is not a regular file")


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".aws").touch()

    refused(tmp_path / ".aws" / "credentials", "a part of its path is not a folder")


def test_a_read_only_file_is_refused_even_to_root(path: Path) -> None:
    path.chmod(0o400)

    refused(path, "it is read-only for you")


def test_sixteen_mebibytes_are_read_and_one_byte_more_is_refused(path: Path) -> None:
    comment = b"#" * ((16 << 20) - len(BEFORE) - 1) + b"\n"
    path.write_bytes(BEFORE + comment)
    assert "dev" in read_profiles(path, "credentials")

    path.write_bytes(BEFORE + b"#" + comment)

    refused(path, "it is larger than 16 MiB")
    with pytest.raises(SharedFileError, match="it is larger than 16 MiB"):
        read_profiles(path, "credentials")


def test_a_name_is_shown_without_the_control_characters_in_it(tmp_path: Path) -> None:
    with pytest.raises(SharedFileError) as refusal:
        write_profile(tmp_path / "a\x1b[31mb", "credentials", "c\x1b[0m", SESSION)

    assert "\x1b" not in f"{refusal.value} {refusal.value.hint}"


def test_what_a_killed_run_left_is_removed_by_the_next_even_if_there_is_nothing_to_write(path: Path) -> None:
    leftover = path.parent / ".credentials.mfa-session.tmp"
    leftover.write_bytes(b"aws_secret_access_key = left")
    settle(path)

    remove_profile(path, "credentials", "not there")

    assert not leftover.exists()
    assert path.read_bytes() == BEFORE


def test_a_link_in_the_place_of_the_file_beside_is_removed_and_not_followed(path: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    (path.parent / ".credentials.mfa-session.tmp").symlink_to(victim)

    write_profile(path, "credentials", "dev", SESSION)

    assert victim.read_bytes() == b"precious"
    assert path.read_bytes().endswith(WRITTEN)


def test_a_link_in_the_place_of_the_lock_is_refused(path: Path, tmp_path: Path) -> None:
    (path.parent / ".mfa-session.lock").symlink_to(tmp_path / "victim")

    refused(path, "cannot lock .*: it is a symbolic link")

    assert not (tmp_path / "victim").exists()


def test_a_file_that_is_truly_empty_costs_its_wait_once_for_a_writer_and_not_for_a_reader(path: Path) -> None:
    path.write_bytes(b"")
    settle(path)
    began = time.monotonic()

    assert read_profiles(path, "credentials") == {}
    read = time.monotonic()
    write_profile(path, "credentials", "dev", SESSION)
    written = time.monotonic()

    assert read - began < 0.9
    assert 1 <= written - read < 2
    assert path.read_bytes() == b"[dev]\n" + WRITTEN


def test_a_new_file_is_written_without_a_wait(tmp_path: Path) -> None:
    waits = []
    for number in range(3):  # a disk may be busy, but not always; a wait of ours would come each time
        began = time.monotonic()
        write_profile(tmp_path / str(number), "credentials", "dev", SESSION)
        waits.append(time.monotonic() - began)

    assert min(waits) < 0.9
