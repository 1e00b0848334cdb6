"""The sections of an AWS file, as botocore reads them.

botocore reads both files with configparser, so configparser reads them here as well; it is
only made to say on which line each section and each key began. What botocore cannot read is
refused with the number of the line, which is never quoted: it may hold a secret.
"""

import configparser
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from mfa_session.errors import SharedFileError
from mfa_session.text import escape_control

Kind = Literal["credentials", "config"]

# Where str ends a line of ASCII, and a file does not.
_OTHER_ENDS = re.compile(rb"[\x0b\x0c\x1c-\x1e]")

_BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "UTF-8", b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}


@dataclass(frozen=True, slots=True)
class Section:
    """One section: its lines are ``lines[start:end]`` of the file, the first of them the header."""

    name: str
    start: int
    end: int
    keys: Mapping[str, int]
    """The line on which each key begins; names are in lower case, as botocore sees them."""
    values: Mapping[str, str] = field(repr=False)
    """The value of each key; one that begins with a newline is a nested block."""


@dataclass(frozen=True, slots=True)
class Sections:
    """The lines of a file and the sections they make. Line numbers in here count from 0, in messages from 1."""

    lines: Sequence[bytes] = field(repr=False)
    texts: Sequence[str] = field(repr=False)
    sections: Sequence[Section]
    inherited: Mapping[str, str] = field(repr=False)
    """What ``[DEFAULT]`` gives to every section that does not say otherwise."""


def split_lines(data: bytes) -> list[bytes]:
    """Return the lines of *data* with their ends, where Python ends a line of a text file."""
    return data.splitlines(keepends=True)


def read_sections(data: bytes) -> Sections:
    """Return the sections of a file that holds *data*.

    Raises:
        SharedFileError: botocore cannot read it; the message names the line and not the file.
    """
    _refuse_other_encodings(data)
    lines = split_lines(data)
    texts = _texts(data, lines)
    if (plain := _plain_sections(texts)) is not None:
        found = Sections(lines, texts, plain, {})
        _refuse_broken_blocks(found)
        return found
    parser = _Recorder()
    try:
        parser.read_file(parser.counted(texts))
    except configparser.DuplicateSectionError as error:
        problem = f"section [{escape_control(error.section)}] is there a second time"
        raise _unreadable(error.lineno, problem, hint="make the two one section") from None
    except configparser.DuplicateOptionError as error:
        problem = f"this key is there a second time in [{escape_control(error.section)}]"
        raise _unreadable(error.lineno, problem, hint="delete one of the two lines") from None
    except configparser.MissingSectionHeaderError as error:
        problem = "this line stands before any [section]"
        raise _unreadable(
            error.lineno, problem, hint="delete it, or write the header of its profile above it"
        ) from None
    except configparser.ParsingError as error:
        problem = "this is no [section], no key = value and no comment"
        raise _unreadable(error.errors[0][0], problem, hint="correct that line, or put a # before it") from None
    found = Sections(lines, texts, tuple(parser.sections_of(len(lines))), parser.defaults())
    _refuse_broken_blocks(found)
    return found


def nested_block(value: str) -> dict[str, str]:
    """Return the settings of a nested block, such as those below ``s3 =``; none where *value* is a plain one."""
    if not value.startswith("\n"):
        return {}
    pairs = (line.split("=", 1) for line in value.splitlines() if line.strip())
    return {key.strip(): text.strip() for key, text in pairs}


# What a line is in a file that needs no more than this to be read as configparser reads it.
_PLAIN_LINE = re.compile(r"(?:\[([^\[\]\r\n]+)\]|([A-Za-z0-9_.-]+)[ \t]*=([^\r\n]*))?\s*")


