"""What can be told of an AWS file before it is written: where things stand, who reads it, what is in the way."""

import os
import time
from pathlib import Path

import pytest

from mfa_session.aws_files.files import Kind, check_writable, line_of, lost_sections, readable_by_others
from mfa_session.errors import SharedFileError
from tests.aws_files.shared_file import BEFORE, entries, lay_down


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return lay_down(tmp_path)


def test_the_line_of_a_key_counts_from_one(path: Path) -> None:
    assert line_of(path, "credentials", "dev", "aws_access_key_id") == 6
    assert line_of(path, "credentials", "dev", "region") is None
    assert line_of(path, "credentials", "prod", "region") is None


def test_a_file_that_others_may_read_can_be_told_before_it_is_written(path: Path) -> None:
    assert not readable_by_others(path)
    path.chmod(0o640)
    assert readable_by_others(path)
    assert not readable_by_others(path.parent / "missing")


def test_what_would_stand_in_the_way_of_a_write_can_be_known_before(path: Path, tmp_path: Path) -> None:
    check_writable(path, "credentials", "dev")
    check_writable(tmp_path / "not" / "yet" / "there", "config", "dev")
    assert path.read_bytes() == BEFORE
    assert entries(path.parent) == {"credentials"}
    assert entries(tmp_path) == {".aws"}

    with pytest.raises(SharedFileError, match=f"{path}/below: a part of its path is not a folder"):
        check_writable(path / "below", "config", "dev")

    path.write_bytes(b"[dev]\n[dev]\n")
    with pytest.raises(SharedFileError, match=r"line 2: .*; nothing was changed"):
        check_writable(path, "credentials", "new")


@pytest.mark.parametrize(
    ("header", "is_lost"),
    [
        ("[dev]", True),
        ("[Profile dev]", True),
        ("[profile two words]", True),
        ("[profile dev]", False),
        ("[default]", False),
        ("[DEFAULT]", False),
        ("[sso-session dev]", False),
        ("[sso-session\tdev]", False),
        ("[ ]", True),
        ("[services dev]", False),
    ],
)
def test_a_section_that_reads_like_a_profile_and_is_none_can_be_told(path: Path, header: str, is_lost: bool) -> None:
    path.write_text(f"[plugins]\nx = y\n{header}\nregion = eu-west-1\n")

    assert lost_sections(path) == ({header[1:-1]: 3} if is_lost else {})


@pytest.mark.parametrize(
    ("kind", "data", "problem"),
    [
        ("credentials", b"[DEFAULT]\naws_security_token = x\n[dev]\n", r"line 2: \[DEFAULT\] holds aws_security_token"),
        ("credentials", b"[dev]\naws_session_token = x\n  note = v\n", "line 3 is indented"),
        ("config", b"[profile dev]\nregion = r\n  note = v\n", "line 3 is indented"),
    ],
)
def test_what_stands_in_the_way_of_the_very_keys_that_will_be_written_is_known_before(
    path: Path, kind: Kind, data: bytes, problem: str
) -> None:
    path.write_bytes(data)

    with pytest.raises(SharedFileError, match=problem):
        check_writable(path, kind, "dev")


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("credentials", b""),
        ("credentials", b"[DEFAULT]\naws_session_token = x\n[dev]\n"),
        ("credentials", b"[dev]\nregion = r\n  note = v\n"),
        ("config", b"[profile dev]\naws_session_token = x\n  note = v\n"),
    ],
)
def test_what_stands_in_the_way_of_no_key_that_will_be_written_is_let_be(path: Path, kind: Kind, data: bytes) -> None:
    path.write_bytes(data)
    os.utime(path, (1, 1))
    began = time.monotonic()

    check_writable(path, kind, "dev")

    assert time.monotonic() - began < 0.9
    assert path.read_bytes() == data
