"""A command in a hint does what the hint says when it is pasted: for the same profile, in the user's shell."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from contextvars import copy_context
from pathlib import Path

import pytest

import mfa_session
from mfa_session.cli.app import COMMANDS
from mfa_session.cli.lazy_commands import Group
from mfa_session.errors import hint_command, name_in_hints
from mfa_session.text import quoted
from tests.machine import Machine

PACKAGE = Path(mfa_session.__file__).parent

# The help, and a letter that is sent to others.
NOT_HINTS = re.compile(r"Example[^:]*: |Begin with: |\n\n")

WORDS = [
    f"{name} ({'|'.join(entry.commands)})" if isinstance(entry, Group) else name for name, entry in COMMANDS.items()
]
BY_HAND = re.compile(rf"mfa-session ({'|'.join(WORDS)})\b(?! failed)")

NAMES = ["test-user", "two words", "a;b", "it's", "$HOME", "`id`", "a&b", "*", "#x", "~", "été", "-x", 'a"b', "a\\b"]


def texts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield every text in the source that is no docstring, with its line."""
    nodes = list(ast.walk(tree))
    docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.lineno, node.value


@pytest.mark.parametrize(
    "module",
    [path for path in sorted(PACKAGE.rglob("*.py")) if path.parent.name not in ("demo", "local_aws")],
    ids=lambda path: str(path.relative_to(PACKAGE)),
)
def test_no_hint_builds_a_command_by_hand(module: Path) -> None:
    found = [
        (line, text)
        for line, text in texts(ast.parse(module.read_text(encoding="utf-8")))
        if BY_HAND.search(text) and not NOT_HINTS.match(text)
    ]

    assert found == []


@pytest.mark.skipif(sys.platform == "win32", reason="a shell of POSIX takes the words apart")
@pytest.mark.parametrize("name", NAMES)
def test_a_shell_takes_the_name_of_a_profile_in_a_hint_for_one_word(name: str) -> None:
    words = hint_command("keys add", "--store", "file", profile=name)

    taken = subprocess.run(["sh", "-c", f"printf '%s\\n' {words}"], capture_output=True, text=True, check=True)

    assert taken.stdout.splitlines() == ["mfa-session", "keys", "add", "--profile", name, "--store", "file"]


@pytest.mark.parametrize(
    ("name", "word"), [("test-user", "test-user"), ("two words", '"two words"'), ("a;b", '"a;b"'), ("50%", '"50%"')]
)
def test_a_name_in_a_hint_is_quoted_for_the_shells_of_windows(name: str, word: str) -> None:
    assert quoted(name, platform="win32") == word


def test_a_hint_names_the_profile_in_use_where_it_is_told_no_other() -> None:
    def hints() -> list[str]:
        name_in_hints("work")
        return [
            hint_command("login", "--force"),
            hint_command("login", profile="home"),
            hint_command("demo", profile=""),
        ]

    assert copy_context().run(hints) == [
        "mfa-session login --profile work --force",
        "mfa-session login --profile home",
        "mfa-session demo",
    ]
    assert hint_command("login") == "mfa-session login"


@pytest.mark.parametrize("name", ["work", "two words", "a;b"])
def test_the_hint_of_an_error_that_knows_no_profile_keeps_the_one_of_the_command(machine: Machine, name: str) -> None:
    machine.lay_down_the_key()
    machine.write_credentials(machine.credentials_file.read_text().replace("[test-user]", f"[{name}]"))
    stranger = "arn:aws:iam::123456789012:mfa/other"

    ran = machine.run("login", "--profile", name, "--serial", stranger, "--token-code", "123456")

    assert f"mfa-session device list --profile {quoted(name)}" in ran.stderr
