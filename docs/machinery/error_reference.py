"""The reference of the errors, as Markdown that is read on GitHub too."""

import re
from collections.abc import Iterator

from docs.machinery.raised import KINDS, Raised, all_raised, all_refusals
from docs.machinery.source import Module, Source
from mfa_session.cli.endings import exit_code
from mfa_session.cli.program import COMMANDS

_INTRODUCTION = """\
# Errors

Every error that mfa-session can end with: what it says, and what to do about it. Search the page for some words of
yours; ‹…› stands for what is different each time, [ ] around what may be left out, and | between what may be said.
‹error› is another message of this page, and “‹its mend›” what is said of that one.

The last column has the exit code, which is the AWS CLI's, and the [kind](#kinds) of the error. Two more messages stand
in no table: `internal error` (255) is a mistake of mfa-session itself, and what is wrong with the options themselves
(2) is said in the words of the command line's library, with `see: mfa-session --help`.
"""

# In the order in which most people meet them.
_ROOMS = {
    "aws": "Asking AWS",
    "ask": "Asking you, or a program, for a code",
    "store": "Keys and files",
    "": "Doing what a command is for",
    "cli": "Reading what was typed",
    "loopback": "Serving a session",
}
_NOTHING_NEW = {"‹error›", "‹message›"}
_WORD_OF_A_CLASS = re.compile(r"[A-Z]+(?=[A-Z][a-z]|$)|[A-Z][a-z]+")
_ITS_MEND = "‹its mend›"

_SPECIAL = re.compile(r"([|*<>\[\]])")
# What is typed as it stands: calls with their options, settings, variables.
_OPTION = r"--[a-z][a-z-]*(?: (?:[A-Z]+\b|‹[^‹›]+›|[a-z0-9-]+(?=[;,)]|$| --)))?"
_CALL = (
    rf"mfa-session (?:--[a-z-]+ )?(?:{'|'.join(COMMANDS)})\b"
    rf"(?: (?:add|import|list|move|remove|resync|rotate)\b)?(?: {_OPTION})*"
)
_TYPED = re.compile(
    r"(?<![\w`/.-])("
    rf"(?:aws-vault exec --no-session (?:NAME|‹[^‹›]+›) -- )?{_CALL}"
    r"|aws-vault list|aws login|aws iam [a-z-]+(?: --scope Local)?|ulimit -[a-z]"
    r"|(?:chmod|lsattr|ls) [-ug0-9][^;,]+|(?:codesign|pip install) -[^;,)]+"
    rf"|{_OPTION}"
    r"|[a-z]+(?:_[a-z]+)+(?: = (?:[A-Z]+\b|‹[^‹›]+›))?"
    r"|[A-Z]+(?:_[A-Z]+)+"
    r")"
)


def error_reference(source: Source) -> str:
    """Return the page that lists every error of *source*."""
    listed = [each for each in all_raised(source) if each.hints and not _says_nothing_new(each)]
    lines = [_INTRODUCTION]
    for room, title in _ROOMS.items():
        lines += [f"## {title}", ""]
        for module in _most_telling_first([each for each in listed if each.module.room == room]):
            lines += _section(module, [each for each in listed if each.module == module])
    lines += [*_refusals(list(all_refusals(source))), *_kinds({each.kind for each in listed if each.kind})]
    return "\n".join(lines).rstrip() + "\n"


def _most_telling_first(raised: list[Raised]) -> list[Module]:
    mends: dict[str, set[str]] = {}
    for each in raised:
        mends.setdefault(each.module.name, set()).update(each.hints)
    modules = {each.module.name: each.module for each in raised}
    return [modules[name] for name in sorted(modules, key=lambda name: (-len(mends[name]), name))]


def _says_nothing_new(raised: Raised) -> bool:
    return set(raised.messages) <= _NOTHING_NEW and set(raised.hints) == {_ITS_MEND}


def _section(module: Module, raised: list[Raised]) -> Iterator[str]:
    yield from (f"### {module.says}", "", "| what it says | what to do | ends with |", "|---|---|---|")
    last = None
    own_first = sorted(raised, key=lambda each: each.hints == (_ITS_MEND,))
    for message, mend, end in dict.fromkeys(row for each in own_first for row in _rows(each)):
        yield f"| {_marked(message)} | {'the same' if mend == last else _marked(mend)} | {end} |"
        last = mend
    yield ""


def _rows(raised: Raised) -> Iterator[tuple[str, str, str]]:
    end = f"{_exit_code(raised.kind)} {_in_words(raised.kind)}" if raised.kind else "as ‹error›"
    yield from ((message, _either(raised.hints), end) for message in raised.messages)


def _either(hints: tuple[str, ...]) -> str:
    """Return several *hints* as one; where the next only goes on, its end may be left out."""
    texts: list[str] = []
    for hint in hints:
        if texts and hint.startswith(texts[-1]):
            texts[-1] += f"[{hint.removeprefix(texts[-1])}]"
        else:
            texts.append(hint)
    return "; or: ".join(texts)


def _refusals(refusals: list[Raised]) -> Iterator[str]:
    yield from ("## What the system refuses", "")
    yield from ("What ‹problem› is in the messages about files, and the mend of each.", "")
    yield from ("| problem | what to do |", "|---|---|")
    for message, mend in dict.fromkeys((*each.messages, *each.hints) for each in refusals):
        yield f"| {_marked(message)} | {_marked(mend)} |"
    yield ""


def _kinds(kinds: set[str]) -> Iterator[str]:
    yield from ("## Kinds", "")
    yield from ("| ends with | class in `mfa_session.errors` | what it means |", "|---|---|---|")
    for kind in sorted(kinds, key=lambda kind: (_exit_code(kind), kind)):
        yield f"| {_exit_code(kind)} {_in_words(kind)} | `{kind}` | {(KINDS[kind].__doc__ or '').splitlines()[0]} |"


def _in_words(kind: str) -> str:
    words = _WORD_OF_A_CLASS.findall(kind.removesuffix("Error"))
    return " ".join(word if word.isupper() else word.lower() for word in words)


def _exit_code(kind: str) -> int:
    return exit_code(KINDS[kind]("", hint=""))


def _marked(text: str) -> str:
    """Return *text* with what is typed marked as such, and nothing else in it taken for Markdown."""
    pieces = _TYPED.split(text)
    return "".join(
        f"`{piece.replace('|', chr(92) + '|')}`" if number % 2 else _SPECIAL.sub(r"\\\1", piece)
        for number, piece in enumerate(pieces)
    )
