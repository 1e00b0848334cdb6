"""The commands, as the program itself describes them."""

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import typer.main

from mfa_session.cli.app import program

# Some versions of Typer put braces around what must be given.
_BRACES = str.maketrans("", "", "{}")

# How the examples of all commands begin; between the two stands where it is to be written, if not in a shell.
_EXAMPLE = re.compile(r"(?P<lead>Example[^:]*:) (?P<call>.+)")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a list in the help of a command: an option, an argument or a command, and what it is for."""

    name: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Command:
    """What `--help` says of one command, before it is fitted to the width of a terminal."""

    words: tuple[str, ...]
    usage: str
    paragraphs: tuple[str, ...]
    arguments: tuple[Entry, ...]
    options: tuple[Entry, ...]
    commands: tuple[Entry, ...]
    epilog: str

    @property
    def name(self) -> str:
        """The command as it is typed."""
        return " ".join(self.words)

    @property
    def summary(self) -> str:
        """What it does, in a sentence."""
        return self.paragraphs[0]

    @property
    def example(self) -> tuple[str, str] | None:
        """What is said before the example, and the example."""
        match = _EXAMPLE.fullmatch(self.epilog)
        return (match["lead"], match["call"]) if match else None


def all_commands() -> list[Command]:
    """Return the program itself and its commands, in the order of `--help`, each group before what is in it."""
    return list(_described(typer.main.get_command(program()), ("mfa-session",), parent=None))


def _described(command: Any, words: tuple[str, ...], *, parent: Any) -> Iterator[Command]:
    context = command.context_class(command, info_name=words[-1], parent=parent, **command.context_settings)
    members = {name: command.get_command(context, name) for name in _names_in(command, context)}
    parameters = command.get_params(context)
    yield Command(
        words=words,
        usage=str(command.get_usage(context)).removeprefix("Usage: ").translate(_BRACES),
        paragraphs=tuple(" ".join(part.split()) for part in inspect.cleandoc(command.help).split("\n\n")),
        arguments=_entries(parameters, context, kind="argument"),
        options=_entries(parameters, context, kind="option"),
        commands=tuple(Entry(name, _first_sentence(member.help)) for name, member in members.items()),
        epilog=" ".join((command.epilog or "").split()),
    )
    for name, member in members.items():
        yield from _described(member, (*words, name), parent=context)


def _names_in(command: Any, context: Any) -> list[str]:
    return list(command.list_commands(context)) if hasattr(command, "list_commands") else []


def _entries(parameters: list[Any], context: Any, *, kind: str) -> tuple[Entry, ...]:
    records = [parameter.get_help_record(context) for parameter in parameters if parameter.param_type_name == kind]
    return tuple(Entry(*record) for record in records if record)


def _first_sentence(text: str) -> str:
    return " ".join(inspect.cleandoc(text).split("\n\n")[0].split())
