"""`mfa-session policy apply`, `users` and `remove`: enforce MFA for a group, step by step, and undo it."""

import re
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer

from mfa_session.cli.commands.policy import (
    AllowWithoutMFAOption,
    ExemptOption,
    MaxMFAAgeOption,
    NoPasswordChangeOption,
    ViaAWSServiceOption,
    make_shape,
)
from mfa_session.cli.context import AppContext
from mfa_session.cli.login_service import aws_with_mfa
from mfa_session.cli.options import ProfileOption
from mfa_session.cli.output import write_json, write_stderr, write_stdout
from mfa_session.cli.policy_source import read_file
from mfa_session.cli.table import Cell, Colour, table
from mfa_session.errors import MFASessionError, PersonNeededError, PromptCancelledError, UsageError, hint_command
from mfa_session.model.credentials import timestamp
from mfa_session.policies.apply import (
    MAX_NAMES,
    Plan,
    carry_out,
    check_that_all_have_devices,
    check_that_it_is_ours,
    check_unchanged,
    count,
    difference,
    enforces,
    find_attached,
    other_enforcing_policies,
    plan_enforcement,
)
from mfa_session.policies.exposure import listed
from mfa_session.policies.group_users import GroupUser, group_users, message_for
from mfa_session.policies.simulation import read_policies
from mfa_session.policies.templates import MAX_POLICY, Shape, safe_policy, size
from mfa_session.text import escape_control

APPLY_EXAMPLE = "Example: mfa-session policy apply --group developers --profile test-user --dry-run"
USERS_EXAMPLE = "Example: mfa-session policy users --group developers --profile test-user"
REMOVE_EXAMPLE = "Example: mfa-session policy remove --group developers --profile test-user --dry-run"

_DEFAULT_NAME = "MFAEnforcePolicy"
_POLICY_NAME = re.compile(r"[\w+=,.@-]{1,128}", re.ASCII)

# A wait of a second needs no explanation.
_QUIET_SECONDS = 1.0

GroupOption = Annotated[str, typer.Option("--group", metavar="NAME", help="Group of IAM users.")]
NameOption = Annotated[str, typer.Option("--name", metavar="NAME", help="Name of the managed policy.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Show what would be done, and do nothing.")]


