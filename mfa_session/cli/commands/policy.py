"""`mfa-session policy`: show, check and apply MFA-enforcing policies."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Annotated

import typer

from mfa_session.cli.choose_profile import profile_of_environment
from mfa_session.cli.context import AppContext
from mfa_session.cli.options import ProfileOption, one_of
from mfa_session.cli.output import write_json, write_stderr, write_stdout
from mfa_session.cli.policy_source import Source, simulation_of
from mfa_session.cli.table import table
from mfa_session.errors import UsageError
from mfa_session.model import durations
from mfa_session.model.partitions import partition as known_partition
from mfa_session.model.partitions import partition_of
from mfa_session.policies.actions import DESCRIPTIONS, Danger, danger_of, expanded
from mfa_session.policies.checks import Report, check
from mfa_session.policies.evaluator import DecisionType, check_action
from mfa_session.policies.exposure import listed
from mfa_session.policies.findings import PolicyFinding
from mfa_session.policies.simulation import Caller
from mfa_session.policies.templates import KNOWN_POLICIES, EnforcingPolicy, Shape, safe_policy
from mfa_session.text import escape_control

_WORDS = {
    DecisionType.ALLOWED: "allowed",
    DecisionType.EXPLICITLY_DENIED: "denied",
    DecisionType.IMPLICITLY_DENIED: "-",
    DecisionType.UNKNOWN: "unknown",
}
_HEADINGS = ("ACTION", "RESOURCE", "KEY", "NO MFA", "MFA")
_LEGEND = (
    "KEY: long-term key; NO MFA: session without MFA; MFA: session with MFA.",
    "-: these policies do not allow it, another policy could.",
)


def _fields(report: Report) -> dict[str, object]:
    """Return the fields of *report* for `--json`."""
    decisions = [
        {
            "action": row.action,
            "target": row.target.value,
            **{caller.name.lower(): each.decision.value for caller, each in zip(Caller, row.decisions, strict=True)},
        }
        for row in report.rows
    ]
    found = {"problems": report.problems, "warnings": report.warnings, "limits": report.limits}
    findings = {kind: [_record(each) for each in listed] for kind, listed in found.items()}
    return {"decisions": decisions, **findings}


def _record(finding: PolicyFinding) -> dict[str, object]:
    return {
        "name": finding.name,
        "severity": finding.severity.value,
        "group": finding.group,
        "what": finding.words,
        "actions": list(finding.actions),
        "fix": finding.fix,
    }


def as_text(report: Report) -> str:
    """Return *report* as a table, with the findings below."""
    rows = [(row.action, row.target.value, *(_WORDS[each.decision] for each in row.decisions)) for row in report.rows]
    return table(_HEADINGS, rows) + "".join(f"{escape_control(line)}\n" for line in _lines(report))


def _lines(report: Report) -> Iterator[str]:
    yield from _LEGEND
    yield ""
    if not report.problems:
        yield "No problems found."
    for found, noun in ((report.problems, "problem"), (report.warnings, "warning")):
        if found:
            yield f"1 {noun}:" if len(found) == 1 else f"{len(found)} {noun}s:"
            yield from _described(found)
    if report.limits:
        yield ""
        yield "Worth knowing:"
        yield from _described(report.limits)


def _described(findings: Sequence[PolicyFinding]) -> Iterator[str]:
    for each in findings:
        yield f"- {each.words}"
        yield f"  Fix: {each.fix}"


SHOW_EXAMPLE = "Example: mfa-session policy show --explain > enforce-mfa.json"
CHECK_EXAMPLE = "Example: mfa-session policy check enforce-mfa.json"

_SAFE = "safe"
_SELF_SERVICE = "self-service"
_VARIANTS = (_SAFE, _SELF_SERVICE, *KNOWN_POLICIES)
_USER_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)
_HAS_A_PROBLEM = 1

PartitionOption = Annotated[
    str | None,
    typer.Option(
        "--partition", metavar="NAME", help="Partition of AWS: aws, aws-cn, aws-us-gov, …  [default: by the region]"
    ),
]
NoPasswordChangeOption = Annotated[
    bool, typer.Option("--no-password-change", help="Do not let users change their own password.")
]
ViaAWSServiceOption = Annotated[
    bool, typer.Option("--via-aws-service", help="Spare the calls that an AWS service makes for a user.")
]
MaxMFAAgeOption = Annotated[
    str | None, typer.Option("--max-mfa-age", metavar="TIME", help="Ask for a code that is no older: 8h, 90m, 3600.")
]
AllowWithoutMFAOption = Annotated[
    list[str] | None,
    typer.Option("--allow-without-mfa", metavar="ACTION", help="Except one more action from the Deny."),
]
ExemptOption = Annotated[
    list[str] | None,
    typer.Option("--exempt", metavar="USER", help="Do not bind this user, of a program or for emergencies."),
]


def show(
    context: typer.Context,
    variant: Annotated[
        str,
        typer.Option(
            "--variant",
            metavar="NAME",
            help=f"One of: {', '.join(_VARIANTS)}.",
            autocompletion=one_of(*_VARIANTS),
        ),
    ] = _SAFE,
    partition: PartitionOption = None,
    no_password_change: NoPasswordChangeOption = False,
    via_aws_service: ViaAWSServiceOption = False,
    max_mfa_age: MaxMFAAgeOption = None,
    allow_without_mfa: AllowWithoutMFAOption = None,
    exempt: ExemptOption = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Explain each statement on stderr, in one sentence.")
    ] = False,
) -> None:
    """Print a policy that enforces MFA.

    It is JSON that IAM takes, and lets users set up their devices alone.

    The safe one is the one to use. self-service is the same without the Deny, for the time until
    every user has a device. The others are those that many accounts have, as they were published.
    """
    where = known_partition(partition) if partition else _partition_at_hand(context.obj)
    shape = make_shape(
        no_password_change=no_password_change,
        via_aws_service=via_aws_service,
        max_mfa_age=max_mfa_age,
        allow_without_mfa=allow_without_mfa,
        exempt=exempt,
    )
    shown = _variant(variant, where, shape)
    if explain:
        for sentence in shown.explanation:
            write_stderr(sentence)
    write_stdout(shown.document + "\n")


def check_(
    context: typer.Context,
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FILE]...", help="Policies as JSON, checked together; - is standard input."),
    ] = None,
    arn: Annotated[str | None, typer.Option("--arn", metavar="ARN", help="A managed policy of the account.")] = None,
    group: Annotated[
        str | None, typer.Option("--group", metavar="NAME", help="All policies of a group, for a user in it.")
    ] = None,
    user: Annotated[
        str | None, typer.Option("--user", metavar="NAME", help="All policies of a user and the user's groups.")
    ] = None,
    partition: Annotated[
        str | None,
        typer.Option("--partition", metavar="NAME", help="Partition of AWS.  [default: the one that FILE names]"),
    ] = None,
    facts: Annotated[
        list[str] | None,
        typer.Option(
            "--context",
            metavar="KEY=VALUE",
            help="Value of a condition key in the calls, such as aws:SourceIp=192.0.2.1; KEY alone: it is absent. "
            "Given again: another value of the same key.",
        ),
    ] = None,
    json_wanted: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
    profile: ProfileOption = None,
) -> None:
    """Check what policies allow without MFA.

    With a long-term key, with a session without MFA, and with one that has it.

    The exit code is 1 where a key without MFA may act, or a user is locked out. Permissions
    boundaries and service control policies are not looked at. IAM is asked with the MFA
    session of the profile.
    """
    source = Source.of(file=tuple(files or ()), arn=arn, group=group, user=user)
    where = known_partition(partition) if partition else None
    report = check(simulation_of(source, context.obj, profile=profile, partition=where, facts=facts or []))
    if json_wanted:
        write_json(**_fields(report))
    else:
        write_stdout(as_text(report))
    if report.problems:
        raise typer.Exit(_HAS_A_PROBLEM)


def _variant(name: str, partition: str, shape: Shape) -> EnforcingPolicy:
    if name == _SAFE:
        return safe_policy(partition, shape)
    if name == _SELF_SERVICE:
        return safe_policy(partition, replace(shape, self_service=True))
    if name not in KNOWN_POLICIES:
        raise UsageError(f"there is no variant {name}", hint=f"choose one of: {', '.join(_VARIANTS)}")
    if shape != Shape():
        raise UsageError(
            f"the variant {name} is shown as it was published",
            hint="leave the other options out, or choose the variant safe",
        )
    return KNOWN_POLICIES[name](partition)


def make_shape(
    *,
    no_password_change: bool,
    via_aws_service: bool,
    max_mfa_age: str | None,
    allow_without_mfa: Sequence[str] | None,
    exempt: Sequence[str] | None,
    self_service: bool = False,
) -> Shape:
    """Return the shape that the options name, and warn of what an excepted action leads to."""
    for action in allow_without_mfa or ():
        check_action(action)
        dangers = dict.fromkeys(sorted(map(danger_of, expanded(action)), key=list(Danger).index))
        write_stderr(
            f"mfa-session: without MFA, {action} lets a stolen key {listed(DESCRIPTIONS[each] for each in dangers)}"
        )
    for user_name in exempt or ():
        if not _USER_NAME.fullmatch(user_name):
            raise UsageError(f"{user_name} is not a user name", hint="name an IAM user: --exempt NAME")
        write_stderr(f"mfa-session: {user_name} is not bound: its long-term key works without MFA")
    return Shape(
        password_change=not no_password_change,
        via_aws_service=via_aws_service,
        max_mfa_age=durations.duration(max_mfa_age) if max_mfa_age else None,
        allowed_without_mfa=tuple(sorted(set(allow_without_mfa or ()))),
        exempt=tuple(sorted(set(exempt or ()))),
        self_service=self_service,
    )


def _partition_at_hand(app: AppContext) -> str:
    """Return the partition of the region in use, without a profile where there is none."""
    region = app.environ.get("AWS_REGION") or app.environ.get("AWS_DEFAULT_REGION")
    if not region and profile_of_environment(app.environ, tell=None):
        region = app.profile(None).region
    return partition_of(region or "")
