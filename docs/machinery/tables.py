"""The rows of a table in a document that was written by hand."""

import re
from pathlib import Path
from typing import NamedTuple

_BETWEEN_CELLS = re.compile(r"(?<!\\)\|")
_LINK = re.compile(r"\[([^]]+)\]\([^)]+\)")


class Row(NamedTuple):
    """What is looked up, and what is said of it."""

    name: str
    meaning: str


def rows(document: Path, *, below: str | None = None) -> list[Row]:
    """Return the rows of the first table in *document*, or of the first one *below* a heading."""
    text = document.read_text(encoding="utf-8")
    if below:
        text = text.partition(f"# {below}")[2]
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith("|---"):
            break
    found = []
    for line in lines:
        if not line.startswith("|"):
            break
        name, meaning = (_LINK.sub(r"\1", cell.strip()) for cell in _BETWEEN_CELLS.split(line)[1:-1])
        found.append(Row(name.replace(r"\|", "|"), meaning.replace(r"\|", "|")))
    return found
