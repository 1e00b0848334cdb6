"""The report: a table of rows, and on what they were measured."""

import os
import platform
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.aws_vault import version_of_aws_vault
from benchmarks.installations import Installations
from benchmarks.measures import Row, Samples

_BEGIN = "<!-- measured by python -m benchmarks -->\n"
_END = "<!-- end of what was measured -->\n"

_HEADINGS = ("what", "median", "least", "ratio", "to", "budget", "")

# What the times depend on most, besides the interpreter.
_OURS = ("mfa-session", "botocore", "typer")
_OTHERS = ("aws-mfa", "awsume", "awscli", "boto3")


def table(rows: Iterable[Row], samples: Samples) -> str:
    """Return the table in Markdown; times are in milliseconds."""
    lines = [_HEADINGS, *(_cells(row, samples) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEADINGS))]
    text = [" | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
    text.insert(1, " | ".join("-" * max(width, 3) for width in widths))
    return "".join(f"| {line} |\n" for line in text)


def conditions(installations: Installations, *, command: str) -> str:
    """Return in a sentence or two where and with what it was measured, by which *command*."""
    ours, others = installations.ours.versions(), installations.others.versions()
    processors = f"{os.cpu_count()} processors ({_processor()})"
    load = f", load before {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d} by `{command}`: {platform.system()} {platform.release()}, "
        f"{processors}{load}; Python {platform.python_version()}; "
        f"{_named(ours, _OURS)}; beside them {_named(others, _OTHERS)}, {version_of_aws_vault()}.\n"
    )


def put_into(path: Path, text: str) -> None:
    """Put *text* between the two marks of the file *path*, or make the file if there is none."""
    if not path.exists():
        path.write_text(_BEGIN + text + _END, encoding="utf-8")
        return
    before, begin, rest = path.read_text(encoding="utf-8").partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not (begin and end):
        raise SystemExit(
            f"{path} is there, and has no place for a table: put {_BEGIN.strip()} and {_END.strip()} into it"
        )
    path.write_text(before + begin + text + end + after, encoding="utf-8")


def _cells(row: Row, samples: Samples) -> tuple[str, ...]:
    budget = "" if row.at_most is None else f"≤ {row.at_most:g}" if row.against else f"≤ {1000 * row.at_most:.0f} ms"
    if row.measure not in samples:
        return (row.what, "not measured", "", "", "", budget, "")
    ratio = row.ratio(samples)
    verdict = {None: "", True: "kept", False: "missed"}[row.is_within_budget(samples)]
    return (
        row.what,
        row.written(samples.median(row.measure)),
        row.written(samples.least(row.measure)),
        "" if ratio is None else f"{ratio:.2f}",
        row.against.value if row.against and ratio is not None else "",
        budget,
        verdict,
    )


def _named(versions: dict[str, str], names: Iterable[str]) -> str:
    return ", ".join(f"{name} {versions[name]}" for name in names if name in versions)


def _processor() -> str:
    """Return what the processor is called."""
    information = Path("/proc/cpuinfo")
    lines = information.read_text(encoding="utf-8").splitlines() if information.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
