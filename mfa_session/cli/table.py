"""A table for the terminal: columns that fit its width, and colour where it means something."""

import os
import shutil
import sys
import unicodedata
from collections.abc import Container, Sequence
from dataclasses import dataclass
from enum import StrEnum

from mfa_session.text import escape_control

_GAP = "  "
_ELLIPSIS = "…"

# Of a name or an ARN, enough to tell it from others.
_LEAST_WIDTH = 8


class Colour(StrEnum):
    """What a colour says, with the code that terminals know it by."""

    GOOD = "32"
    SOON = "33"
    BAD = "31"


@dataclass(frozen=True, slots=True)
class Cell:
    """A text in a colour."""

    text: str
    colour: Colour | None = None


def table(headings: Sequence[str], rows: Sequence[Sequence[str | Cell]], *, whole: Container[str] = ()) -> str:
    """Return *rows* below *headings*, one line each.

    On a terminal no line is wider than it: the widest columns are shortened in the middle, where
    names and ARNs say the least, but not those whose headings are in *whole*. Elsewhere every value is whole.
    """
    cells = [[_cell(each) for each in row] for row in (headings, *rows)]
    widths = [max(display_width(cell.text) for cell in column) for column in zip(*cells, strict=True)]
    if sys.stdout is not None and sys.stdout.isatty():
        least = [width if heading in whole else _LEAST_WIDTH for heading, width in zip(headings, widths, strict=True)]
        widths = _fitted(widths, least, columns=shutil.get_terminal_size().columns)
    coloured = colours_are_shown()
    lines = (
        _GAP.join(_shown(cell, width, coloured=coloured) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    )
    return "".join(f"{line}\n" for line in lines)


def display_width(text: str) -> int:
    """Return how many columns of a terminal *text* takes: two for each wide character of East Asia."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in ("W", "F") else 1 for c in text
    )


def colours_are_shown() -> bool:
    """Tell whether standard output shows colours: a terminal, unless NO_COLOR or TERM=dumb says otherwise."""
    if sys.stdout is None or not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return False
    # An older console of Windows shows the codes themselves; Windows Terminal does not, and says so.
    return os.environ.get("TERM") != "dumb" and (os.name != "nt" or "WT_SESSION" in os.environ)


def _cell(value: str | Cell) -> Cell:
    cell = value if isinstance(value, Cell) else Cell(value)
    return Cell(escape_control(cell.text), cell.colour)


def _fitted(widths: Sequence[int], least: Sequence[int], *, columns: int) -> list[int]:
    """Return *widths* made to fit into *columns*, the widest ones first, none below its *least*."""
    fitted = list(widths)
    while sum(fitted) + len(_GAP) * (len(fitted) - 1) > columns:
        widest = max(range(len(fitted)), key=lambda n: fitted[n] if fitted[n] > least[n] else 0)
        if fitted[widest] <= least[widest]:
            break
        fitted[widest] -= 1
    return fitted


def _shown(cell: Cell, width: int, *, coloured: bool) -> str:
    text = _shortened(cell.text, width)
    padding = " " * (width - display_width(text))
    return f"\x1b[{cell.colour}m{text}\x1b[0m{padding}" if coloured and cell.colour else text + padding


def _shortened(text: str, width: int) -> str:
    if display_width(text) <= width:
        return text
    head, tail = text[: len(text) // 2], text[len(text) // 2 :]
    while display_width(head) + display_width(tail) + 1 > width:
        if display_width(head) > display_width(tail):
            head = head[:-1]
        else:
            tail = tail[1:]
    return head + _ELLIPSIS + tail
