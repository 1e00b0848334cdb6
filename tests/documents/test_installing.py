"""What a page says about installing is done, in a virtual environment of its own."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.clean_environment import clean_environment
from tests.documents.pages import ROOT, every_block

# Those of the contributors install what these tests run in; a page of PowerShell is parsed.
INSTALLING = [
    block
    for block in every_block()
    if block.language == "sh"
    and block.text.startswith("python -m pip install .")
    and block.page.startswith(("README.md", "docs/tutorial"))
]
COMMANDS = sorted({block.text for block in INSTALLING})


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """Return a virtual environment that has our dependencies, but not us."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    theirs = sysconfig.get_path("purelib", vars={"base": str(tmp_path / "venv")})
    # Appended, so that what is installed here is found before this run's own copy.
    Path(theirs, "of-this-run.pth").write_text(f"{sysconfig.get_path('purelib')}\n{sysconfig.get_path('platlib')}\n")
    return tmp_path / "venv"


@pytest.mark.parametrize("command", COMMANDS, ids=str.strip)
def test_the_words_of_the_page_install_a_program_that_runs(command: str, environment: Path, tmp_path: Path) -> None:
    settings = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_"))}
    path = f"{environment / 'bin'}:/usr/bin:/bin"

    ran = subprocess.run(
        ["sh", "-e", "-c", command],
        env=clean_environment(tmp_path, **settings, PATH=path),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    if "No matching distribution found for hatchling" in ran.stderr:
        pytest.skip("no registry is reached from here")
    assert ran.returncode == 0, ran.stderr
    assert (environment / "bin" / "mfa-session").exists()
    if "demo" in command:
        assert "That is all. The files of this story are deleted" in ran.stdout
