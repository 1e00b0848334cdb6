"""The reference of the commands, as Markdown that is read on GitHub too."""

import re
from collections.abc import Iterable, Iterator

from docs.machinery.commands import Command, Entry

_INTRODUCTION = """\
# Commands

What `mfa-session COMMAND --help` says, in one page. `--debug` and `--no-prompt` are taken before and behind
a command. Where no `--profile` is given, most commands take `AWS_PROFILE`, else `default`; a session profile
named there stands for the profile of its user. How each ends: [exit codes](exit-codes.md). What to do
when one fails: [troubleshooting](../how-to/troubleshooting.md).

The same is installed as manual pages: `man mfa-session`, `man mfa-session-login`.
"""

# What is typed as it stands: options with what they take, names of settings and variables, files.
_TYPED = re.compile(
    r"(?<![\w`/.-])("
    r"--[a-z][a-z-]*"
    r"|[a-z]+(?:_[a-z]+)+"
    r"|[A-Z]+(?:_[A-Z]+)+"
    r"|~/\.aws/\w+"
    r"|[a-z]+:[A-Za-z]+=[0-9.]+"
    r")(?![\w-])"
)


def command_reference(commands: Iterable[Command]) -> str:
    """Return the page that describes these *commands*."""
    return "\n".join([_INTRODUCTION, *(line for command in commands for line in _section(command))])


def _section(command: Command) -> Iterator[str]:
    yield from (f"## {command.name}", "", "```text", f"Usage: {command.usage}", "```", "")
    for paragraph in command.paragraphs:
        yield from (_marked(paragraph), "")
    yield from _table("argument", command.arguments)
    yield from _table("option", command.options)
    yield from _table("command", [Entry(entry.name, entry.meaning) for entry in command.commands], of=command.name)
    if command.example:
        lead, call = command.example
        language = "ini" if " = " in call else "sh"
        yield from (lead, "", f"```{language}", call, "```", "")
    elif command.epilog:
        yield from (command.epilog, "")


def _table(what: str, entries: Iterable[Entry], *, of: str | None = None) -> Iterator[str]:
    rows = [f"| {_name(entry.name, of)} | {_marked(entry.meaning)} |" for entry in entries]
    if rows:
        yield from (f"| {what} | what it does |", "|---|---|", *rows, "")


def _name(name: str, of: str | None) -> str:
    shown = f"`{name}`"
    return f"[{shown}](#{of} {name})".replace(" ", "-") if of else shown


def _marked(text: str) -> str:
    """Return *text* with what is typed marked as such, and nothing in it taken for Markdown."""
    return _TYPED.sub(r"`\1`", text.replace("|", r"\|").replace("*", r"\*")).replace("  [", " [")
