"""Patterns of IAM policies: text with ``*``, ``?`` and variables such as ``${aws:username}``.

What a variable stands for is always literal: a user named ``*`` matches no other user.
A pattern with a variable that is absent from the request matches nothing.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Self

from mfa_session.errors import UsageError

# a variable that is never closed is one part too, so that it is seen and refused
_PART = re.compile(r"\$\{[^}]*\}?|.", re.DOTALL)
_VARIABLE = re.compile(r"\$\{(?:(?P<literal>[*?$])|(?P<key>[A-Za-z0-9-]+:[\w/+=.@-]+))\}", re.ASCII)

# arn:partition:service:region:account:resource
_SEGMENTS_OF_AN_ARN = 6

ValueOf = Callable[[str], str | None]
"""What a request says of a condition key, ``None`` where it is absent."""


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
    """A pattern as it stands in a policy; *parts* are single characters and whole variables."""

    parts: tuple[str, ...]

    @classmethod
    def parse(cls, text: str, variables: Variables) -> Self:
        """Read *text*, with or without *variables*.

        Raises:
            UsageError: a variable has a form that is not understood here, such as a default value.
        """
        if variables is Variables.LITERAL:
            # every $ becomes a variable that stands for a dollar, and so none begins another
            text = text.replace("$", "${$}")
        parts = tuple(_PART.findall(text))
        if any(part.startswith("${") and not _VARIABLE.fullmatch(part) for part in parts):
            raise UsageError(
                f"{text!r} has a policy variable of an unknown form", hint="write variables as ${aws:username}"
            )
        return cls(parts)

    def matches(self, text: str, value_of: ValueOf) -> bool:
        """Tell whether *text* as a whole fits."""
        expanded = _expanded(self.parts, value_of)
        return expanded is not None and _fits(expanded, text)

    def matches_arn(self, arn: str, value_of: ValueOf) -> bool:
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
        return all(Pattern(parts).matches(segment, value_of) for parts, segment in pairs)

    def text(self, value_of: ValueOf) -> str | None:
        """Return what it stands for where wildcards mean nothing; ``None`` where a variable is absent."""
        expanded = _expanded(self.parts, value_of)
        if expanded is None:
            return None
        return "".join(piece.value if isinstance(piece, _Wild) else piece for piece in expanded)

    def _segments(self) -> list[tuple[str, ...]]:
        segments: list[tuple[str, ...]] = [()]
        for part in self.parts:
            if part == ":" and len(segments) < _SEGMENTS_OF_AN_ARN:
                segments.append(())
            else:
                segments[-1] += (part,)
        return segments


def _expanded(parts: tuple[str, ...], value_of: ValueOf) -> list[str | _Wild] | None:
    pieces: list[str | _Wild] = []
    for part in parts:
        variable = _VARIABLE.fullmatch(part)
        if variable and variable["key"]:
            value = value_of(variable["key"])
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
