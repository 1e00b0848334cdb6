"""What a page says about installing is done, in a virtual environment: one made for it, or that of the page's words."""

import os
import re
import shutil
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
    and re.search(r"(?:^|&& )(?:python -m )?pip install \.(?:\s|$)", block.text)
    and block.page.startswith(("README.md", "docs/tutorial"))
]
COMMANDS = sorted({block.text for block in INSTALLING})
MAKE_THEIR_OWN_ENVIRONMENT = [command for command in COMMANDS if "-m venv " in command]
NEED_AN_ENVIRONMENT = [command for command in COMMANDS if command not in MAKE_THEIR_OWN_ENVIRONMENT]

# What is in a checkout of somebody who has just made it, as far as it is installed.
PACKAGE = ("README.md", "LICENSE", "pyproject.toml", "completions", "docs", "mfa_session")


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """Return a virtual environment that has our dependencies, but not us."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    theirs = sysconfig.get_path("purelib", vars={"base": str(tmp_path / "venv")})
    # Appended, so that what is installed here is found before this run's own copy.
    Path(theirs, "of-this-run.pth").write_text(f"{sysconfig.get_path('purelib')}\n{sysconfig.get_path('platlib')}\n")
    return tmp_path / "venv"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a copy of the checkout, because the commands write into it."""
    checkout = tmp_path / "mfa-session"
    checkout.mkdir()
    for name in PACKAGE:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, checkout / name)
    return checkout


@pytest.mark.parametrize("command", NEED_AN_ENVIRONMENT, ids=str.strip)
def test_the_words_of_the_page_install_a_program_that_runs(command: str, environment: Path, tmp_path: Path) -> None:
    typed(command, home=tmp_path, folder=ROOT, programs=environment / "bin")

    assert (environment / "bin" / "mfa-session").exists()


@pytest.mark.parametrize("command", MAKE_THEIR_OWN_ENVIRONMENT, ids=str.strip)
def test_the_command_of_the_readme_works_outside_any_virtual_environment(command: str, checkout: Path) -> None:
    shown = typed(command, home=checkout.parent, folder=checkout, programs=Path(sys.base_prefix, "bin"))

    assert (checkout / ".venv" / "bin" / "mfa-session").exists()
    assert "That is all. The files of this story are deleted" in shown


def test_the_readme_has_a_command_for_a_fresh_shell() -> None:
    assert len(MAKE_THEIR_OWN_ENVIRONMENT) == 1


def typed(command: str, *, home: Path, folder: Path, programs: Path) -> str:
    """Type *command* in a fresh shell whose first folder of programs is *programs*; return what is shown."""
    settings = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_"))}
    ran = subprocess.run(
        ["sh", "-e", "-c", command],
        env=clean_environment(home, **settings, PATH=f"{programs}:/usr/bin:/bin"),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if "No matching distribution found for " in ran.stderr:
        pytest.skip("no registry is reached from here")
    assert ran.returncode == 0, ran.stderr
    return ran.stdout
