"""`mfa-session doctor`: why a profile does not work, and how to fix it."""

import sys
from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from mfa_session.cli.choose_profile import profile_of_environment
from mfa_session.cli.context import AppContext
from mfa_session.cli.doctor_context import doctor_context
from mfa_session.cli.options import profile_names
from mfa_session.cli.output import write_json, write_stdout
from mfa_session.cli.table import table
from mfa_session.doctor.diagnose import diagnose, managed_profiles
from mfa_session.doctor.finding import Finding, Severity
from mfa_session.text import escape_control

EXAMPLE = "Example: aws s3 ls 2>&1 | mfa-session doctor --profile test-user --message -"

_ERRORS_FOUND = 1

_STANDARD_INPUT = "-"
_MAX_MESSAGE = 100_000


def doctor(
    context: typer.Context,
    profile: Annotated[
        str | None,
        typer.Option(
            "--profile",
            metavar="NAME",
            help="AWS profile.  [default: AWS_PROFILE, else all managed profiles]",
            show_default=False,
            autocompletion=profile_names,
        ),
    ] = None,
    json_wanted: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Do not call AWS.")] = False,
    message: Annotated[
        str | None,
        typer.Option("--message", metavar="TEXT", help="An error message of AWS to explain; - is standard input."),
    ] = None,
) -> None:
    """Diagnose a profile.

    Checks the files, the key, the session, the devices at AWS and the environment. Without a
    profile, it checks all managed profiles: one line for each, then the problems.

    Shows no secret, asks nothing and changes nothing. The exit code is 1 when something keeps
    a profile from working.
    """
    app: AppContext = context.obj
    diagnosis = doctor_context(app.environ)
    name = profile or profile_of_environment(app.environ, tell=None)
    names = [name] if name else []
    if not name and message is None:
        names = managed_profiles(diagnosis)
    if not names:
        names = [app.profile_name()]
    one = names[0] if len(names) == 1 else None
    findings = diagnose(names, _text(message), context=diagnosis, offline=offline)
    if json_wanted:
        write_json(profile=one, findings=[_record(each) for each in findings])
    else:
        lines = [*(_lines(findings) if one else _lines_of_several(names, findings))]
        if all(each.severity is Severity.FINE for each in findings):
            lines += ["", "No problems found."]
        write_stdout("".join(f"{escape_control(line)}\n" for line in lines))
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise typer.Exit(_ERRORS_FOUND)


def _text(message: str | None) -> str | None:
    if message != _STANDARD_INPUT:
        return message
    return sys.stdin.buffer.read(_MAX_MESSAGE).decode(errors="replace") if sys.stdin else ""


def _record(finding: Finding) -> dict[str, str | None]:
    return {
        "severity": finding.severity.value,
        "about": finding.about,
        "name": finding.name,
        "what": finding.what,
        "fix": finding.fix,
        "profile": finding.profile,
    }


def _lines(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield what works, then the problems, the worst at the end, where it is seen first."""
    for finding in findings:
        if finding.severity is Severity.FINE:
            yield f"{finding.about:<12} {finding.what}"
    yield from _problems(findings)


def _lines_of_several(names: Sequence[str], findings: Sequence[Finding]) -> Iterator[str]:
    """Yield one line for each profile, then the problems of each, and those of none."""
    found = {name: [each for each in findings if each.profile == name] for name in names}
    yield from table(("PROFILE", "RESULT"), [(name, _result(found[name])) for name in names]).splitlines()
    for name in names:
        if any(each.severity is not Severity.FINE for each in found[name]):
            yield from ("", f"{name}:", *list(_problems(found[name]))[1:])
    yield from _problems([each for each in findings if each.profile is None])


def _result(findings: Sequence[Finding]) -> str:
    counts = {
        severity: sum(each.severity is severity for each in findings) for severity in (Severity.ERROR, Severity.WARNING)
    }
    return ", ".join(f"{n} {severity}{'s' if n > 1 else ''}" for severity, n in counts.items() if n) or "no problems"


def _problems(findings: Sequence[Finding]) -> Iterator[str]:
    for severity in (Severity.WARNING, Severity.ERROR):
        for finding in findings:
            if finding.severity is severity:
                yield ""
                yield f"{severity.value.upper():<12} {finding.about}: {finding.what}"
                yield f"{'fix':<12} {finding.fix}"
