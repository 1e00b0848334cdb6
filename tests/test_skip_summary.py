"""A run of pytest says what it skipped by cause, and still lists what failed."""

import subprocess
import sys
from pathlib import Path

from tests.clean_environment import clean_environment

ROOT = Path(__file__).parents[1]

TESTS = """
import pytest

@pytest.mark.parametrize("number", range(3))
@pytest.mark.skipif(True, reason="zenity is not installed")
def test_a_dialog(number):
    pass

def test_a_grammar():
    pytest.importorskip("no_such_module", reason="no grammar is installed")

def test_what_fails():
    assert 1 + 1 == 3
"""


def test_skips_are_counted_by_cause_and_failures_are_listed(tmp_path: Path) -> None:
    (tmp_path / "test_some.py").write_text(TESTS)
    # The options are those of the project, workers included; the plug-in is what tests/conftest.py takes in.
    command = [sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml"), "-p", "tests.skip_summary"]

    ran = subprocess.run(
        [*command, "--rootdir", tmp_path, "-p", "no:cacheprovider", tmp_path],
        env=clean_environment(tmp_path, PYTHONPATH=str(ROOT)),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    summary = ran.stdout.partition("skipped: 4, by cause")[2].splitlines()
    assert summary[1:3] == ["    3  zenity is not installed", "    1  no grammar is installed"], ran.stdout + ran.stderr
    assert [line for line in ran.stdout.splitlines() if line.startswith("SKIPPED")] == []
    assert "FAILED test_some.py::test_what_fails" in ran.stdout
