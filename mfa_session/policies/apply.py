"""Apply an MFA-enforcing policy to a group: plan first, lock out no user, change only what differs."""

import difflib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from mfa_session.errors import (
    AccessDeniedError,
    AWSError,
    EntityAlreadyExistsError,
    LimitExceededError,
    LockOutError,
    MFASessionError,
    NoSuchEntityError,
    hint_command,
)
from mfa_session.model.caller_identity import CallerIdentity
from mfa_session.model.credentials import AccessKeyMetadata, SessionCredentials
from mfa_session.model.mfa_device import MFADevice
from mfa_session.policies.evaluator import Policy
from mfa_session.policies.exposure import OTHER_ACTION, enforcing_statements, listed
from mfa_session.policies.simulation import Caller, Principal, Simulation, Target
from mfa_session.policies.templates import KNOWN_POLICIES, shape_of

# As many names as an administrator reads.
MAX_NAMES = 20

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
_MAX_ATTACHED = 10

Progress = Callable[[int, int], None]
"""Called with how many users were looked at, and of how many."""


def no_progress(_done: int, _of: int) -> None:
    """Show nothing."""


class IAM(Protocol):
    """The calls of IAM that need a session with MFA. All may raise an AWSError, AccessDeniedError above all."""

    def get_group(self, session: SessionCredentials, group_name: str) -> list[str]:
        """Return the names of the users in a group; NoSuchEntityError where there is no such group."""

    def list_mfa_devices_of(self, session: SessionCredentials, user_name: str) -> list[MFADevice]:
        """Return every MFA device of a user, those that show no codes included."""

    def list_access_keys(self, credentials: SessionCredentials, user_name: str) -> list[AccessKeyMetadata]:
        """Return the access keys of a user."""

    def access_key_last_used(self, session: SessionCredentials, access_key_id: str) -> datetime | None:
        """Return when a key was last used, ``None`` for never."""

    def has_password(self, session: SessionCredentials, user_name: str) -> bool:
        """Tell whether a user can sign in to the console."""

    def list_attached_group_policies(self, session: SessionCredentials, group_name: str) -> dict[str, str]:
        """Return the ARNs of the managed policies of a group, by name."""

    def list_entities_for_policy(self, session: SessionCredentials, arn: str) -> dict[str, list[str]]:
        """Return the ``users``, ``groups`` and ``roles`` that a policy is attached to."""

    def policies_of_group(self, session: SessionCredentials, group_name: str) -> dict[str, str]:
        """Return the documents of all policies of a group, by name or ARN."""

    def managed_policy(self, session: SessionCredentials, arn: str) -> tuple[str, int] | None:
        """Return the default version and the number of attachments, ``None`` where there is no such policy."""

    def version_to_delete(self, session: SessionCredentials, arn: str) -> tuple[str, str] | None:
        """Return the version that must go before another can come, if one must."""

    def delete_policy_version(self, session: SessionCredentials, arn: str, version_id: str) -> None:
        """Delete a version."""

    def create_policy(self, session: SessionCredentials, name: str, document: str) -> str:
        """Create a managed policy and return its ARN; EntityAlreadyExistsError where the name is taken."""

    def create_policy_version(self, session: SessionCredentials, arn: str, document: str) -> None:
        """Make *document* the default version."""

    def attach_group_policy(self, session: SessionCredentials, group_name: str, arn: str) -> None:
        """Attach a managed policy to a group; LimitExceededError where the group has ten."""

    def detach_group_policy(self, session: SessionCredentials, group_name: str, arn: str) -> None:
        """Detach a managed policy from a group."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What there is, and what is wanted.

    *present* is the default version of policy *arn*, ``None`` where there is no such policy yet. *others* are
    the users, groups and roles besides *group* that it is attached to. *locked_out* are the users reached who
    would be bound from now on and have no device that shows codes. *version_to_delete* has its ID and its document.
    """

    group: str
    name: str
    arn: str
    wanted: str
    present: str | None
    is_attached: bool
    members: tuple[str, ...]
    members_without_device: tuple[str, ...]
    locked_out: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    attached: tuple[str, ...] = field(default=(), repr=False)
    version_to_delete: tuple[str, str] | None = None
    is_foreign: bool = False

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
            if self.version_to_delete:
                steps.append(f"delete version {self.version_to_delete[0]} of policy {self.name}, the oldest of five")
            others = f", also for {listed(self.others, MAX_NAMES)}" if self.others else ""
            steps.append(f"create a new version of policy {self.name}{others}")
        if not self.is_attached:
            steps.append(f"attach policy {self.name} to group {self.group} ({count(len(self.members), 'user')})")
        return steps

    @property
    def diff(self) -> list[str]:
        """The lines that change from the present document to the wanted one."""
        return difference(self.name, self.present, self.wanted)

    @property
    def says_what_is_wanted(self) -> bool:
        """Whether the present document is the wanted one, however it is laid out."""
        return self.present is not None and _lines(self.present) == _lines(self.wanted)


