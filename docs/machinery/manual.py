"""The manual pages, in the macros of man(7), one for the program and one for each command."""

import re
import textwrap
from collections.abc import Iterable, Iterator

from docs.machinery.commands import Command, Entry
from docs.machinery.tables import Row
from mfa_session import __version__

# So short that no line is over 80 bytes when what is special in roff has been written otherwise.
_LINE = 64


def manual(
    commands: Iterable[Command], *, exit_codes: list[Row], variables: list[Row], files: list[Row], date: str
) -> dict[str, str]:
    """Return the page of each of the *commands*, by the name of its file; the rows are what all have in common."""
    described = list(commands)
    pages = {}
    for command in described:
        name, is_whole = "-".join(command.words), len(command.words) == 1
        lines = [
            f'.TH {_escaped(name.upper())} 1 "{date}" "mfa\\-session {__version__}" "mfa\\-session manual"',
            ".nh",
            ".ad l",
            *_name(name, command),
            *_synopsis(command),
            *_description(command),
            *_list("ARGUMENTS", command.arguments),
            *_list("OPTIONS", command.options),
            *_list("COMMANDS", command.commands),
            *_example(command),
            *_list("EXIT STATUS", exit_codes),
            *_list("ENVIRONMENT", variables if is_whole else []),
            *_list("FILES", files if is_whole else []),
            *_see_also(command, described),
        ]
        pages[f"{name}.1"] = "\n".join(lines) + "\n"
    return pages


def _name(name: str, command: Command) -> Iterator[str]:
    summary = command.summary.rstrip(".")
    yield from (".SH NAME", f"{_escaped(name)} \\-", *_sentences(summary[:1].lower() + summary[1:]))


def _synopsis(command: Command) -> Iterator[str]:
    rest = command.usage.removeprefix(command.name).split()
    yield from (".SH SYNOPSIS", f".B {_escaped(command.name)}", _escaped(" ".join(rest)))


def _description(command: Command) -> Iterator[str]:
    yield ".SH DESCRIPTION"
    for number, paragraph in enumerate(command.paragraphs):
        if number:
            yield ".PP"
        yield from _sentences(paragraph)


def _list(title: str, entries: Iterable[Entry | Row]) -> Iterator[str]:
    for number, entry in enumerate(entries):
        if not number:
            yield f".SH {title}"
        yield from (".TP", f".B {_quoted(entry.name)}", *_sentences(entry.meaning))


def _example(command: Command) -> Iterator[str]:
    if command.example is None:
        if command.epilog:
            yield from (".PP", *_sentences(command.epilog))
        return
    lead, call = command.example
    yield ".SH EXAMPLE"
    if lead != "Example:":
        yield _escaped(lead.removeprefix("Example, ").capitalize())
        yield ".PP"
    yield from (".nf", _escaped(call), ".fi")


def _see_also(command: Command, commands: list[Command]) -> Iterator[str]:
    """Name the pages above, and those one step below."""
    words = command.words
    others = [other.words for other in commands if other.words == words[: len(other.words)] and other.words != words]
    others += [other.words for other in commands if other.words[:-1] == words]
    names = [f".BR {_escaped('-'.join(other))} (1)" for other in others]
    yield from (".SH SEE ALSO", *(f"{name}," for name in names[:-1]), names[-1])


def _sentences(text: str) -> Iterator[str]:
    """Yield *text* one sentence a line, so that roff sees where each ends."""
    for sentence in re.split(r"(?<=\.) +(?=[A-Z])", text.replace("`", "")):
        for line in textwrap.wrap(sentence, _LINE, break_long_words=False, break_on_hyphens=False):
            yield _escaped(line)


def _quoted(text: str) -> str:
    quotable = _escaped(text.replace("`", "")).replace('"', "\\(dq")
    return f'"{quotable}"'


def _escaped(text: str) -> str:
    """Return *text* as roff shows it, with hyphens that can be copied: they are not dashes."""
    escaped = (
        text.replace("…", "...").replace("\\", "\\e").replace("-", "\\-").replace("~", "\\(ti").replace("^", "\\(ha")
    )
    escaped = "".join(letter if letter.isascii() else f"\\[u{ord(letter):04X}]" for letter in escaped)
    return f"\\&{escaped}" if escaped[:1] in (".", "'") else escaped
