"""Made-up AWS files: everything that was ever seen in one, in any order."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TypeVar

from hypothesis import strategies as st

from mfa_session.aws_files.parser import Kind

Choice = TypeVar("Choice")

# What is written into a file here. The first three and the last two go with a key.
OURS = (
    "region",
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "aws_security_token",
    "aws_account_id",
)

_HEADERS = ["[default]", "[dev]", "[profile dev]", "[prod]", "[profile prod]", "[profile 'a b']", "[a b]", "[x[0]]"]
_ODD_HEADERS = ["[DEFAULT]", "[dev] # c", "[prod] x", "[Profile dev]", "[dev ]", "[a=b]", "[sso-session dev]", "[開発]"]
_KEYS = [*OURS, "output", "s3", "note", "é"]
_VALUES = [
    "v",
    "v",
    "",
    "#v",
    "v ; w",
    "a=b",
    "%(x)s",
    "'a",
    '"""',
    "\\",
    "v\u2028w",
    "v\x0bw",
    "v\x85w",
    "🚀",
    "[x]",
    "\ufeff",
]
_BELOW_A_HEADER = ["", " ", "# c", "; c", "#[dev]", "  # c"]
_BELOW_A_KEY = [*_BELOW_A_HEADER, "    x = 1", "    region = 1", "    [dev]"]
_BELOW_A_VALUE = [*_BELOW_A_KEY, "    continued", "\t  AKIA"]
_BROKEN = ["// c", "k", "=", "[", "\x00", "\ufeff", "<<<<<<< HEAD", "[dev]", "[default]", "region = twice"]

_INDENTATIONS = ["", "", "", "", "", "", "", "", "", "", "", "", "", "  ", "\t", "\u3000"]
_SEPARATORS = [" = ", "=", ": ", "\t=  "]
_ENDS = ["\n", "\n", "\r\n", "\r"]

_WANTED = [None, "new", "a=b#c", "new=="]
_PROFILES = ["dev", "dev", "prod", "default", "new", "a b"]


@dataclass(frozen=True)
class Edit:
    """A file, and what is to become of one of its profiles."""

    data: bytes
    kind: Kind
    profile: str
    values: dict[str, str | None]


class _Choices:
    """Bytes that choose, one after the other, and always the first when they have run out.

    One draw makes a whole file: a strategy of its own for each line takes ten times as long.
    """

    def __init__(self, data: bytes) -> None:
        self._data = iter(data)

    def one_of(self, options: Sequence[Choice]) -> Choice:
        return options[next(self._data, 0) % len(options)]

    def some_of(self, options: Sequence[Choice], *, at_most: int) -> list[Choice]:
        return [self.one_of(options) for _ in range(self.number(at_most))]

    def number(self, at_most: int) -> int:
        return next(self._data, 0) % (at_most + 1)

    def rarely(self) -> bool:
        return self.number(9) == 9


def _lines(choices: _Choices) -> Iterator[str]:
    yield from choices.some_of(_BELOW_A_HEADER, at_most=1)
    for header in dict.fromkeys(choices.some_of(_HEADERS + _HEADERS + _ODD_HEADERS, at_most=4)):
        indentation = choices.one_of(_INDENTATIONS)
        yield (indentation if choices.rarely() else "") + header
        yield from choices.some_of(_BELOW_A_HEADER, at_most=1)
        for key in dict.fromkeys(choices.some_of(_KEYS, at_most=5)):
            value = choices.one_of(_VALUES)
            yield indentation + choices.one_of([key, key, key.upper()]) + choices.one_of(_SEPARATORS) + value
            yield from choices.some_of(_BELOW_A_VALUE if value else _BELOW_A_KEY, at_most=2)


def _file(choices: _Choices) -> bytes:
    """Return a file that most often can be read, and often is odd."""
    lines = list(_lines(choices))
    if choices.rarely():
        lines.insert(choices.number(len(lines)), choices.one_of(_BROKEN))
    end, is_mixed = choices.one_of(_ENDS), choices.rarely()
    data = "".join(line + (choices.one_of(_ENDS) if is_mixed else end) for line in lines).encode()
    return data if choices.number(1) else data.rstrip(b"\r\n")


def _edit(data: bytes) -> Edit:
    choices = _Choices(data)
    kind: Kind = choices.one_of(("credentials", "config"))
    profile = choices.one_of(_PROFILES)
    values = {choices.one_of(OURS): choices.one_of(_WANTED) for _ in range(1 + choices.number(3))}
    return Edit(_file(choices), kind, profile, values)


edits = st.binary(min_size=40, max_size=200).map(_edit)

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_OUR_KEY = re.compile(rf"\s*(?:{'|'.join(OURS)})\s*[=:]", re.IGNORECASE)
_CONTINUATION = re.compile(r"\s+[^\s#;]")
_HEADER = re.compile(r"\[.+\][\r\n]*")


def lines_of(data: bytes) -> list[str]:
    """Return the lines of *data*, which is UTF-8, with their ends."""
    return _LINE.findall(data.decode())


def foreign_changes(before: bytes, after: bytes, values: Mapping[str, str | None]) -> Iterator[str]:
    """Yield every line of others that went, and every line that came and is none of *values*.

    What may go are lines of our keys, and what continues a value; what may come besides
    are a blank line and a header. The last line may gain its end.
    """
    old, new = lines_of(before), lines_of(after)
    wanted = {f"{key} = {value}" for key, value in values.items()}
    for kind, start, end, start_of_new, end_of_new in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        gone, come = old[start:end], new[start_of_new:end_of_new]
        if gone and come and end == len(old) and come[0].rstrip("\r\n") == gone[0].rstrip("\r\n"):
            gone, come = gone[1:], come[1:]
        yield from (line for line in gone if not _OUR_KEY.match(line) and not _CONTINUATION.match(line))
        yield from (line for line in come if line.strip() not in wanted and line.strip() and not _HEADER.match(line))
