"""Commands for Typer that are imported when they are looked up, from a table with one line of help for each."""

import importlib
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

import typer
import typer.main
from typer.core import CompletionItem, TyperArgument, TyperCommand, TyperGroup  # type: ignore[attr-defined]  # not re-exported

from mfa_session.cli.options import profile_names
from mfa_session.errors import UsageError


@dataclass(frozen=True, slots=True)
class Command:
    """A command: where its function is, as ``module:function`` of `cli/commands/`, and its one line of help.

    With *profile_first*, its first word is a profile, as ``--profile`` names one, if it has that option.
    The module names its example ``EXAMPLE``, or ``ADD_EXAMPLE`` where it has several commands.
    """

    function: str
    summary: str
    runs_a_program: bool = False
    profile_first: bool = True


@dataclass(frozen=True, slots=True)
class Group:
    """A command that has commands of its own."""

    commands: "Mapping[str, Command | Group]"
    summary: str
    example: str


class LazyCommands(MutableMapping[str, Any]):
    """The commands of a table for Typer: each is imported and described when it is looked up."""

    def __init__(self, table: Mapping[str, Command | Group]) -> None:
        self._table = table
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            self._made[name] = _described(name, self._table[name])
        return self._made[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._made[name] = command

    def __delitem__(self, name: str) -> None:
        raise TypeError(f"{name} stays in the table of commands")

    def __iter__(self) -> Iterator[str]:
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)


def _described(name: str, entry: Command | Group) -> Any:
    """Return the command of Typer that *entry* of the table stands for."""
    if isinstance(entry, Group):
        return LazyGroup(
            name=name,
            table=entry.commands,
            help=entry.summary,
            epilog=entry.example,
            no_args_is_help=True,
            rich_markup_mode=None,
        )
    module_name, _, function = entry.function.partition(":")
    module = importlib.import_module(f"mfa_session.cli.commands.{module_name}")
    described = typer.Typer(add_completion=False, rich_markup_mode=None)
    # `serve` and `exec` leave what comes behind the program's name to it.
    settings = {"allow_interspersed_args": False} if entry.runs_a_program else None
    example = getattr(module, f"{name.upper()}_EXAMPLE", None) or module.EXAMPLE
    kind = _ProfileFirst if entry.profile_first else None
    described.command(name, cls=kind, epilog=example, context_settings=settings)(getattr(module, function))
    return typer.main.get_command(described)


class _ProfileFirst(TyperCommand):
    """A command whose first word is a profile, as ``--profile`` names one."""

    def __init__(self, *args: Any, **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self._option: Any = next((each for each in self.params if "--profile" in each.opts), None)
        if self._option is None or any(isinstance(each, TyperArgument) for each in self.params):
            self._option = None
            return
        word = TyperArgument(
            param_decls=["profile_word"],
            required=False,
            nargs=-1 if self._option.multiple else 1,
            metavar="[PROFILE]...",
            help="The same as --profile.",
            autocompletion=lambda _context, _words, incomplete: profile_names(incomplete),
        )
        word.metavar = "[PROFILE]..." if self._option.multiple else "[PROFILE]"
        self.params.insert(0, word)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take the word for the value of the option."""
        rest = super().parse_args(ctx, args)
        if self._option is None:
            return rest
        word, name = ctx.params.pop("profile_word", None), self._option.name
        if word and ctx.params.get(name):
            raise UsageError("the profile is named twice", hint="name it once: as the first word, or by --profile")
        if word:
            ctx.params[name] = list(word) if self._option.multiple else word
        return rest


class LazyGroup(TyperGroup):
    """A group whose list of commands comes from the table, so that `--help` and Tab load none of them."""

    def __init__(self, *, table: Mapping[str, Command | Group], **attributes: Any) -> None:
        super().__init__(**attributes)
        self._summaries = {name: entry.summary for name, entry in table.items()}
        self.commands = LazyCommands(table)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write each command with its whole summary: Typer cuts what is too long for one line."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self._summaries.items()))

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """Return the commands and options that begin with *incomplete*."""
        commands = [
            CompletionItem(name, help=summary)
            for name, summary in self._summaries.items()
            if name.startswith(incomplete)
        ]
        return [*commands, *super(TyperGroup, self).shell_complete(ctx, incomplete)]
