"""A page of the documentation: its fenced blocks, in the order in which they are read."""

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent

# What people read; what is written for those who change the program, or by it, is not there to be followed.
FOLLOWED = ("README.md", "docs/tutorial", "docs/how-to")

_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\S*)\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """One fenced block: where it stands, the language that it names, and its text."""

    page: str
    line: int
    heading: str
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


@cache
def blocks(page: str) -> tuple[Block, ...]:
    """Return every fenced block of *page*, a path from the root of the repository."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found = [
        Block(
            page,
            line=text.count("\n", 0, fence.start()) + 1,
            heading=(_HEADING.findall(text, 0, fence.start()) or [""])[-1],
            language=fence["language"],
            text=textwrap.dedent(fence["text"]),
        )
        for fence in _FENCE.finditer(text)
    ]
    assert len(found) * 2 == len(re.findall(r"^ *```", text, re.MULTILINE)), f"{page}: a fence is left open"
    return tuple(found)


def pages() -> list[str]:
    """Return every page of the repository, README and the like among them."""
    documents = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    return sorted(str(path.relative_to(ROOT)) for path in documents if "node_modules" not in path.parts)


def every_block() -> Iterator[Block]:
    for page in pages():
        yield from blocks(page)
