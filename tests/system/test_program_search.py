"""Programs that are looked for as on Windows, in real folders."""

import os
import shutil
from pathlib import Path

import pytest

from mfa_session.system.commands import find_program


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is in PATH, ``tools``, and one that we stand in, ``project``."""
    for name in ("tools", "project"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path


def found(name: str, folders: Path, *, path: str | None = None) -> str | None:
    environ = {"PATH": path or str(folders / "tools"), "PATHEXT": os.pathsep.join((".EXE", ".CMD"))}
    return find_program(name, environ, platform="win32")


@pytest.mark.parametrize("name", ["op", "op.EXE"])
def test_a_program_is_found_in_path_with_its_ending_or_without(folders: Path, name: str) -> None:
    (folders / "tools" / "op.EXE").touch()

    assert found(name, folders) == str(folders / "tools" / "op.EXE")


def test_the_endings_are_tried_in_their_order(folders: Path) -> None:
    for ending in (".CMD", ".EXE"):
        (folders / "tools" / f"op{ending}").touch()

    assert found("op", folders) == str(folders / "tools" / "op.EXE")


def test_nothing_is_run_from_the_folder_that_we_stand_in(folders: Path) -> None:
    (folders / "project" / "op.EXE").touch()

    assert found("op", folders) is None
    assert found("op", folders, path=os.pathsep.join(("", ".", '"."'))) is None


def test_a_name_with_a_folder_is_meant_as_it_is(folders: Path) -> None:
    (folders / "project" / "op.EXE").touch()

    assert found(f".{os.sep}op", folders) == str(folders / "project" / "op.EXE")
    assert found(str(folders / "project" / "op"), folders) == str(folders / "project" / "op.EXE")
    assert found(str(folders / "tools" / "op"), folders) is None


def test_a_folder_in_quotation_marks_is_a_folder(folders: Path) -> None:
    (folders / "tools" / "op.EXE").touch()

    assert found("op", folders, path=f'"{folders / "tools"}"') == str(folders / "tools" / "op.EXE")


def test_elsewhere_a_program_is_found_as_a_shell_finds_it() -> None:
    assert find_program("sh", {"PATH": os.defpath}, platform="linux") == shutil.which("sh", path=os.defpath)