def apply(
    context: typer.Context,
    group: GroupOption,
    file: Annotated[
        str | None, typer.Argument(metavar="[FILE]", help="A policy of your own.  [default: the safe one]")
    ] = None,
    name: NameOption = _DEFAULT_NAME,
    self_service_only: Annotated[
        bool, typer.Option("--self-service-only", help="Let users add devices; do not enforce MFA yet.")
    ] = False,
    no_password_change: NoPasswordChangeOption = False,
    via_aws_service: ViaAWSServiceOption = False,
    max_mfa_age: MaxMFAAgeOption = None,
    allow_without_mfa: AllowWithoutMFAOption = None,
    exempt: ExemptOption = None,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    allow_lock_out: Annotated[
        bool, typer.Option("--allow-lock-out", help="Do it even if users have no MFA device yet.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace a policy that was written or changed by other means.")
    ] = False,
    profile: ProfileOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Apply the safe policy to a group.

    It is created or updated, and attached. With --self-service-only first, users can add
    their devices before MFA is enforced.

    It is done with the MFA session of the profile, never with the long-term key. What is
    so already is left alone; where the policy has five versions, the oldest is deleted,
    and its text is shown.
    """
    app: AppContext = context.obj
    _check_name(name)
    shape = make_shape(
        no_password_change=no_password_change,
        via_aws_service=via_aws_service,
        max_mfa_age=max_mfa_age,
        allow_without_mfa=allow_without_mfa,
        exempt=exempt,
        self_service=self_service_only,
    )
    own = _own_document(file, shape) if file else None
    sts, iam, session = aws_with_mfa(app, profile)
    caller = sts.get_caller_identity(session)
    document = own or safe_policy(caller.partition, shape).document
    if size(document) > MAX_POLICY:
        raise UsageError(f"the policy has {size(document):,} characters", hint=f"IAM takes {MAX_POLICY:,} at most")
    with _Progress() as progress:
        plan = plan_enforcement(group, name, document, caller=caller, session=session, iam=iam, progress=progress.show)
    if as_json and (plan.is_in_force or dry_run):
        _write_json(plan, changed=False)
        return
    if plan.is_in_force:
        write_stderr(f"mfa-session: no changes: {escape_control(name)} is already attached to {escape_control(group)}")
        return
    if dry_run:
        _show(plan, allow_lock_out=allow_lock_out)
        return
    if not allow_lock_out:
        check_that_all_have_devices(plan)
    if as_json and not yes:
        raise PersonNeededError("confirmation required", hint="to apply it: --yes; to look at it first: --dry-run")
    if not yes:
        _ask(plan, app)
    elif not replace:
        check_that_it_is_ours(plan)
    check_unchanged(plan, session=session, iam=iam)
    carry_out(plan, session=session, iam=iam, tell=_say_nothing if as_json else _tell)
    if as_json:
        _write_json(plan, changed=True)
        return
    write_stderr(f"mfa-session: policy {escape_control(plan.arn)} is attached to group {escape_control(group)}")
    _name_those_without_device(plan)
    for other in other_enforcing_policies(group, plan.arn, session=session, iam=iam):
        write_stderr(
            f"mfa-session: still attached to {escape_control(group)}, and asks for MFA: {escape_control(other)}"
        )
    if max_mfa_age and not self_service_only:
        as_long = hint_command("configure", "--duration", max_mfa_age, profile="")
        write_stderr(f"mfa-session: work is denied {max_mfa_age} after the code; sessions as long: {as_long}")
    if plan.members:
        test = hint_command("policy check", "--user", plan.members[0])
        write_stderr(f"mfa-session: hint: to test: {test}")


def _tell(line: str) -> None:
    write_stderr(f"mfa-session: {escape_control(line)}")


def _say_nothing(line: str) -> None:
    """Write no progress, beside JSON."""


def _write_json(plan: Plan, *, changed: bool) -> None:
    write_json(
        group=plan.group,
        arn=plan.arn,
        changed=changed,
        steps=list(plan.steps),
        members_without_device=list(plan.members_without_device),
    )


def users(
    context: typer.Context,
    group: GroupOption,
    json_wanted: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
    profile: ProfileOption = None,
) -> None:
    """Show which users of a group are ready for MFA.

    Devices, access keys with age and last use, console passwords, and a text to send to
    the users who are not ready.
    """
    _, iam, session = aws_with_mfa(context.obj, profile)
    with _Progress() as progress:
        found = group_users(group, session=session, iam=iam, progress=progress.show)
    if json_wanted:
        write_json(users=_records(found), message=message_for(found) or None)
        return
    write_stdout(_user_table(found, datetime.now(UTC)))


def remove(
    context: typer.Context,
    group: GroupOption,
    name: NameOption = _DEFAULT_NAME,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    profile: ProfileOption = None,
) -> None:
    """Detach the policy from a group again.

    The policy itself stays, for other groups or a later apply.
    """
    app: AppContext = context.obj
    _check_name(name)
    _, iam, session = aws_with_mfa(app, profile)
    arn, document = find_attached(group, name, session=session, iam=iam)
    diff = difference(name, document, None)
    members = iam.get_group(session, group)
    step = f"detach policy {name} from group {group} ({count(len(members), 'user')})"
    others = other_enforcing_policies(group, arn, session=session, iam=iam)
    if enforces(document):
        step += f"; MFA is still asked for by {listed(others)}" if others else "; MFA is no longer enforced for them"
    if dry_run:
        write_stdout("".join(f"{escape_control(line)}\n" for line in diff))
        write_stderr(f"mfa-session: would {escape_control(step)}")
        return
    if not yes:
        _confirm(app, hint_command("policy remove", "--group", group), [*diff, f"This would {step}."])
    if iam.managed_policy(session, arn) is None or find_attached(group, name, session=session, iam=iam)[1] != document:
        raise MFASessionError(f"policy {name} was changed meanwhile; nothing was done", hint="run it again")
    iam.detach_group_policy(session, group, arn)
    write_stderr(f"mfa-session: policy {escape_control(arn)} is detached from group {escape_control(group)}")


def _own_document(file: str, shape: Shape) -> str:
    if shape != Shape():
        raise UsageError("FILE is applied as it is", hint="leave out FILE, or the options that shape the safe policy")
    document = read_file(file)
    read_policies({file: document})
    return document


def _check_name(name: str) -> None:
    if not _POLICY_NAME.fullmatch(name):
        raise UsageError(f"{name} is no name of a policy", hint="use letters, digits and _ + = , . @ -")


def _show(plan: Plan, *, allow_lock_out: bool) -> None:
    write_stdout("".join(f"{escape_control(line)}\n" for line in plan.diff))
    for step in plan.steps:
        write_stderr(f"mfa-session: would {escape_control(step)}")
    _name_those_without_device(plan)
    checks = ([] if allow_lock_out else [check_that_all_have_devices]) + [check_that_it_is_ours]
    for check in checks:
        try:
            check(plan)
        except MFASessionError as refused:
            write_stderr(f"mfa-session: would refuse: {escape_control(str(refused))}")
            write_stderr(f"mfa-session: hint: {escape_control(refused.hint)}")


def _name_those_without_device(plan: Plan) -> None:
    if plan.members_without_device:
        members = escape_control(listed(plan.members_without_device, MAX_NAMES))
        write_stderr(f"mfa-session: without an MFA device that shows codes: {members}")


def _ask(plan: Plan, app: AppContext) -> None:
    lines = [*plan.diff, *(f"This would {step}." for step in plan.steps)]
    if plan.is_foreign:
        lines.append(f"Policy {plan.name} was written or changed by other means; this replaces it.")
    _confirm(app, hint_command("policy apply", "--group", plan.group), lines)


def _confirm(app: AppContext, command: str, lines: Sequence[str]) -> None:
    user = app.user(command)
    if not user.is_there:
        raise PersonNeededError(
            "confirmation required", hint="look at the change with --dry-run, then make it with --yes"
        )
    for line in lines:
        user.tell(line)
    if not user.agrees("Do it?", by_default=False):
        raise PromptCancelledError


def _records(found: Sequence[GroupUser]) -> list[dict[str, object]]:
    """Return the records of users for `--json`."""
    return [
        {
            "user": user.name,
            "status": user.status,
            "devices": list(user.devices),
            "keys": [timestamp(moment) for moment in user.key_dates],
            "last_used": timestamp(user.last_used) if user.last_used else None,
            "password": user.has_password,
        }
        for user in found
    ]


def _user_table(found: Sequence[GroupUser], now: datetime) -> str:
    rows = []
    for user in found:
        ages = ", ".join(f"{(now - moment).days} d" for moment in user.key_dates)
        used = f"{(now - user.last_used).days} d ago" if user.last_used else "never" if user.key_dates else "-"
        status = Cell(user.status, Colour.BAD if user.status.startswith("no ") else Colour.GOOD)
        password = "yes" if user.has_password else "no"
        rows.append((user.name, status, ", ".join(user.devices) or "-", ages or "-", used, password))
    ready = sum(not user.status.startswith("no ") for user in found)
    text = table(("USER", "STATUS", "DEVICE", "KEY AGE", "LAST USED", "PASSWORD"), rows)
    text += f"\n{ready} of {count(len(found), 'user')} ready.\n"
    if message := message_for(found):
        text += f"\nText to send to the others:\n\n{message}"
    return text


class _Progress:
    """Shows on the terminal how many users were looked at, and erases it at the end."""

    def __init__(self) -> None:
        self._since = time.monotonic()
        self._is_shown = False

    def __enter__(self) -> "_Progress":
        return self

    def show(self, done: int, of: int) -> None:
        """Show it, once it takes longer than a second."""
        if time.monotonic() - self._since < _QUIET_SECONDS or sys.stderr is None or not sys.stderr.isatty():
            return
        self._is_shown = True
        sys.stderr.write(f"\rLooking at users: {done:,} of {of:,}")
        sys.stderr.flush()

    def __exit__(self, *_: object) -> None:
        if self._is_shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
