"""The reference of the commands and their help say the same, in the same order, whatever the width of the terminal."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from docs.machinery.commands import Command, all_commands
from docs.machinery.pages import REFERENCE
from mfa_session.cli.app import run
from tests.clean_environment import clean_environment
from tests.machine import MFA_SESSION

PAGE = (REFERENCE / "commands.md").read_text(encoding="utf-8")
COMMANDS = all_commands()

# The head of a table stands for that of a list in the help.
HEADS = {"option": "Options:", "argument": "Arguments:", "command": "Commands:"}
CELLS = re.compile(r"\| (.+?) \| (.+) \|")


def section(name: str) -> str:
    """Return what the page says of the command of this *name*."""
    return re.split(r"^## ", PAGE.partition(f"\n## {name}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


def as_shown(markdown: str) -> str:
    """Return *markdown* as a terminal shows it, without its marks."""
    lines = []
    for line in markdown.splitlines():
        if line.startswith(("|---", "```")):
            continue
        if cells := CELLS.fullmatch(line):
            name = re.sub(r"\[(.+)\]\(.+\)", r"\1", cells[1])
            line = HEADS.get(name) or f"{name} {cells[2]}"
        lines.append(re.sub(r"\\(.)", r"\1", line.replace("`", "")))
    return "\n".join(lines)


def without_blanks(text: str) -> str:
    """Return *text* without blanks, and without the braces that only some versions of Typer write."""
    return "".join(text.split()).translate(str.maketrans("", "", "{}"))


def without_the_list_of_commands(text: str) -> str:
    """Return *text* without the lines between `Commands:` and the next that is empty."""
    return re.sub(r"^Commands:\n+(?:.+\n)+", "", text, flags=re.MULTILINE)


@pytest.mark.parametrize("columns", ["80", "100"])
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_the_page_says_what_the_help_says(
    command: Command, columns: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr(sys, "argv", ["mfa-session"])  # as the installed program is called

    run([*command.words[1:], "--help"])

    shown = without_the_list_of_commands(capsys.readouterr().out)
    written = without_the_list_of_commands(as_shown(section(command.name)))
    assert without_blanks(written) == without_blanks(shown)


@pytest.mark.parametrize("command", [each for each in COMMANDS if each.commands], ids=lambda command: command.name)
def test_each_command_of_a_group_is_listed_in_its_order_and_in_a_whole_sentence(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    run([*command.words[1:], "--help"])

    listed = re.findall(r"^  (\S+) {2,}(.+?)(?:\.\.\.)?$", capsys.readouterr().out.partition("\nCommands:\n")[2], re.M)
    written = re.findall(r"^\| \[`(.+?)`\]\(#.+?\) \| (.+) \|$", section(command.name), re.M)
    assert [name for name, _ in written] == [name for name, _ in listed]
    assert all(sentence.startswith(start) for (_, sentence), (_, start) in zip(written, listed, strict=True))


def test_every_command_has_its_section_and_nothing_else_has() -> None:
    assert re.findall(r"^## (.+)$", PAGE, re.MULTILINE) == [command.name for command in COMMANDS]


def test_the_installed_program_shows_the_same_help(tmp_path: Path) -> None:
    environment = clean_environment(tmp_path, COLUMNS="80")

    shown = subprocess.run(
        [MFA_SESSION, "login", "--help"],
        env=environment, capture_output=True, text=True, check=True, timeout=60,
    ).stdout  # fmt: skip

    assert without_blanks(as_shown(section("mfa-session login"))) == without_blanks(shown)
