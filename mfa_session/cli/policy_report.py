"""The report on a set of policies, as a table for people and as JSON for programs."""

import json
from collections.abc import Iterator, Sequence

from mfa_session.policies.checks import Hole, Report
from mfa_session.policies.evaluator import Decision
from mfa_session.policies.simulation import Caller
from mfa_session.text import visible

_WORDS = {
    Decision.ALLOWED: "allowed",
    Decision.EXPLICITLY_DENIED: "denied",
    Decision.IMPLICITLY_DENIED: "-",
}
_HEADINGS = ("ACTION", "DONE TO", *(caller.value.upper() for caller in Caller))


def as_json(report: Report) -> str:
    """Return *report* as JSON. Every key is always there, and none is ever taken away.

    Decisions are ``allowed``, ``explicitly denied`` and ``implicitly denied``, for each kind of caller.
    """
    decisions = [
        {
            "action": row.action,
            "target": row.target.value,
            **{caller.name.lower(): ruling.decision.value for caller, ruling in zip(Caller, row.rulings, strict=True)},
        }
        for row in report.rows
    ]
    return (
        json.dumps(
            {"decisions": decisions, "holes": _records(report.holes), "limits": _records(report.limits)}, indent=2
        )
        + "\n"
    )


def as_text(report: Report) -> str:
    """Return *report* as a table, with the holes and what else is worth knowing below."""
    return "".join(f"{visible(line)}\n" for line in _lines(report))


def _records(findings: Sequence[Hole]) -> list[dict[str, str]]:
    return [{"name": each.name, "what": each.words, "mend": each.mend} for each in findings]


def _lines(report: Report) -> Iterator[str]:
    rows = [_HEADINGS]
    rows += [(row.action, row.target.value, *(_WORDS[r.decision] for r in row.rulings)) for row in report.rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    yield "(-: neither; these policies do not allow it, but another could)"
    yield ""
    yield from _holes(report.holes)
    if report.limits:
        yield ""
        yield "Worth knowing:"
        yield from _described(report.limits)


def _holes(holes: Sequence[Hole]) -> Iterator[str]:
    if not holes:
        yield "No holes."
        return
    yield "1 hole:" if len(holes) == 1 else f"{len(holes)} holes:"
    yield from _described(holes)


def _described(findings: Sequence[Hole]) -> Iterator[str]:
    for each in findings:
        yield f"- {each.words}"
        yield f"  Mend: {each.mend}"
