"""What a page says about installing is done: by pipx, or in the virtual environment of the page's own words."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clean_environment import clean_environment
from tests.documents.pages import ROOT, every_block

# Those of the contributors install what these tests run in; a page of PowerShell is parsed.
INSTALLING = [
    block
    for block in every_block()
    if block.language == "sh"
    and re.search(r"(?:^|&& )(?:pip|pipx) install \.(?:\s|$)", block.text)
    and block.page.startswith(("README.md", "docs/tutorial", "docs/how-to/install.md"))
]
COMMANDS = sorted({block.text for block in INSTALLING})
MAKE_THEIR_OWN_ENVIRONMENT = [command for command in COMMANDS if "-m venv " in command]
WITH_PIPX = [command for command in COMMANDS if command not in MAKE_THEIR_OWN_ENVIRONMENT]

# What is in a fresh checkout, as far as it is installed.
PACKAGE = ("README.md", "LICENSE", "pyproject.toml", "completions", "docs", "mfa_session", "release")


@pytest.fixture
def pipx(tmp_path: Path) -> Path:
    """Return a folder of programs with pipx, and with no other way to install anything."""
    own = tmp_path / "pipx"
    subprocess.run([sys.executable, "-m", "venv", own], check=True)
    got = subprocess.run([own / "bin" / "pip", "install", "-q", "pipx"], capture_output=True, text=True, check=False)
    if got.returncode:
        pytest.skip(f"pipx cannot be had: {got.stderr.strip().splitlines()[-1:]}")
    return own / "bin"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a copy of the checkout, because the commands write into it."""
    checkout = tmp_path / "mfa-session"
    checkout.mkdir()
    for name in PACKAGE:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, checkout / name)
    return checkout


@pytest.mark.parametrize("command", WITH_PIPX, ids=str.strip)
def test_the_words_of_the_page_install_a_program_that_runs(command: str, pipx: Path, checkout: Path) -> None:
    home = checkout.parent / "home"

    typed(command, home=home, folder=checkout, programs=pipx)

    assert typed(f"{home}/.local/bin/mfa-session --version", home=home, folder=home, programs=pipx).startswith(
        "mfa-session "
    )


@pytest.mark.parametrize("command", MAKE_THEIR_OWN_ENVIRONMENT, ids=str.strip)
def test_the_command_of_the_readme_works_outside_any_virtual_environment(command: str, checkout: Path) -> None:
    shown = typed(command, home=checkout.parent, folder=checkout, programs=Path(sys.base_prefix, "bin"))

    assert (checkout / ".venv" / "bin" / "mfa-session").exists()
    assert "That is all. The files of this story are deleted" in shown


def test_the_pages_have_a_command_for_a_fresh_shell_and_one_for_pipx() -> None:
    assert (len(MAKE_THEIR_OWN_ENVIRONMENT), WITH_PIPX) == (1, ["pipx install .\n"])
    assert {block.page for block in INSTALLING if block.text in WITH_PIPX} >= {
        "docs/tutorial/first-session.md",
        "docs/tutorial/first-session.ja.md",
    }


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
