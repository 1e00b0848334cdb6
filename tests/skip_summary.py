"""What pytest prints of skipped tests: one line for each cause, with how many tests it kept from running."""

from collections import Counter
from collections.abc import Iterable

import pytest


def causes(reports: Iterable[object]) -> list[tuple[str, int]]:
    """Return each reason in *reports* of skipped tests with its number, the most frequent first."""
    return sorted(Counter(map(_cause, reports)).items(), key=lambda cause: (-cause[1], cause[0]))


def _cause(report: object) -> str:
    match getattr(report, "longrepr", None):
        case (_, _, str(reason)):  # the file and the line of the skip are of no interest
            return reason.removeprefix("Skipped: ").strip().partition("\n")[0]
    return "no reason given"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the summary, where anything was skipped."""
    if found := causes(terminalreporter.stats.get("skipped", [])):
        terminalreporter.section(f"skipped: {sum(number for _, number in found)}, by cause")
        for reason, number in found:
            terminalreporter.line(f"{number:5}  {reason}")
