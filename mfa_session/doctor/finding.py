"""Findings of a diagnosis, each with its fix."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding matters: nothing to do, works but should be fixed, does not work."""

    FINE = "fine"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding, without secrets.

    *about* is the part of the set-up, in one word. *name* identifies the finding in programs and never
    changes. *what* and *fix* are text for the user. *profile* is ``None`` for what concerns every profile.
    """

    severity: Severity
    about: str
    name: str
    what: str
    fix: str = ""
    profile: str | None = None


def fine(about: str, name: str, what: str) -> Finding:
    """Return a finding of what works."""
    return Finding(Severity.FINE, about, name, what)


def warning(about: str, name: str, what: str, *, fix: str) -> Finding:
    """Return a finding of what works but should be fixed."""
    return Finding(Severity.WARNING, about, name, what, fix)


def error(about: str, name: str, what: str, *, fix: str) -> Finding:
    """Return a finding of what keeps the profile from working."""
    return Finding(Severity.ERROR, about, name, what, fix)