def plan_enforcement(
    group: str,
    name: str,
    document: str,
    *,
    caller: CallerIdentity,
    session: SessionCredentials,
    iam: IAM,
    progress: Progress = no_progress,
) -> Plan:
    """Find out what is to be done so that policy *name* says *document* and is attached to *group*.

    The policy is the one of this name that the group has already, else the one without a path.

    Raises:
        LockOutError: *caller* would be bound, and has no device that shows codes.
        LimitExceededError: the group has as many policies as it may have.
        NoSuchEntityError: there is no such group.
        AccessDeniedError: the caller may not ask what has to be known.
    """
    members = iam.get_group(session, group)
    account = f"arn:{caller.partition}:iam::{caller.account_id}:"
    attached = iam.list_attached_group_policies(session, group)
    arn = attached.get(name, "")
    if not arn.startswith(account):  # AWS's own policies may have the same name
        arn = f"{account}policy/{name}"
    present, attachments = iam.managed_policy(session, arn) or (None, 0)
    is_attached = arn in attached.values()
    if not is_attached and len(attached) >= _MAX_ATTACHED:
        raise LimitExceededError(
            f"group {group} has {_MAX_ATTACHED} policies already, and IAM attaches no more; nothing was changed",
            hint="detach one first, or merge two",
        )
    changes = present is not None and _lines(present) != _lines(document)
    entities = iam.list_entities_for_policy(session, arn) if changes and attachments > is_attached else {}
    groups = [each for each in entities.get("groups", []) if each != group]
    users = entities.get("users", [])
    reached = dict.fromkeys([*members, *users])
    for other in groups:
        reached |= dict.fromkeys(iam.get_group(session, other))
    without_device = []
    for number, user_name in enumerate(reached, 1):
        progress(number, len(reached))
        if not _has_device(user_name, session=session, iam=iam):
            without_device.append(user_name)
    bound_already = {
        each
        for each in without_device
        if present is not None and (is_attached or each not in members) and binds(present, each, caller=caller)
    }
    locked_out = tuple(
        each for each in without_device if each not in bound_already and binds(document, each, caller=caller)
    )
    if caller.user_name in locked_out:
        raise LockOutError(
            f"you ({caller.user_name}) are in group {group}, and have no MFA device that shows codes",
            hint=f"add one first: {hint_command('device add')}",
        )
    others = [f"group {each}" for each in groups] + [f"user {each}" for each in users]
    return Plan(
        group=group,
        name=name,
        arn=arn,
        wanted=document,
        present=present,
        is_attached=is_attached,
        members=tuple(members),
        members_without_device=tuple(each for each in without_device if each in members),
        locked_out=locked_out,
        others=(*others, *(f"role {each}" for each in entities.get("roles", []))),
        roles=tuple(entities.get("roles", [])),
        attached=tuple(attached.values()),
        version_to_delete=iam.version_to_delete(session, arn) if changes else None,
        is_foreign=changes and not _is_known(present or "", caller.partition),
    )


def binds(document: str, user_name: str, *, caller: CallerIdentity) -> bool:
    """Tell whether *document* denies a user's long-term key whatever it does not except."""
    subject = Principal(caller.partition, caller.account_id, "/", user_name, is_example=False)
    simulation = Simulation((Policy.parse(document),), subject)
    return simulation.denies(OTHER_ACTION, Target.EVERYTHING, Caller.LONG_TERM_KEY)


def check_that_all_have_devices(plan: Plan) -> None:
    """Refuse a plan that locks out users who have no device that shows codes, or roles.

    Raises:
        LockOutError: it does; it names them.
    """
    if plan.locked_out:
        in_group = set(plan.locked_out) <= set(plan.members)
        where = f"of group {plan.group}" if in_group else "that the policy reaches"
        raise LockOutError(
            f"{count(len(plan.locked_out), 'user')} {where} would be denied all but adding an MFA device, having none"
            f" that shows codes: {listed(plan.locked_out, MAX_NAMES)}",
            hint="let them add one first: "
            f"{hint_command('policy apply', '--group', plan.group, '--self-service-only')}, then "
            f"{hint_command('policy users', '--group', plan.group)}; to do it anyway: --allow-lock-out",
        )
    if plan.roles and enforces(plan.wanted):
        raise LockOutError(
            f"policy {plan.name} is attached to roles, whose sessions carry no MFA: {listed(plan.roles, MAX_NAMES)}",
            hint="detach it from them first, or choose another name: --name NAME; to do it anyway: --allow-lock-out",
        )


