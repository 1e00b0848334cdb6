"""Check MFA-enforcing policies: what a stolen key may do, whom they lock out, and what to change."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from mfa_session.policies.actions import DESCRIPTIONS, NEEDED_BEFORE_MFA, Danger
from mfa_session.policies.conditions import Condition
from mfa_session.policies.evaluator import Decision, DecisionType
from mfa_session.policies.exposure import (
    OTHER_ACTION,
    Opening,
    enforcing_statements,
    how_to_close,
    listed,
    openings,
)
from mfa_session.policies.findings import (
    ENROLMENT,
    ROTATION,
    WORK,
    PolicyFinding,
    Search,
    Severity,
    is_allowed_only_with_mfa,
    work_and_others,
)
from mfa_session.policies.limits import LIMITS, NO_ALLOW
from mfa_session.policies.simulation import Caller, Simulation, Target, by_name, statement_name
from mfa_session.policies.templates import MAX_POLICY

_OWN_USER_ACTIONS = (
    "iam:ListMFADevices",
    "iam:EnableMFADevice",
    "iam:ResyncMFADevice",
    "iam:DeactivateMFADevice",
    "iam:GetUser",
    "iam:ChangePassword",
    *ROTATION,
)
_PRESENT = "aws:MultiFactorAuthPresent"
_WHO = ("aws:username", "aws:userid", "aws:principalarn")

_KEY, _NO_MFA, _MFA = Caller.LONG_TERM_KEY, Caller.SESSION_WITHOUT_MFA, Caller.MFA_SESSION


def _denies_everyone(simulation: Simulation) -> Iterator[PolicyFinding]:
    if all(simulation.denies(action, Target.EVERYTHING, _MFA) for action in WORK):
        culprits = by_name(simulation.decide(action, Target.EVERYTHING, _MFA) for action in WORK)
        yield PolicyFinding(
            "denies-everyone",
            f"{culprits} denies everything to everyone, with MFA or without",
            'give the Deny the condition "BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}',
        )


def _work_without_mfa(simulation: Simulation) -> Iterator[PolicyFinding]:
    open_to_key = [action for action in WORK[:-1] if not simulation.denies(action, Target.EVERYTHING, _KEY)]
    open_to_session = [action for action in WORK[:-1] if not simulation.denies(action, Target.EVERYTHING, _NO_MFA)]
    key_is_bound = simulation.denies(OTHER_ACTION, Target.EVERYTHING, _KEY)
    session_is_bound = simulation.denies(OTHER_ACTION, Target.EVERYTHING, _NO_MFA)
    if not key_is_bound and session_is_bound:
        yield _unbound_key(simulation, open_to_key)
    elif key_is_bound and not session_is_bound:
        yield PolicyFinding(
            "session-without-mfa",
            f"a session that was made without a code is not denied {work_and_others(open_to_session)}",
            'write the condition of the Deny as "BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}',
        )
    elif not key_is_bound and not is_allowed_only_with_mfa(simulation) and not _is_undecided(simulation):
        opening = Opening(OTHER_ACTION, "everything else", Target.EVERYTHING, _KEY, Decision(DecisionType.ALLOWED))
        yield PolicyFinding(
            "not-enforced",
            f"MFA is not enforced: nothing denies {work_and_others(open_to_key)} to a long-term key",
            how_to_close(simulation, [opening]),
        )


def _is_undecided(simulation: Simulation) -> bool:
    return simulation.decide(OTHER_ACTION, Target.EVERYTHING, _KEY).may_be(DecisionType.EXPLICITLY_DENIED)


def _unbound_key(simulation: Simulation, actions: list[str]) -> PolicyFinding:
    decisions = [simulation.decide(action, Target.EVERYTHING, _NO_MFA) for action in (*actions, OTHER_ACTION)]
    operators = {
        condition.written
        for decision in decisions
        for condition in (decision.statement.conditions if decision.statement else ())
        if condition.key.lower() == _PRESENT.lower() and not condition.if_exists
    }
    return PolicyFinding(
        "bool-for-boolifexists",
        f"{by_name(decisions)} does not bind long-term keys, which carry no {_PRESENT} at all: "
        f"nothing denies them {work_and_others(actions)}",
        f"write BoolIfExists where the condition has {' and '.join(sorted(operators)) or 'another operator'}",
    )


# Openings with a name of their own: what the holder of a key can do with them.
_OWN_NAMES = {
    ("iam:DeactivateMFADevice", Target.OWN_USER): ("deactivate", "take the user's MFA device away"),
    ("iam:DeactivateMFADevice", Target.ANOTHER_USER): ("deactivate", "take the user's MFA device away"),
    ("iam:DeleteVirtualMFADevice", Target.OWN_DEVICE): (
        "delete-own-device",
        "delete the user's own virtual device while it is not enabled, and put another in its place",
    ),
    ("iam:DeleteVirtualMFADevice", Target.ANOTHERS_DEVICE): (
        "delete-anothers-device",
        "delete the virtual device of any other user while it is not enabled",
    ),
    ("iam:EnableMFADevice", Target.ANOTHER_USER): (
        "enable-for-another",
        "give another user, who has no device yet, a device",
    ),
    ("iam:ChangePassword", Target.OWN_USER): ("password", "change the user's password, with the old one"),
    **{
        (action, target): ("keys-without-mfa", "create or activate access keys of the user")
        for action in ("iam:CreateAccessKey", "iam:UpdateAccessKey")
        for target in (Target.OWN_USER, Target.ANOTHER_USER)
    },
}
_OF_OWN_NAME = list(dict.fromkeys(name for name, _ in _OWN_NAMES.values()))


def _open_without_mfa(simulation: Simulation) -> Iterator[PolicyFinding]:
    """Find what may be done without MFA, by what it leads to."""
    groups: dict[tuple[Danger, str, str], list[Opening]] = {}
    unknown: list[Opening] = []
    for each in openings(simulation):
        if each.decision.decision is DecisionType.UNKNOWN:
            unknown.append(each)
        elif each.action not in NEEDED_BEFORE_MFA or each.danger is not Danger.HARMLESS:
            name, what = _OWN_NAMES.get((each.action, each.target), (each.danger.value, DESCRIPTIONS[each.danger]))
            groups.setdefault((each.danger, name, what), []).append(each)
    for danger, name, what in sorted(groups, key=lambda group: (list(Danger).index(group[0]), _place(group[1]))):
        yield _opened(simulation, danger, name, what, groups[danger, name, what])
    if unknown:
        yield _undecided(unknown)


def _place(name: str) -> int:
    return _OF_OWN_NAME.index(name) if name in _OF_OWN_NAME else len(_OF_OWN_NAME)


def _opened(simulation: Simulation, danger: Danger, name: str, what: str, found: list[Opening]) -> PolicyFinding:
    now = list(dict.fromkeys(each.shown for each in found if not each.needs_another_allow))
    later = [shown for shown in dict.fromkeys(each.shown for each in found) if shown not in now]
    who = "the long-term key alone" if any(each.caller is _KEY for each in found) else "a session without MFA"
    names = [listed(now)] if now else []
    names += [f"where another policy allows it, {listed(later)}"] if later else []
    return PolicyFinding(
        name,
        f"{who} is enough to {what}: {'; '.join(names)}",
        how_to_close(simulation, found) if danger is not Danger.HARMLESS else "leave it so, or deny it without MFA too",
        Severity.INFO if danger is Danger.HARMLESS else Severity.PROBLEM,
        tuple(now + later),
        danger.value,
    )


def _undecided(unknown: list[Opening]) -> PolicyFinding:
    keys = list(dict.fromkeys(key for each in unknown for key in each.decision.unknown_keys))
    actions = tuple(dict.fromkeys(each.shown for each in unknown))
    statements = by_name(each.decision for each in unknown)
    return PolicyFinding(
        "unknown",
        f"whether {listed(actions)} may be done without MFA hangs on {listed(keys)}: see {statements}",
        f"say what it is: --context {keys[0]}=VALUE; without a value, it is absent",
        Severity.WARNING,
        actions,
    )


def _exemptions(simulation: Simulation) -> Iterator[PolicyFinding]:
    """Find users whom an enforcing Deny leaves out."""
    if not simulation.subject.is_example:
        return
    found: dict[Condition, list[str]] = {}
    for policy, statement in enforcing_statements(simulation):
        for condition in statement.conditions:
            if condition.key.lower() in _WHO:
                found.setdefault(condition, []).append(statement_name(policy, statement))
    for condition, names in found.items():
        users = ", ".join(str(value) for value in condition.values)
        spared = f"{users}: they" if condition.is_negated else f"any user but {users}: all others"
        yield PolicyFinding(
            "exempt-users",
            f"{' and '.join(names)} does not bind {spared} may use a long-term key without MFA",
            f"where that is not wanted, take the condition {condition.written} on {condition.key} out of it",
            Severity.WARNING,
        )


def _dead_variables(simulation: Simulation) -> Iterator[PolicyFinding]:
    for policy in simulation.policies:
        if policy.has_dead_variables:
            yield PolicyFinding(
                "version",
                f"{policy.name or 'the policy'} has ${{…}}, which its Version, 2008-10-17 or none, takes literally",
                'write "Version": "2012-10-17"',
                Severity.WARNING,
            )


def _too_long(simulation: Simulation) -> Iterator[PolicyFinding]:
    for policy in simulation.policies:
        if policy.size > MAX_POLICY:
            yield PolicyFinding(
                "too-long",
                f"{policy.name or 'the policy'} has {policy.size:,} characters, of {MAX_POLICY:,} that IAM takes",
                "split it into two policies",
                Severity.WARNING,
            )


def _no_way_to(
    name: str, caller: Caller, actions: tuple[tuple[str, Target], ...], what: str, severity: Severity
) -> Search:
    """Return a search for *actions* that *caller* needs."""

    def find(simulation: Simulation) -> Iterator[PolicyFinding]:
        missing = {action: simulation.decide(action, target, caller) for action, target in actions}
        missing = {action: d for action, d in missing.items() if not d.may_be(DecisionType.ALLOWED)}
        if missing:
            denied = {action: decision for action, decision in missing.items() if decision.statement is not None}
            left_out = [action for action in missing if action not in denied]
            clauses = [f"{by_name(denied.values())} denies {listed(denied)}"] if denied else []
            clauses += [f"nothing allows {listed(left_out)}"] if left_out else []
            fixes = [_way_past(decision, action) for action, decision in denied.items()]
            places = "user/${aws:username} and user/*/${aws:username}"
            if "iam:CreateVirtualMFADevice" in left_out:
                places = f"mfa/${{aws:username}}, mfa/${{aws:username}}-*, {places}"
            fixes += [f"allow {listed(left_out)} on {places}"] if left_out else []
            words = f"{what}: to the {caller.value}, {' and '.join(clauses)}"
            yield PolicyFinding(name, words, "; ".join(dict.fromkeys(fixes)), severity, tuple(missing))

    return find


def _way_past(decision: Decision, action: str) -> str:
    statement, policy = decision.statement, decision.policy
    if statement is None or policy is None:
        return ""
    name = statement_name(policy, statement)
    return f"list {action} in the NotAction of {name}" if statement.all_actions_but else f"let {name} spare {action}"


def _missed_path(simulation: Simulation) -> Iterator[PolicyFinding]:
    """Find what is allowed to a user without a path, and not to the same with one."""
    subject = simulation.subject
    if subject.path == "/" and not subject.is_example:
        return
    without = replace(simulation, subject=replace(subject, path="/"))
    with_path = replace(simulation, subject=subject.with_a_path)
    missing = [
        action
        for action in _OWN_USER_ACTIONS
        if any(
            without.allows(action, Target.OWN_USER, caller) and not with_path.allows(action, Target.OWN_USER, caller)
            for caller in Caller
        )
    ]
    if missing:
        arn = with_path.subject.arn(Target.OWN_USER)
        locks_out = "iam:EnableMFADevice" in missing and simulation.denies(OTHER_ACTION, Target.EVERYTHING, _KEY)
        yield PolicyFinding(
            "path",
            f"a user with a path, such as {arn}, is missed: not allowed are {', '.join(missing)}",
            f"beside user/${{aws:username}}, list the resource arn:{subject.partition}:iam::*:user/*/${{aws:username}}",
            Severity.PROBLEM if locks_out else Severity.WARNING,
            tuple(missing),
        )


_FINDINGS: tuple[Search, ...] = (
    _work_without_mfa,
    _open_without_mfa,
    _missed_path,
    _no_way_to("lock-out", _KEY, ENROLMENT, "a user without a device is locked out", Severity.PROBLEM),
    _no_way_to(
        "no-device-list",
        _KEY,
        (("iam:ListMFADevices", Target.OWN_USER),),
        "no program can find out which device to ask for",
        Severity.WARNING,
    ),
    _no_way_to(
        "no-resync",
        _KEY,
        (("iam:ResyncMFADevice", Target.OWN_USER),),
        "a user whose device is out of sync stays locked out",
        Severity.PROBLEM,
    ),
    _no_way_to(
        "no-rotation",
        _MFA,
        tuple((action, Target.OWN_USER) for action in ROTATION),
        "users cannot rotate their access keys",
        Severity.WARNING,
    ),
    _exemptions,
    _dead_variables,
    _too_long,
)

# What a user's life with MFA is made of, and two actions that stand for the work.
_TABLE = (
    ("iam:ListMFADevices", Target.OWN_USER),
    ("iam:CreateVirtualMFADevice", Target.OWN_DEVICE),
    ("iam:EnableMFADevice", Target.OWN_USER),
    ("iam:ResyncMFADevice", Target.OWN_USER),
    ("iam:ListVirtualMFADevices", Target.ALL_DEVICES),
    ("iam:GetUser", Target.OWN_USER),
    ("iam:DeactivateMFADevice", Target.OWN_USER),
    ("iam:DeleteVirtualMFADevice", Target.OWN_DEVICE),
    ("iam:DeleteVirtualMFADevice", Target.ANOTHERS_DEVICE),
    ("iam:ChangePassword", Target.OWN_USER),
    ("iam:GetAccountPasswordPolicy", Target.EVERYTHING),
    ("iam:ListAccessKeys", Target.OWN_USER),
    ("iam:CreateAccessKey", Target.OWN_USER),
    ("iam:UpdateAccessKey", Target.OWN_USER),
    ("iam:DeleteAccessKey", Target.OWN_USER),
    ("s3:ListAllMyBuckets", Target.EVERYTHING),
    ("ec2:StartInstances", Target.EVERYTHING),
)


@dataclass(frozen=True, slots=True)
class Row:
    """What is decided about one action, for each kind of caller in the order of :class:`Caller`."""

    action: str
    target: Target
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What a set of policies does: *findings* to fix, problems first, and *limits* to know."""

    rows: tuple[Row, ...]
    findings: tuple[PolicyFinding, ...]
    limits: tuple[PolicyFinding, ...]

    @property
    def problems(self) -> tuple[PolicyFinding, ...]:
        """The findings that let a key act without MFA, or lock a user out."""
        return tuple(each for each in self.findings if each.severity is Severity.PROBLEM)

    @property
    def warnings(self) -> tuple[PolicyFinding, ...]:
        """The other findings."""
        return tuple(each for each in self.findings if each.severity is Severity.WARNING)


def check(simulation: Simulation) -> Report:
    """Return what the policies of *simulation* decide, what is wrong with that, and what is worth knowing.

    Policies that allow nothing are judged as if another policy allowed everything, unless the user has no other.
    """
    rows = (
        Row(action, target, tuple(simulation.decide(action, target, c) for c in Caller)) for action, target in _TABLE
    )
    assumed = simulation if simulation.has_allow or simulation.is_complete else simulation.with_allow_all
    # Where everyone is denied everything, all else follows from it.
    found = list(_denies_everyone(assumed)) or [each for find in _FINDINGS for each in find(assumed)]
    limits = [each for find in LIMITS for each in find(assumed)] + ([] if assumed is simulation else [NO_ALLOW])
    by_severity = {severity: [each for each in found if each.severity is severity] for severity in Severity}
    return Report(
        tuple(rows),
        (*by_severity[Severity.PROBLEM], *by_severity[Severity.WARNING]),
        tuple(replace(each, severity=Severity.INFO) for each in (*limits, *by_severity[Severity.INFO])),
    )
