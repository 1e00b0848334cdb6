"""Patterns of IAM policies: text with ``*``, ``?`` and variables such as ``${aws:username}``.

A variable's value is always literal: a user named ``*`` matches no other user. A pattern with a
variable that is absent from the request, and has no default, matches nothing.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from itertools import takewhile
from typing import Self

from mfa_session.errors import UsageError

# a variable that is never closed is one part too, so that it is seen and refused
_PART = re.compile(r"\$\{[^}]*\}?|.", re.DOTALL)
_VARIABLE = re.compile(
    r"\$\{(?:(?P<literal>[*?$])|\s*(?P<key>[A-Za-z0-9-]+:[^\s}',]+)\s*(?:,\s*'(?P<default>[^']*)'\s*)?)\}"
)

# arn:partition:service:region:account:resource
_SEGMENTS_OF_AN_ARN = 6

Truth = bool | None
"""True, false, or ``None`` for unknown."""

ValueOf = Callable[[str], str | None]
"""The value of a condition key in a request, ``None`` where it is absent. Raises UnknownKeyError."""


class UnknownKeyError(LookupError):
    """The request says nothing about a condition key, neither a value nor that it is absent."""


def any_of(truths: Iterable[Truth]) -> Truth:
    """Return whether one of *truths* is true; unknown where that hangs on an unknown one."""
    result: Truth = False
    for truth in truths:
        if truth:
            return True
        if truth is None:
            result = None
    return result


def all_of(truths: Iterable[Truth]) -> Truth:
    """Return whether all *truths* are true; unknown where that hangs on an unknown one."""
    result: Truth = True
    for truth in truths:
        if truth is None:
            result = None
        elif not truth:
            return False
    return result


class Variables(Enum):
    """Whether ``${…}`` is a variable: it is, since policy version 2012-10-17."""

    EXPANDED = "expanded"
    LITERAL = "literal"


class _Wild(Enum):
    ONE = "?"
    MANY = "*"


_WILDS = {wild.value: wild for wild in _Wild}


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern as it stands in a policy; *parts* are single characters and whole variables.

    *start* is the literal text that every match begins with.
    """

    parts: tuple[str, ...]
    start: str = ""

    @classmethod
    def parse(cls, text: str, variables: Variables) -> Self:
        """Read *text*, with or without *variables*.

        Raises:
            UsageError: a variable has a form that IAM does not know.
        """
        if variables is Variables.LITERAL:
            # every $ becomes a variable that stands for a dollar, and so none begins another
            text = text.replace("$", "${$}")
        parts = tuple(_PART.findall(text))
        if any(part.startswith("${") and not _VARIABLE.fullmatch(part) for part in parts):
            raise UsageError(
                f"{text!r} has a policy variable of an unknown form", hint="write variables as ${aws:username}"
            )
        return cls(parts, _start(parts))

    @property
    def keys(self) -> list[str]:
        """The condition keys that its variables name."""
        found = (_VARIABLE.fullmatch(part) for part in self.parts if len(part) > 1)
        return [variable["key"] for variable in found if variable and variable["key"]]

    @property
    def is_literal(self) -> bool:
        """Whether it has neither wildcard nor variable."""
        return len(self.start) == len(self.parts)

    def matches(self, text: str, value_of: ValueOf) -> Truth:
        """Tell whether the whole *text* fits."""
        if not text.startswith(self.start):
            return False
        try:
            expanded = _expanded(self.parts, value_of)
        except UnknownKeyError:
            return None
        return expanded is not None and _fits(expanded, text)

    def matches_arn(self, arn: str, value_of: ValueOf) -> Truth:
        """Tell whether *arn* fits part by part: no wildcard reaches over one of the first five colons.

        Parts that are missing at the end fit everything, as IAM completes them.
        """
        if self.parts == ("*",):
            return True
        patterns = self._segments()
        patterns += [("*",)] * (_SEGMENTS_OF_AN_ARN - len(patterns))
        segments = arn.split(":", _SEGMENTS_OF_AN_ARN - 1)
        if len(segments) != _SEGMENTS_OF_AN_ARN:
            return False
        pairs = zip(patterns, segments, strict=True)
        return all_of(Pattern(parts, _start(parts)).matches(segment, value_of) for parts, segment in pairs)

    def text(self, value_of: ValueOf) -> str | None:
        """Return what it stands for where wildcards mean nothing; ``None`` where a variable is absent.

        Raises:
            UnknownKeyError: a variable is unknown.
        """
        expanded = _expanded(self.parts, value_of)
        if expanded is None:
            return None
        return "".join(piece.value if isinstance(piece, _Wild) else piece for piece in expanded)

    def example(self, value_of: ValueOf) -> str:
        """Return a text that fits: ``x`` for each wildcard and for each variable without a value."""
        text = ""
        for part in self.parts:
            try:
                expanded = _expanded((part,), value_of)
            except UnknownKeyError:
                expanded = None
            text += "x" if expanded is None else "".join("x" if isinstance(e, _Wild) else e for e in expanded)
        return text

    def __str__(self) -> str:
        return "".join("$" if part == "${$}" else part for part in self.parts)

    def _segments(self) -> list[tuple[str, ...]]:
        segments: list[tuple[str, ...]] = [()]
        for part in self.parts:
            if part == ":" and len(segments) < _SEGMENTS_OF_AN_ARN:
                segments.append(())
            else:
                segments[-1] += (part,)
        return segments


def _start(parts: tuple[str, ...]) -> str:
    return "".join(takewhile(lambda part: part not in _WILDS and len(part) == 1, parts))


def _expanded(parts: tuple[str, ...], value_of: ValueOf) -> list[str | _Wild] | None:
    pieces: list[str | _Wild] = []
    for part in parts:
        variable = _VARIABLE.fullmatch(part)
        if variable and variable["key"]:
            value = value_of(variable["key"])
            if value is None:
                value = variable["default"]
            if value is None:
                return None
            pieces += value
        elif variable:
            pieces.append(variable["literal"])
        else:
            pieces.append(_WILDS.get(part, part))
    return pieces


def _fits(pieces: list[str | _Wild], text: str) -> bool:
    """Match without recursion: on a mismatch the last ``*`` takes one more character, so time is at most n · m."""
    here = there = 0
    again: tuple[int, int] | None = None
    while there < len(text):
        piece = pieces[here] if here < len(pieces) else None
        if piece is _Wild.MANY:
            here += 1
            again = here, there
        elif piece in (_Wild.ONE, text[there]):
            here, there = here + 1, there + 1
        elif again is not None:
            here, there = again = again[0], again[1] + 1
        else:
            return False
    return all(piece is _Wild.MANY for piece in pieces[here:])