def check_that_it_is_ours(plan: Plan) -> None:
    """Refuse to replace a policy that this program did not write, or that was changed since.

    Raises:
        EntityAlreadyExistsError: the present document is such a policy.
    """
    if plan.is_foreign:
        raise EntityAlreadyExistsError(
            f"policy {plan.name} was written or changed by other means"
            + (f", and is attached to {listed(plan.others, MAX_NAMES)} too" if plan.others else ""),
            hint="to see the change: --dry-run; to make it: --replace; to leave that policy alone: --name NAME",
        )


def check_unchanged(plan: Plan, *, session: SessionCredentials, iam: IAM) -> None:
    """Make sure that what the plan was made for is still so.

    Raises:
        MFASessionError: it was changed meanwhile.
    """
    present = iam.managed_policy(session, plan.arn)
    attached = tuple(iam.list_attached_group_policies(session, plan.group).values())
    is_same = (
        (present[0] if present else None) == plan.present
        and attached == plan.attached
        and set(iam.get_group(session, plan.group)) <= set(plan.members)
    )
    if not is_same:
        raise MFASessionError(
            f"policy {plan.name} or group {plan.group} was changed meanwhile; nothing was done",
            hint="run it again to see the change",
        )


def carry_out(
    plan: Plan, *, session: SessionCredentials, iam: IAM, tell: Callable[[str], None] = lambda _line: None
) -> None:
    """Do what *plan* says. The policy is whole before it is attached. A version's text is told before it is deleted.

    Raises:
        EntityAlreadyExistsError: the name is taken by a policy under another path.
        AccessDeniedError: the caller may not do it; it says what was done before.
        LimitExceededError: the group has as many policies as there may be.
    """
    arn, done = plan.arn, ""
    try:
        if plan.present is None:
            arn = _create(plan, session=session, iam=iam)
            done = f"policy {arn} is there now, but not attached to group {plan.group}"
        elif not plan.says_what_is_wanted:
            if plan.version_to_delete:
                version_id, document = plan.version_to_delete
                tell(f"deleting version {version_id} of policy {plan.name}, which was: {document}")
                iam.delete_policy_version(session, arn, version_id)
                done = f"version {version_id} was deleted, and the default version is as it was"
            iam.create_policy_version(session, arn, plan.wanted)
            done = f"policy {arn} has its new version, but is not attached to group {plan.group}"
        if not plan.is_attached:
            iam.attach_group_policy(session, plan.group, arn)
    except AWSError as error:
        if not done:
            raise
        raise type(error)(f"{error}; {done}", hint=error.hint, code=error.code) from error


def find_attached(group: str, name: str, *, session: SessionCredentials, iam: IAM) -> tuple[str, str]:
    """Return ARN and document of the policy *name* that is attached to *group*.

    Raises:
        NoSuchEntityError: there is no such group, or no such policy attached to it.
    """
    arn = iam.list_attached_group_policies(session, group).get(name)
    found = iam.managed_policy(session, arn) if arn else None
    if arn is None or found is None:
        raise NoSuchEntityError(
            f"no policy {name} is attached to group {group}",
            hint=f"see which are: aws iam list-attached-group-policies --group-name {group}",
        )
    return arn, found[0]


def other_enforcing_policies(group: str, but: str, *, session: SessionCredentials, iam: IAM) -> list[str]:
    """Return the other policies of *group* that ask for MFA; none where the caller may not read them."""
    try:
        documents = iam.policies_of_group(session, group)
    except AccessDeniedError:
        return []
    return [name for name, document in documents.items() if name != but and enforces(document)]


def enforces(document: str) -> bool:
    """Tell whether a policy has a Deny that asks for MFA."""
    try:
        return bool(enforcing_statements(Simulation((Policy.parse(document),))))
    except MFASessionError:
        return False


def difference(name: str, present: str | None, wanted: str | None) -> list[str]:
    """Return the lines of a diff from one document to another; ``None`` is no document."""
    before, after = ([] if each is None else _lines(each) for each in (present, wanted))
    return list(difflib.unified_diff(before, after, f"{name} now", f"{name} then", lineterm=""))


def _create(plan: Plan, *, session: SessionCredentials, iam: IAM) -> str:
    try:
        return iam.create_policy(session, plan.name, plan.wanted)
    except EntityAlreadyExistsError as error:
        raise EntityAlreadyExistsError(
            f"there is a policy {plan.name} under another path already",
            hint="choose another name: --name NAME",
            code=error.code,
        ) from error


def _is_known(document: str, partition: str) -> bool:
    published = (policy(partition).document for policy in KNOWN_POLICIES.values())
    return shape_of(document, partition) is not None or _lines(document) in map(_lines, published)


def _has_device(user_name: str, *, session: SessionCredentials, iam: IAM) -> bool:
    return any(device.shows_codes for device in iam.list_mfa_devices_of(session, user_name))


def _lines(document: str) -> list[str]:
    # Read and written anew: the same policy is the same, however it is laid out.
    return json.dumps(json.loads(document), indent=2).splitlines()


def count(number: int, noun: str) -> str:
    """Return ``1 user`` or ``2 users``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
