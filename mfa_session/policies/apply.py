"""Apply an MFA-enforcing policy to a group: look first, lock nobody out, change only what is not so yet."""

import difflib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from mfa_session.errors import (
    AccessDeniedError,
    EntityAlreadyExistsError,
    LimitExceededError,
    LockOutError,
    hint_command,
)
from mfa_session.model.caller_identity import CallerIdentity
from mfa_session.model.credentials import SessionCredentials
from mfa_session.model.mfa_device import MFADevice

# As many names as a person reads.
_MAX_NAMES = 20


class IAM(Protocol):
    """What is asked of AWS, always with a session that was made with MFA."""

    def get_group(self, session: SessionCredentials, group_name: str) -> list[str]:
        """Return the names of the users in a group.

        Raises:
            NoSuchEntityError: there is no such group.
            ExpiredSessionError: the session was made without MFA.
        """

    def list_mfa_devices_of(self, session: SessionCredentials, user_name: str) -> list[MFADevice]:
        """Return every MFA device of a user, those that show no codes included."""

    def list_attached_group_policies(self, session: SessionCredentials, group_name: str) -> dict[str, str]:
        """Return the ARNs of the managed policies of a group, by name."""

    def managed_policy(self, session: SessionCredentials, arn: str) -> tuple[str, int] | None:
        """Return the document in force and the number of attachments, or ``None`` where there is no such policy."""

    def create_policy(self, session: SessionCredentials, name: str, document: str) -> str:
        """Create a managed policy and return its ARN.

        Raises:
            EntityAlreadyExistsError: the name is taken.
        """

    def replace_policy(self, session: SessionCredentials, arn: str, document: str) -> None:
        """Put *document* in force as a new version."""

    def attach_group_policy(self, session: SessionCredentials, group_name: str, arn: str) -> None:
        """Attach a managed policy to a group.

        Raises:
            LimitExceededError: the group has as many as there may be.
        """


@dataclass(frozen=True, slots=True)
class Plan:
    """What is there, and what is wanted.

    *present* is the document in force of policy *arn*, ``None`` where there is none yet.
    *elsewhere* is to how many others it is attached, who get a new version too.
    """

    group: str
    name: str
    arn: str
    wanted: str
    present: str | None
    is_attached: bool
    elsewhere: int
    members: tuple[str, ...]
    members_without_device: tuple[str, ...]

    @property
    def is_in_force(self) -> bool:
        """Whether nothing is left to do."""
        return self.is_attached and self.says_what_is_wanted

    @property
    def steps(self) -> list[str]:
        """What is left to do, in words and in order."""
        steps = []
        if self.present is None:
            steps.append(f"create policy {self.name}")
        elif not self.says_what_is_wanted:
            others = f", also for {_count(self.elsewhere, 'other')} that it is attached to" if self.elsewhere else ""
            steps.append(f"put a new version of policy {self.name} in force{others}")
        if not self.is_attached:
            steps.append(f"attach policy {self.name} to group {self.group} ({_count(len(self.members), 'user')})")
        return steps

    @property
    def diff(self) -> list[str]:
        """The lines that change from the document in force to the one that is wanted."""
        present = [] if self.present is None else _lines(self.present)
        return list(
            difflib.unified_diff(present, _lines(self.wanted), f"{self.name} now", f"{self.name} then", lineterm="")
        )

    @property
    def says_what_is_wanted(self) -> bool:
        """Whether the document in force is the wanted one, however it is laid out."""
        return self.present is not None and _lines(self.present) == _lines(self.wanted)


def plan_enforcement(
    group: str, name: str, document: str, *, caller: CallerIdentity, session: SessionCredentials, iam: IAM
) -> Plan:
    """Find out what is to be done so that policy *name* says *document* and binds *group*; nothing is changed.

    The policy is the one of this name that the group has already, else the one without a path.

    Raises:
        LockOutError: the caller is in the group, and has no device that shows codes.
        NoSuchEntityError: there is no such group.
        ExpiredSessionError: the session is over, or was made without MFA.
        AccessDeniedError: the caller may not ask what has to be known.
    """
    members = iam.get_group(session, group)
    without_device = [name for name in members if not _has_device(name, session=session, iam=iam)]
    if caller.user_name in without_device:
        raise LockOutError(
            f"you ({caller.user_name}) are in group {group}, and have no MFA device that shows codes",
            hint=f"add one first: {hint_command('device add')}",
        )
    account = f"arn:{caller.partition}:iam::{caller.account_id}:"
    attached = iam.list_attached_group_policies(session, group)
    arn = attached.get(name, "")
    if not arn.startswith(account):  # AWS's own policies may have the same name
        arn = f"{account}policy/{name}"
    document_in_force, attachments = iam.managed_policy(session, arn) or (None, 0)
    is_attached = arn in attached.values()
    return Plan(
        group=group,
        name=name,
        arn=arn,
        wanted=document,
        present=document_in_force,
        is_attached=is_attached,
        elsewhere=attachments - is_attached,
        members=tuple(members),
        members_without_device=tuple(without_device),
    )


def check_that_all_have_devices(plan: Plan) -> None:
    """Make sure that every user of the group can show a code.

    Raises:
        LockOutError: some cannot; it names them.
    """
    if plan.members_without_device:
        whose = _count(len(plan.members_without_device), "user")
        raise LockOutError(
            f"{whose} of group {plan.group} would be denied all but adding an MFA device, having none that shows codes:"
            f" {listed(plan.members_without_device)}",
            hint=f"let them add one first: {hint_command('device add', profile='')}; or insist: --yes",
        )


def carry_out(plan: Plan, *, session: SessionCredentials, iam: IAM) -> None:
    """Do what *plan* says. The policy is whole before it is attached.

    Raises:
        EntityAlreadyExistsError: the name is taken by a policy under another path.
        AccessDeniedError: the caller may not do it; it says what was done before.
        LimitExceededError: the group has as many policies as there may be.
    """
    arn = plan.arn
    if plan.present is None:
        arn = _create(plan, session=session, iam=iam)
    elif not plan.says_what_is_wanted:
        iam.replace_policy(session, arn, plan.wanted)
    if plan.is_attached:
        return
    try:
        iam.attach_group_policy(session, plan.group, arn)
    except (AccessDeniedError, LimitExceededError) as error:
        raise type(error)(
            f"{error}; policy {arn} is there now, but not attached to group {plan.group}",
            hint=error.hint,
            code=error.code,
        ) from error


def listed(names: Sequence[str]) -> str:
    """Return *names* on one line, and how many more there are."""
    more = len(names) - _MAX_NAMES
    return ", ".join(names[:_MAX_NAMES]) + (f" and {more} more" if more > 0 else "")


def _create(plan: Plan, *, session: SessionCredentials, iam: IAM) -> str:
    try:
        return iam.create_policy(session, plan.name, plan.wanted)
    except EntityAlreadyExistsError as error:
        raise EntityAlreadyExistsError(
            f"there is a policy {plan.name} under another path already",
            hint="choose another name: --name NAME",
            code=error.code,
        ) from error


def _has_device(user_name: str, *, session: SessionCredentials, iam: IAM) -> bool:
    return any(device.shows_codes for device in iam.list_mfa_devices_of(session, user_name))


def _lines(document: str) -> list[str]:
    # Read and written anew: the same policy is the same, whoever laid it out.
    return json.dumps(json.loads(document), indent=2).splitlines()


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
