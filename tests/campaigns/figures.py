"""The figures of a campaign: how many cases there were, and in how many something bad was found.

A test counts what it has tried, whatever process it runs in; `python -m tests.campaigns`
adds it up. What was found is counted before the test fails for it, so that a table shows it.
"""

import json
import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path


def count(campaign: str, what: str, cases: int = 1, **found: int) -> None:
    """Add *cases* to the row *what* of *campaign*, and to each column what was *found*: ``lost=0, torn=0``.

    Count what was really found, before the assertion that it is nothing. It goes to the file
    that ``MFA_SESSION_FIGURES`` names, a line of JSON each time; or nowhere.
    """
    if not (file := os.environ.get("MFA_SESSION_FIGURES")):
        return
    line = json.dumps({"campaign": campaign, "what": what, "cases": cases, "found": found}) + "\n"
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, line.encode())  # one write, so that lines of several processes do not mix
    finally:
        os.close(descriptor)


def table(file: Path) -> Iterable[str]:
    """Yield the Markdown table of all that was counted in *file*, in the order of campaigns and rows."""
    totals: dict[tuple[str, str], Counter[str]] = {}
    cases: Counter[tuple[str, str]] = Counter()
    for line in file.read_text().splitlines():
        entry = json.loads(line)
        row = (entry["campaign"], entry["what"])
        cases[row] += entry["cases"]
        found = totals.setdefault(row, Counter())
        for name, number in entry["found"].items():
            found[name] += number
    yield "| campaign | what | cases | found |"
    yield "|---|---|---:|---|"
    for campaign, what in sorted(totals):
        found = totals[campaign, what]
        words = ", ".join(f"{found[name]:,} {name.replace('_', ' ')}" for name in found)
        yield f"| {campaign} | {what} | {cases[campaign, what]:,} | {words} |"
