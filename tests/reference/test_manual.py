"""The manual pages: what `man` shows of them, and that it has nothing to complain of."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from docs.machinery.commands import all_commands
from docs.machinery.pages import MANUAL
from tests.clean_environment import clean_environment

PAGES = sorted(MANUAL.iterdir())
COMMANDS = {"-".join(command.words): command for command in all_commands()}

needs_groff = pytest.mark.skipif(not shutil.which("groff"), reason="there is no groff")
needs_mandoc = pytest.mark.skipif(not shutil.which("mandoc"), reason="there is no mandoc")


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What groff, as `man` starts it, shows of all pages."""
    made = subprocess.run(
        ["groff", "-ww", "-man", "-Tascii", "-P-c", *map(str, PAGES)],
        env=clean_environment(tmp_path_factory.mktemp("home")), capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert made.stderr == ""
    return re.sub(r".\x08", "", made.stdout)


@needs_groff
def test_groff_shows_every_page_without_a_warning(shown: str) -> None:
    assert shown.count("\nSYNOPSIS\n") == len(PAGES)


@needs_groff
def test_options_are_shown_with_hyphens_that_can_be_copied(shown: str) -> None:
    assert "mfa-session exec --profile test-user -- terraform plan" in shown
    assert "~/.aws/credentials" in shown


@needs_mandoc
def test_mandoc_finds_nothing_to_complain_of() -> None:
    found = subprocess.run(["mandoc", "-T", "lint", *PAGES], capture_output=True, text=True, check=False)

    assert found.stdout == ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_lists_every_option_of_its_command(page: Path) -> None:
    text = page.read_text(encoding="utf-8").replace("\\-", "-").replace('"', "")

    listed = re.findall(r"^\.TP\n\.B (.+)$", text.partition(".SH OPTIONS\n")[2].partition("\n.SH")[0], re.MULTILINE)

    assert listed == [option.name for option in COMMANDS[page.stem].options]


def test_every_page_that_another_one_names_is_there() -> None:
    named = {
        name.replace("\\-", "-")
        for page in PAGES
        for name in re.findall(r"^\.BR (\S+) \(1\)", page.read_text(encoding="utf-8"), re.MULTILINE)
    }

    assert named == {page.stem for page in PAGES} == set(COMMANDS)
