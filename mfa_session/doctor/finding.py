"""Findings: what a look at a set-up brings to light, each with what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding matters: it is as it should be, it should be mended, or it keeps something from working."""

    FINE = "fine"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.

    *about* is the part of the set-up that it is about, in a word. *name* says what it is to
    programs, and stays the same whatever the words are. *what* and *mend* are for people; they
    hold no secret, and *mend* is empty where nothing is to be done.
    """

    severity: Severity
    about: str
    name: str
    what: str
    fix: str = ""


def fine(about: str, name: str, what: str) -> Finding:
    """Return the finding that something is as it should be."""
    return Finding(Severity.FINE, about, name, what)


def warning(about: str, name: str, what: str, *, fix: str) -> Finding:
    """Return the finding that something works, and should be mended."""
    return Finding(Severity.WARNING, about, name, what, fix)


def error(about: str, name: str, what: str, *, fix: str) -> Finding:
    """Return the finding that something keeps a part of the set-up from working."""
    return Finding(Severity.ERROR, about, name, what, fix)
