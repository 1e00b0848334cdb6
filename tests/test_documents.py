"""The documents lead where they say, and name only commands and options that there are."""

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from mfa_session.cli.app import program

ROOT = Path(__file__).parent.parent

DOCUMENTS = sorted(
    path for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")] if "node_modules" not in path.parts
)

FENCED = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)(?:#[^)]*)?\)")

# A call stands in backticks, or begins a line of a code block, where a prompt may come before it; `mfa-session 1.0` is
# what `--version` says.
CALL = re.compile(r"(?:`|^(?:\$ )?|&& |\$\()(mfa-session(?! \d)(?: [^`\n|&;)#]*)?)", re.MULTILINE)


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every command of the program with its name as it is typed."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        yield (*path, name), command


COMMANDS = dict(commands(typer.main.get_command(program())))
GLOBAL = {"--help", "-h", "--version", "--debug", "--no-prompt", "--install-completion", "--show-completion"}


# What is to be typed stands behind a colon.
HINTED = re.compile(
    r"(?<=: )mfa-session ((?:-[-a-z]+ )*[a-z][-a-z]*(?: [a-z][-a-z]*)?)((?: --[a-z-]+(?: [A-Z{][^ ,;.)]*)?)*)"
)


def calls() -> Iterator[tuple[str, str]]:
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        for call in CALL.findall(text):
            yield document.name, call.strip()


def hints() -> Iterator[tuple[str, str, str]]:
    """Yield every call that a text of the program itself tells somebody to make."""
    for module in sorted((ROOT / "mfa_session").rglob("*.py")):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = [part.value if isinstance(part, ast.Constant) else "X" for part in node.values]
                text = "".join(str(part) for part in parts)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value
            else:
                continue
            for words, options in HINTED.findall(text):
                yield str(module.relative_to(ROOT)), words, options


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_of_a_document_leads_to_a_file(document: Path) -> None:
    prose = FENCED.sub("", document.read_text(encoding="utf-8"))
    missing = [link for link in LINK.findall(prose) if not (document.parent / link).exists()]

    assert missing == []


@pytest.mark.parametrize(("document", "call"), sorted(set(calls())))
def test_every_call_in_a_document_is_one_that_the_program_takes(document: str, call: str) -> None:
    words = [word for word in shlex.split(call, posix=False)[1:] if word not in ("…", "...", "--no-prompt", "--debug")]
    command: tuple[str, ...] = ()
    while words and (*command, words[0]) in COMMANDS:
        command = (*command, words.pop(0))
    own = words[: words.index("--")] if "--" in words else words
    options = {word.split("=")[0] for word in own if word.startswith("-")}

    known = {option for parameter in COMMANDS[command].params for option in parameter.opts} if command else set()
    assert command or not words or words[0] == "COMMAND" or words[0].startswith("-"), f"{document}: {call}"
    assert options <= known | GLOBAL, f"{document}: {call}"


@pytest.mark.parametrize(("module", "words", "options"), sorted(set(hints())))
def test_every_call_that_the_program_hints_at_is_one_that_it_takes(module: str, words: str, options: str) -> None:
    named = [word for word in words.split() if not word.startswith("-")]
    command = max((name for name in COMMANDS if list(name) == named[: len(name)]), key=len, default=None)

    assert command is not None, f"{module}: mfa-session {words}"
    known = {option for parameter in COMMANDS[command].params for option in parameter.opts}
    assert set(re.findall(r"--[a-z-]+", options)) <= known | GLOBAL, f"{module}: mfa-session {words}{options}"


@pytest.mark.parametrize("name", sorted(COMMANDS), ids=" ".join)
def test_the_help_of_every_command_has_an_example_and_says_what_it_does(name: tuple[str, ...]) -> None:
    command = COMMANDS[name]

    assert command.help
    assert hasattr(command, "commands") or "mfa-session" in (command.epilog or "")


def test_the_index_has_one_line_for_each_page_that_says_when_it_is_needed() -> None:
    index = ROOT / "docs" / "README.md"
    lines = [line for line in index.read_text(encoding="utf-8").splitlines() if "](" in line]
    listed = {(index.parent / link).resolve() for line in lines for link in LINK.findall(line)}

    pages = {path for path in DOCUMENTS if path.parent not in (ROOT, ROOT / "docs" / "decisions")}
    assert pages - {index, ROOT / "docs" / "sidebar.md"} - listed == set()
    assert [line for line in lines if not re.match(r"- \[.+\): \S", line)] == []


def test_every_decision_stands_in_the_index() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text(encoding="utf-8")

    assert [page.name for page in sorted(folder.glob("0*.md"))] == re.findall(r"\((0[^)]+\.md)\)", index)


def test_the_changelog_begins_with_what_is_not_released() -> None:
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)

    assert headings[0] == "Unreleased"
