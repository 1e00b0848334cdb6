"""`mfa-session doctor`: why it does not work, and what to do about it."""

import sys
from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from mfa_session.cli.context import AppContext
from mfa_session.cli.doctor_context import instruments
from mfa_session.cli.options import ProfileOption
from mfa_session.cli.output import write_json, write_stdout
from mfa_session.doctor.diagnose import diagnose
from mfa_session.doctor.finding import Finding, Severity
from mfa_session.text import escape_control

# The rest is imported where it is needed: every other command reads this module too.

EXAMPLE = "Example: aws s3 ls 2>&1 | mfa-session doctor --profile test-user --message -"

_SOMETHING_DOES_NOT_WORK = 1

_STANDARD_INPUT = "-"
_MAX_MESSAGE = 100_000


def doctor(
    context: typer.Context,
    profile: ProfileOption = None,
    json_wanted: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Do not ask AWS who the key or the session is.")] = False,
    message: Annotated[
        str | None,
        typer.Option("--message", metavar="TEXT", help="An error message of AWS to explain; - is standard input."),
    ] = None,
) -> None:
    """Diagnose a profile.

    Everything that the profile needs is looked at.

    Shows no secret, asks for nothing and changes nothing. AWS is asked
    one question. The exit code is 1 when something keeps the profile from working.
    """
    app: AppContext = context.obj
    name = profile or app.profile_name()
    findings = diagnose(name, _text(message), instruments=instruments(app.environ), offline=offline)
    if json_wanted:
        write_json(profile=name, findings=_records(findings))
    else:
        write_stdout(_as_text(findings))
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise typer.Exit(_SOMETHING_DOES_NOT_WORK)


def _text(message: str | None) -> str | None:
    if message != _STANDARD_INPUT:
        return message
    return sys.stdin.buffer.read(_MAX_MESSAGE).decode(errors="replace") if sys.stdin else ""


def _records(findings: Sequence["Finding"]) -> list[dict[str, str]]:
    """Return the records of *findings* for `--json`."""
    return [
        {
            "severity": finding.severity.value,
            "about": finding.about,
            "name": finding.name,
            "what": finding.what,
            "fix": finding.fix,
        }
        for finding in findings
    ]


def _as_text(findings: Sequence["Finding"]) -> str:
    """Return what is as it should be, and below it what is not, with the worst where it is seen first: at the end."""
    return "".join(f"{escape_control(line)}\n" for line in _lines(findings))


def _lines(findings: Sequence["Finding"]) -> Iterator[str]:
    for finding in findings:
        if finding.severity is Severity.FINE:
            yield f"{finding.about:<12} {finding.what}"
    for severity in (Severity.WARNING, Severity.ERROR):
        for finding in findings:
            if finding.severity is severity:
                yield ""
                yield f"{severity.value.upper():<12} {finding.about}: {finding.what}"
                yield f"{'do this':<12} {finding.fix}"
    if all(finding.severity is Severity.FINE for finding in findings):
        yield ""
        yield "Nothing is wrong here."