def _plain_sections(texts: Sequence[str]) -> tuple[Section, ...] | None:
    """Return the sections of a plain file, ``None`` for any other.

    With 5,000 profiles configparser takes 0.2 s, and this 0.04 s. It reads headers, keys, comments and
    continuation lines; ``key: value``, ``[DEFAULT]``, indented keys and everything that configparser refuses
    are left to it.
    """
    found: list[tuple[str, int, dict[str, int], dict[str, str]]] = []
    names: set[str] = set()
    numbers: dict[str, int] = {}
    values: dict[str, str] = {}
    key, blanks = None, 0
    for number, text in enumerate(texts):
        first = text[0]
        if first in "#;":
            continue
        if first.isspace():
            part = text.strip()
            if not part:
                blanks += 1
            elif part[0] not in "#;":
                if key is None or "\r" in text:
                    return None
                values[key] += "\n" * (blanks + 1) + part
                blanks = 0
            continue
        line = _PLAIN_LINE.fullmatch(text)
        if line is None or "\r" in text[:-2]:
            return None
        header, name, value = line.groups()
        blanks = 0
        if header is not None:
            if header in names or header == "DEFAULT":
                return None
            names.add(header)
            key, numbers, values = None, {}, {}
            found.append((header, number, numbers, values))
            continue
        key = name.lower()
        if not found or key in numbers:
            return None
        numbers[key], values[key] = number, value.strip()
    ends = [*(start for _, start, _, _ in found[1:]), len(texts)]
    return tuple(
        Section(name, start, end, numbers, values)
        for (name, start, numbers, values), end in zip(found, ends, strict=False)
    )


class _Recorder(configparser.RawConfigParser):
    """botocore's parser, which also remembers the lines it found sections and keys on.

    It hears of them in two places that configparser documents as replaceable: ``SECTCRE``
    is asked about each line that may be a header, ``optionxform`` about each key.
    """

    def __init__(self) -> None:
        super().__init__()
        self._line = -1
        self._found: list[tuple[str, int, dict[str, int]]] = []
        self.SECTCRE = self  # type: ignore[assignment]  # only its match() is ever called

    def counted(self, texts: Sequence[str]) -> Iterator[str]:
        """Yield *texts* to the parser, which takes one at a time."""
        for self._line, text in enumerate(texts):
            yield text

    def match(self, text: str) -> re.Match[str] | None:
        """Tell whether *text* is a header, as the pattern in whose place this stands."""
        header = configparser.RawConfigParser.SECTCRE.match(text)
        if header:
            self._found.append((header["header"], self._line, {}))
        return header

    def optionxform(self, optionstr: str) -> str:
        """Return the key as botocore names it."""
        key = super().optionxform(optionstr)
        self._found[-1][2].setdefault(key, self._line)
        return key

    def sections_of(self, length: int) -> Iterator[Section]:
        """Yield the sections that were found in a file of *length* lines."""
        ends = [*(start for _, start, _ in self._found), length]
        for (name, start, keys), end in zip(self._found, ends[1:], strict=True):
            values = dict(self.items(name))
            yield Section(name, start, end, keys, {key: values[key] for key in keys})


def _texts(data: bytes, lines: Sequence[bytes]) -> list[str]:
    if data.isascii():
        return data.decode().splitlines(keepends=True) if not _OTHER_ENDS.search(data) else [*map(bytes.decode, lines)]
    return [_text(line, number) for number, line in enumerate(lines, 1)]


def _text(line: bytes, number: int) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        # The cause would quote the bytes.
        raise _unreadable(number, "this is not UTF-8 text", hint="save the file as UTF-8") from None


def _refuse_other_encodings(data: bytes) -> None:
    problem = None
    for mark, encoding in _BYTE_ORDER_MARKS.items():
        if data.startswith(mark):
            problem = f"it begins with a byte order mark of {encoding}"
    # A few NULs are in a value that botocore reads; one byte in four is half a file of UTF-16.
    if problem is None and data.count(0) > len(data) // 4:
        problem = "it is full of NUL bytes, as UTF-16 has them"
    if problem:
        raise SharedFileError(
            f"{problem}, and AWS tools cannot read it", hint="save it as UTF-8 without a byte order mark"
        )


def _refuse_broken_blocks(found: Sections) -> None:
    """Refuse a nested block that botocore cannot split: each of its lines has to be ``key = value``."""
    for section in found.sections:
        for key, value in section.values.items():
            if value.startswith("\n") and not all("=" in line for line in value.splitlines() if line.strip()):
                begins = section.keys[key]
                below = enumerate(found.texts[begins + 1 : section.end], begins + 1)
                broken = next(number for number, text in below if _is_broken(text))
                raise _unreadable(
                    broken + 1, "this line of an indented block has no =", hint="write it as key = value, or delete it"
                )


def _is_broken(text: str) -> bool:
    # botocore splits a block where str does, which is at more characters than end a line of a file.
    parts = [part for part in text.splitlines() if part.strip()]
    return not text.strip().startswith(("#", ";")) and any("=" not in part for part in parts)


def _unreadable(number: int | None, problem: str, *, hint: str) -> SharedFileError:
    return SharedFileError(f"line {number}: {problem}, and AWS tools cannot read the file", hint=hint)
