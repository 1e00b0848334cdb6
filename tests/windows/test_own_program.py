"""The path by which AWS tools start this program, wherever it is installed."""

import ctypes
import subprocess
import sys
from pathlib import Path

import pytest

from mfa_session.cli.own_program import program_command, program_path
from mfa_session.errors import ConfigurationError
from mfa_session.system.credential_process_line import credential_process_line

ROOT = Path("C:\\")


def started_from(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the program be one that lies in *folder*."""
    folder.mkdir(exist_ok=True, parents=True)
    program = folder / "mfa-session.exe"
    program.write_bytes(b"MZ")
    monkeypatch.setattr(sys, "argv", [str(program)])
    monkeypatch.setattr(sys, "executable", str(folder / "python.exe"))
    return program


def long_name(path: str) -> str:
    found = ctypes.create_unicode_buffer(1000)
    assert getattr(ctypes, "windll").kernel32.GetLongPathNameW(path, found, len(found))  # noqa: B009  on Windows alone
    return found.value


@pytest.mark.parametrize("name", ["a b", "日本語", "田中 太郎", "müller", "a,b", "a;b", "a=b", "x" * 20 + " y"])
def test_the_line_names_it_in_letters_that_every_sdk_can_start(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = started_from(ROOT / name / "Scripts", monkeypatch)

    line = credential_process_line([program_path()], "test-user")

    assert line.isascii()
    assert '"' not in line
    assert long_name(program_path()).lower() == str(program).lower()
    credential_process_line(program_command(), "test-user")


def test_a_short_name_that_is_longer_than_the_long_one_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    program = started_from(ROOT / "a b", monkeypatch)

    assert " " not in program_path()
    assert long_name(program_path()).lower() == str(program).lower()


def test_a_plain_path_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    program = started_from(ROOT / "a-long-name-without-blanks", monkeypatch)

    assert program_path() == str(program)


def test_where_no_short_name_is_better_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    started_from(ROOT / "a&b", monkeypatch)

    with pytest.raises(ConfigurationError) as refused:
        credential_process_line([program_path()], "test-user")

    assert "a&b" in str(refused.value)
    assert r"py -m venv C:\mfa-session" in refused.value.hint


def test_cmd_starts_a_program_by_the_path_that_the_line_names(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = started_from(ROOT / "日本 語", monkeypatch).parent
    (folder / "mfa-session.exe").unlink()
    (folder / "mfa-session.cmd").write_text("@echo started\n")
    short = Path(program_path()).with_name("mfa-session.cmd")

    assert subprocess.run(["cmd", "/d", "/c", str(short)], capture_output=True, check=True).stdout.split() == [
        b"started"
    ]
