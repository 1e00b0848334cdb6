"""`mfa-session policy`: show, check and apply MFA-enforcing policies."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from mfa_session.cli.context import AppContext
from mfa_session.cli.login_service import aws_with_mfa
from mfa_session.cli.options import ProfileOption
from mfa_session.cli.output import write_stderr, write_stdout
from mfa_session.cli.policy_source import Source, simulation_of
from mfa_session.cli.table import table
from mfa_session.errors import PersonNeededError, PromptCancelledError, UsageError, hint_command
from mfa_session.model import durations
from mfa_session.model.partitions import partition as known_partition
from mfa_session.model.partitions import partition_of
from mfa_session.policies.apply import Plan, carry_out, check_that_all_have_devices, listed, plan_enforcement
from mfa_session.policies.checks import Report, check
from mfa_session.policies.evaluator import DecisionType
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


def as_json(report: Report) -> str:
    """Return *report* as JSON. Every key is always there, and none is ever taken away.

    Decisions are ``allowed``, ``explicitly denied``, ``implicitly denied`` and ``unknown``.
    """
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
    return json.dumps({"decisions": decisions, **findings}, indent=2) + "\n"


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
    return "".join(f"{escape_control(line)}\n" for line in _lines(report))


def _lines(report: Report) -> Iterator[str]:
    rows = [(row.action, row.target.value, *(_WORDS[each.decision] for each in row.decisions)) for row in report.rows]
    yield from table(_HEADINGS, rows).splitlines()
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
APPLY_EXAMPLE = "Example: mfa-session policy apply --group developers --profile test-user --dry-run"

_SAFE = "safe"
_VARIANTS = (_SAFE, "article", "aws-self-manage", "aws-mfa-only")
_DEFAULT_NAME = "MFAEnforcePolicy"
_POLICY_NAME = re.compile(r"[\w+=,.@-]{1,128}", re.ASCII)
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


def show(
    context: typer.Context,
    variant: Annotated[str, typer.Option("--variant", metavar="NAME", help=f"One of: {', '.join(_VARIANTS)}.")] = _SAFE,
    partition: PartitionOption = None,
    no_password_change: NoPasswordChangeOption = False,
    via_aws_service: ViaAWSServiceOption = False,
    max_mfa_age: MaxMFAAgeOption = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Explain each statement on stderr, in one sentence.")
    ] = False,
) -> None:
    """Print a policy that enforces MFA.

    It is JSON that IAM takes, and lets users set up their devices alone.

    The safe one is the one to use; the others are those that many accounts have, as they
    were published.
    """
    where = known_partition(partition) if partition else _partition_at_hand(context.obj)
    shape = _shape(no_password_change=no_password_change, via_aws_service=via_aws_service, max_mfa_age=max_mfa_age)
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
    write_stdout(as_json(report) if json_wanted else as_text(report))
    if report.problems:
        raise typer.Exit(_HAS_A_PROBLEM)


def apply(
    context: typer.Context,
    group: Annotated[str, typer.Option("--group", metavar="NAME", help="The group whose users it is to bind.")],
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="Name of the managed policy.")] = _DEFAULT_NAME,
    no_password_change: NoPasswordChangeOption = False,
    via_aws_service: ViaAWSServiceOption = False,
    max_mfa_age: MaxMFAAgeOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be done, and do nothing.")] = False,
    insist: Annotated[
        bool, typer.Option("--yes", help="Do not ask, and do it even if users have no MFA device yet.")
    ] = False,
    profile: ProfileOption = None,
) -> None:
    """Put the safe policy in force for a group.

    It is created or updated, and attached.

    It is done with the MFA session of the profile, never with the long-term key. What is
    so already is left alone; where the policy has five versions, the oldest is deleted.
    """
    app: AppContext = context.obj
    _check_name(name)
    shape = _shape(no_password_change=no_password_change, via_aws_service=via_aws_service, max_mfa_age=max_mfa_age)
    sts, iam, session = aws_with_mfa(app, profile)
    caller = sts.get_caller_identity(session)
    document = safe_policy(caller.partition, shape).document
    plan = plan_enforcement(group, name, document, caller=caller, session=session, iam=iam)
    if plan.is_in_force:
        write_stderr(
            f"mfa-session: policy {escape_control(name)} is in force for group {escape_control(group)} as it is"
        )
        return
    if dry_run:
        _show(plan)
        return
    if not insist:
        check_that_all_have_devices(plan)
        _ask(plan, app)
    carry_out(plan, session=session, iam=iam)
    write_stderr(f"mfa-session: policy {escape_control(plan.arn)} is in force for group {escape_control(group)}")
    _name_those_without_device(plan)


def _variant(name: str, partition: str, shape: Shape) -> EnforcingPolicy:
    if name == _SAFE:
        return safe_policy(partition, shape)
    if name not in KNOWN_POLICIES:
        raise UsageError(f"there is no variant {name}", hint=f"choose one of: {', '.join(_VARIANTS)}")
    if shape != Shape():
        raise UsageError(
            f"the variant {name} is shown as it was published",
            hint="leave the other options out, or take the variant safe",
        )
    return KNOWN_POLICIES[name](partition)


def _shape(*, no_password_change: bool, via_aws_service: bool, max_mfa_age: str | None) -> Shape:
    return Shape(
        password_change=not no_password_change,
        via_aws_service=via_aws_service,
        max_mfa_age=durations.duration(max_mfa_age) if max_mfa_age else None,
    )


def _partition_at_hand(app: AppContext) -> str:
    """Return the partition of the region in use; nobody needs a profile to look at a policy."""
    region = app.environ.get("AWS_REGION") or app.environ.get("AWS_DEFAULT_REGION")
    if not region and app.environ.get("AWS_PROFILE"):
        region = app.profile(None).region
    return partition_of(region or "")


def _check_name(name: str) -> None:
    if not _POLICY_NAME.fullmatch(name):
        raise UsageError(f"{name} is no name of a policy", hint="use letters, digits and _ + = , . @ -")


def _show(plan: Plan) -> None:
    write_stdout("".join(f"{escape_control(line)}\n" for line in plan.diff))
    for step in plan.steps:
        write_stderr(f"mfa-session: would {escape_control(step)}")
    _name_those_without_device(plan)


def _name_those_without_device(plan: Plan) -> None:
    if plan.members_without_device:
        members = escape_control(listed(plan.members_without_device))
        write_stderr(f"mfa-session: without an MFA device that shows codes: {members}")


def _ask(plan: Plan, app: AppContext) -> None:
    user = app.user(hint_command("policy apply", "--group", plan.group))
    if not user.is_there:
        raise PersonNeededError(
            "somebody has to agree to the change, and nobody can be asked",
            hint="look at it with --dry-run, then do it with --yes",
        )
    for line in (*plan.diff, *(f"This would {step}." for step in plan.steps)):
        user.tell(line)
    if not user.agrees("Do it?", by_default=False):
        raise PromptCancelledError("nothing was changed", hint="to look at the change again: --dry-run")
