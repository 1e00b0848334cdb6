"""The recording as a picture: an SVG of the whole screen, in which what is typed stands out."""

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from docs.recording.session import Step

COLUMNS = 96

_CHARACTER_WIDTH = 8.43  # of the usual monospaced fonts at 14 px; textLength holds the others to it
_LINE_HEIGHT = 21
_MARGIN = 22
_TITLE_HEIGHT = 40

# The programs show no colours: the picture only tells apart what is typed, and what was denied.
_STYLE = """\
text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #c6cdd5 }
.prompt { fill: #6cc98a } .typed { fill: #fff; font-weight: 600 } .denied { fill: #ff9a8f }
.note { fill: #8b949e; font-style: italic }"""

_TITLE = "Denied; one code for mfa-session login; and the same command is allowed"
_NOTE_ON_THE_CODE = "six digits, unseen"


@dataclass(frozen=True)
class Run:
    """Characters of one line that look the same; *look* is a class of the style sheet."""

    text: str
    look: str = ""


def picture(steps: list[Step]) -> str:
    """Return the SVG of *steps*."""
    lines = list(_lines(steps))
    width = round(COLUMNS * _CHARACTER_WIDTH + 2 * _MARGIN)
    height = _TITLE_HEIGHT + len(lines) * _LINE_HEIGHT + _MARGIN
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" role="img" aria-label="{_TITLE}">',
            f"<title>{_TITLE}</title>",
            f"<style>\n{_STYLE}\n</style>",
            f'<rect width="{width}" height="{height}" rx="10" fill="#14171c"/>',
            *(
                f'<circle cx="{_MARGIN + 4 + 20 * number}" cy="20" r="6" fill="{colour}"/>'
                for number, colour in enumerate(("#ff5f57", "#febc2e", "#28c840"))
            ),
            *(
                text
                for number, line in enumerate(lines)
                for text in _drawn(line, _TITLE_HEIGHT + 18 + number * _LINE_HEIGHT)
            ),
            "</svg>\n",
        )
    )


def _lines(steps: list[Step]) -> Iterator[list[Run]]:
    for number, step in enumerate(steps):
        if number:
            yield []
        yield [Run("$ ", "prompt"), Run(step.command, "typed")]
        for shown in step.shown.split("\n"):
            look = "denied" if shown.startswith("An error occurred") else ""
            for line in textwrap.wrap(shown, COLUMNS, drop_whitespace=False) or [""]:
                yield _runs(line, look)


def _runs(line: str, look: str) -> list[Run]:
    if question := re.fullmatch(r"(.*\[Y/n\] )(\w)", line):
        return [Run(question[1]), Run(question[2], "typed")]
    if line.startswith("MFA code:"):
        return [Run(line + " "), Run(_NOTE_ON_THE_CODE, "note")]
    return [Run(line, look)]


def _drawn(line: list[Run], y: int) -> Iterator[str]:
    column = 0
    for run in line:
        if text := run.text.rstrip():
            look = f' class="{run.look}"' if run.look else ""
            x, length = _MARGIN + column * _CHARACTER_WIDTH, len(text) * _CHARACTER_WIDTH
            yield (
                f'<text{look} x="{x:.1f}" y="{y}" textLength="{length:.1f}" xml:space="preserve">{escape(text)}</text>'
            )
        column += len(run.text)
