"""Holes of MFA-enforcing policies: what they let through or keep from being done, and the mend."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from mfa_session.errors import hint_command
from mfa_session.policies.evaluator import Decision, DecisionType
from mfa_session.policies.simulation import Caller, Simulation, Target, by_name

# Four services stand for all that an account is there for: who is denied these is denied everything.
_WORK = ("s3:ListAllMyBuckets", "ec2:StartInstances", "lambda:InvokeFunction", "iam:CreateUser")

_ROTATION = ("iam:ListAccessKeys", "iam:CreateAccessKey", "iam:UpdateAccessKey", "iam:DeleteAccessKey")
_ENROLMENT = (("iam:CreateVirtualMFADevice", Target.OWN_DEVICE), ("iam:EnableMFADevice", Target.OWN_USER))
_OWN_USER_ACTIONS = (
    "iam:ListMFADevices",
    "iam:EnableMFADevice",
    "iam:ResyncMFADevice",
    "iam:DeactivateMFADevice",
    "iam:GetUser",
    "iam:ChangePassword",
    *_ROTATION,
)
_TO_OTHERS = (
    ("iam:DeleteVirtualMFADevice", Target.ANOTHERS_DEVICE),
    ("iam:DeactivateMFADevice", Target.ANOTHER_USER),
    ("iam:CreateAccessKey", Target.ANOTHER_USER),
)

_PRESENT = "aws:MultiFactorAuthPresent"

_KEY, _NO_MFA, _MFA = Caller.LONG_TERM_KEY, Caller.SESSION_WITHOUT_MFA, Caller.MFA_SESSION


@dataclass(frozen=True, slots=True)
class PolicyFinding:
    """What is wrong with a set of policies, *name* for programs and *words* for people, and the *mend*."""

    name: str
    words: str
    fix: str


def findings(trial: Simulation) -> list[PolicyFinding]:
    """Return what is wrong. Where everybody is denied everything, that alone: all else follows from it.

    Raises:
        UsageError: it depends on something of which nothing is known here.
    """
    if hits_everyone := list(_denies_everyone(trial)):
        return hits_everyone
    return [hole for find in _HOLES for hole in find(trial)]


def limits(trial: Simulation) -> list[PolicyFinding]:
    """Return what no policy can close, or what one may want so.

    Raises:
        UsageError: it depends on something of which nothing is known here.
    """
    return [limit for find in _LIMITS for limit in find(trial)]


def _denies_everyone(trial: Simulation) -> Iterator[PolicyFinding]:
    if all(trial.denies(action, Target.EVERYTHING, _MFA) for action in _WORK):
        culprits = by_name(trial.decide(action, Target.EVERYTHING, _MFA) for action in _WORK)
        yield PolicyFinding(
            "denies-everyone",
            f"{culprits} denies everything to everyone, with MFA or without",
            'give the Deny the condition "BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}',
        )


def _work_without_mfa(trial: Simulation) -> Iterator[PolicyFinding]:
    open_to_key = [action for action in _WORK if not trial.denies(action, Target.EVERYTHING, _KEY)]
    open_to_session = [action for action in _WORK if not trial.denies(action, Target.EVERYTHING, _NO_MFA)]
    if open_to_key and not open_to_session:
        yield _unbound_key(trial, open_to_key)
    elif open_to_session and not open_to_key:
        yield PolicyFinding(
            "session-without-mfa",
            f"a session that was made without a code is not denied {_listed(open_to_session)}",
            'write the condition of the Deny as "BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}',
        )
    elif open_to_key and not _is_allowed_only_with_mfa(trial):
        yield PolicyFinding(
            "not-enforced",
            f"MFA is not asked for: nothing denies {_listed(open_to_key)} to a long-term key",
            f"deny everything without MFA but the way to a first code; see: {hint_command('policy show', profile='')}",
        )


def _unbound_key(trial: Simulation, actions: list[str]) -> PolicyFinding:
    rulings = [trial.decide(action, Target.EVERYTHING, _NO_MFA) for action in actions]
    operators = {
        condition.operator
        for decide in rulings
        for condition in (decide.statement.conditions if decide.statement else ())
        if condition.key.lower() == _PRESENT.lower() and not condition.if_exists
    }
    return PolicyFinding(
        "bool-for-boolifexists",
        f"{by_name(rulings)} does not bind long-term keys, which carry no {_PRESENT} at all: "
        f"nothing denies them {_listed(actions)}",
        f"write BoolIfExists where the condition has {' and '.join(sorted(operators)) or 'another operator'}",
    )


def _is_allowed_only_with_mfa(trial: Simulation) -> bool:
    def is_allowed(caller: Caller) -> bool:
        return any(trial.allows(action, Target.EVERYTHING, caller) for action in _WORK)

    return is_allowed(_MFA) and not is_allowed(_KEY) and not is_allowed(_NO_MFA)


def _nothing_denied(trial: Simulation) -> Iterator[PolicyFinding]:
    open_to_key = [action for action in _WORK if not trial.denies(action, Target.EVERYTHING, _KEY)]
    if open_to_key and _is_allowed_only_with_mfa(trial):
        yield PolicyFinding(
            "nothing-denied",
            f"without MFA, {_listed(open_to_key)} is not allowed, but not denied either: another policy may allow it",
            f"deny everything without MFA but the way to a first code; see: {hint_command('policy show', profile='')}",
        )


def _without_mfa(
    name: str, action: str, target: Target, what: str, fix: str
) -> Callable[[Simulation], Iterator[PolicyFinding]]:
    """Return a search for an *action* that should be possible only with MFA."""

    def find(trial: Simulation) -> Iterator[PolicyFinding]:
        if any(trial.allows(action, target, caller) for caller in (_KEY, _NO_MFA)):
            who = "the long-term key alone" if trial.allows(action, target, _KEY) else "a session without MFA"
            yield PolicyFinding(name, f"{who} is enough to {what}", fix)

    return find


def _keys_without_mfa(trial: Simulation) -> Iterator[PolicyFinding]:
    done = [a for a in _ROTATION if any(trial.allows(a, Target.OWN_USER, caller) for caller in (_KEY, _NO_MFA))]
    if done:
        yield PolicyFinding(
            "keys-without-mfa",
            f"whoever has stolen a key may use it for {_listed(done)}",
            f"take {_listed(done)} out of the NotAction of the Deny",
        )


def _no_way_to(
    name: str, caller: Caller, actions: tuple[tuple[str, Target], ...], what: str, fix: str
) -> Callable[[Simulation], Iterator[PolicyFinding]]:
    """Return a search for *actions* that *caller* needs."""

    def find(trial: Simulation) -> Iterator[PolicyFinding]:
        missing = {action: trial.decide(action, target, caller) for action, target in actions}
        missing = {action: decide for action, decide in missing.items() if decide.decision is not DecisionType.ALLOWED}
        if missing:
            denied = [action for action, decide in missing.items() if decide.statement is not None]
            left_out = [action for action in missing if action not in denied]
            clauses = [f"{by_name(missing.values())} denies {_listed(denied)}"] if denied else []
            clauses += [f"nothing allows {_listed(left_out)}"] if left_out else []
            yield PolicyFinding(name, f"{what}: to the {caller.value}, {' and '.join(clauses)}", fix)

    return find


def _missed_path(trial: Simulation) -> Iterator[PolicyFinding]:
    """Look for what is allowed to a user without a path, and not to the same with one."""
    subject = trial.subject
    if subject.path == "/" and not subject.is_example:
        return
    without = replace(trial, subject=replace(subject, path="/"))
    with_path = replace(trial, subject=subject.with_a_path)
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
        yield PolicyFinding(
            "path",
            f"a user with a path, such as {arn}, is missed: not allowed are {_listed(missing)}",
            f"beside user/${{aws:username}}, list the resource arn:{subject.partition}:iam::*:user/*/${{aws:username}}",
        )


def _enrolment_by_a_thief(trial: Simulation) -> Iterator[PolicyFinding]:
    if all(trial.allows(action, target, _KEY) for action, target in _ENROLMENT):
        yield PolicyFinding(
            "first-device",
            "whoever holds the key of a user without a device can enrol a device of their own",
            "let every user have a device before there is a key; no policy can tell a newcomer from a thief",
        )


def _calls_of_services(trial: Simulation) -> Iterator[PolicyFinding]:
    via_service = replace(trial, context={**trial.context, "aws:ViaAWSService": "true"})
    if all(via_service.denies(action, Target.EVERYTHING, _KEY) for action in _WORK):
        yield PolicyFinding(
            "aws-services",
            "calls that an AWS service makes for a user without MFA are denied too, and so is every program that "
            "runs on a long-term key",
            f"where that hurts: {hint_command('policy show', '--via-aws-service', profile='')};"
            " give programs a role instead of a key",
        )


def _left_over_device(trial: Simulation) -> Iterator[PolicyFinding]:
    if not trial.allows("iam:DeleteVirtualMFADevice", Target.OWN_DEVICE, _MFA):
        yield PolicyFinding(
            "left-over-device",
            "nobody can delete a virtual device of their own that is out of use, and its name stays taken",
            "allow iam:DeleteVirtualMFADevice with MFA on mfa/${aws:username} and mfa/${aws:username}-*",
        )


def _others_with_mfa(trial: Simulation) -> Iterator[PolicyFinding]:
    done = [
        action
        for action, target in _TO_OTHERS
        if trial.allows(action, target, _MFA) and not trial.allows(action, target, _KEY)
    ]
    if done:
        yield PolicyFinding(
            "others-with-mfa",
            f"with MFA, a user may do to others what is meant for the own user and device: {_listed(done)}",
            "unless this is an administrator: allow it on ${aws:username} only",
        )


def _listed(actions: list[str]) -> str:
    return ", ".join(actions)


_HOLES: tuple[Callable[[Simulation], Iterator[PolicyFinding]], ...] = (
    _work_without_mfa,
    _without_mfa(
        "deactivate",
        "iam:DeactivateMFADevice",
        Target.OWN_USER,
        "take the user's MFA device away",
        "take iam:DeactivateMFADevice out of the NotAction of the Deny",
    ),
    _without_mfa(
        "delete-own-device",
        "iam:DeleteVirtualMFADevice",
        Target.OWN_DEVICE,
        "delete the user's own virtual device before it is enabled",
        "take iam:DeleteVirtualMFADevice out of the NotAction of the Deny",
    ),
    _without_mfa(
        "delete-anothers-device",
        "iam:DeleteVirtualMFADevice",
        Target.ANOTHERS_DEVICE,
        "delete the virtual device of any other user before it is enabled",
        "allow iam:DeleteVirtualMFADevice only with MFA, on mfa/${aws:username} and mfa/${aws:username}-*",
    ),
    _without_mfa(
        "password",
        "iam:ChangePassword",
        Target.OWN_USER,
        "change the user's password, once the old one is guessed",
        "take iam:ChangePassword out of the NotAction of the Deny",
    ),
    _keys_without_mfa,
    _missed_path,
    _no_way_to(
        "lock-out",
        _KEY,
        _ENROLMENT,
        "a user without a device is locked out",
        "allow both on the own user and device, and list them in the NotAction of the Deny",
    ),
    _no_way_to(
        "no-device-list",
        _KEY,
        (("iam:ListMFADevices", Target.OWN_USER),),
        "no program can find out which device to ask for",
        "allow iam:ListMFADevices on the own user, and list it in the NotAction of the Deny",
    ),
    _no_way_to(
        "no-resync",
        _KEY,
        (("iam:ResyncMFADevice", Target.OWN_USER),),
        "a user whose device is out of step stays locked out",
        "allow iam:ResyncMFADevice on the own user, and list it in the NotAction of the Deny",
    ),
    _no_way_to(
        "no-rotation",
        _MFA,
        tuple((action, Target.OWN_USER) for action in _ROTATION),
        "users cannot rotate their access keys",
        "allow these four actions on user/${aws:username} and user/*/${aws:username}",
    ),
)

_LIMITS: tuple[Callable[[Simulation], Iterator[PolicyFinding]], ...] = (
    _enrolment_by_a_thief,
    _without_mfa(
        "enable-for-another",
        "iam:EnableMFADevice",
        Target.ANOTHER_USER,
        "give another user, who has no device yet, a device",
        "unless this is an administrator: allow it on user/${aws:username} and user/*/${aws:username} only",
    ),
    _others_with_mfa,
    _left_over_device,
    _nothing_denied,
    _calls_of_services,
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
    rulings: tuple[Decision, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What a set of policies does. *holes* should be mended; *limits* should be known."""

    rows: tuple[Row, ...]
    findings: tuple[PolicyFinding, ...]
    limits: tuple[PolicyFinding, ...]


def check(trial: Simulation) -> Report:
    """Return what the policies of *trial* decide, what is wrong with that, and what is worth knowing.

    Raises:
        UsageError: a decision depends on something of which nothing is known here.
    """
    rows = (Row(action, target, tuple(trial.decide(action, target, c) for c in Caller)) for action, target in _TABLE)
    return Report(tuple(rows), tuple(findings(trial)), tuple(limits(trial)))
