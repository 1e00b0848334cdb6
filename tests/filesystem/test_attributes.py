"""A file that is replaced stays whose it was, and nobody may read it who could not before."""

import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clean_environment import clean_environment

pytestmark = pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root can become another user")

USER, GROUP, FOREIGN_GROUP = 1000, 1000, 2000

AS_THE_USER = f"""
import os, sys
import mfa_session.aws_files.editor
from mfa_session.errors import SharedFileError
from mfa_session.aws_files.files import write_profile
os.setgroups([])
os.setgid({GROUP})
os.setuid({USER})
try:
    write_profile(sys.argv[1], "config", "dev", {{"region": "new"}})
except SharedFileError as error:
    print(error)
"""


@pytest.fixture
def path() -> Iterator[Path]:
    """A config file of the user's; pytest's own folders are closed to everybody but who runs it."""
    with tempfile.TemporaryDirectory() as folder:
        os.chown(folder, USER, GROUP)
        path = Path(folder) / "config"
        path.write_bytes(b"[profile dev]\nregion = old\n")
        os.chown(path, USER, GROUP)
        yield path


def written_by_the_user(path: Path) -> str:
    return subprocess.run(
        [sys.executable, "-c", AS_THE_USER, path],
        env=clean_environment(path.parent, PYTHONDONTWRITEBYTECODE="1"),
        capture_output=True,
        text=True,
        check=True,
        timeout=100,
    ).stdout


def attributes(path: Path) -> tuple[int, int, int]:
    status = path.stat()
    return status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)


def test_a_group_that_the_user_cannot_give_a_file_to_loses_its_rights_to_nobody(path: Path) -> None:
    os.chown(path, USER, FOREIGN_GROUP)
    path.chmod(0o664)

    assert written_by_the_user(path) == ""

    assert attributes(path) == (USER, GROUP, 0o604)


def test_a_file_of_somebody_else_is_refused_though_the_folder_would_let_it_be_replaced(path: Path) -> None:
    os.chown(path, 0, GROUP)
    path.chmod(0o664)

    said = written_by_the_user(path)

    assert "belongs to another user; nothing was changed" in said
    assert attributes(path) == (0, GROUP, 0o664)
    assert path.read_bytes() == b"[profile dev]\nregion = old\n"
    assert {entry.name for entry in path.parent.iterdir()} == {".mfa-session.lock", "config"}
