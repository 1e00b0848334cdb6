"""What is worth knowing about MFA-enforcing policies: what no policy can close, or what may be wanted."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from mfa_session.errors import hint_command
from mfa_session.model.durations import MAX_SESSION, in_words
from mfa_session.policies.evaluator import DecisionType
from mfa_session.policies.exposure import DENY_ALL, OTHER_ACTION, enforcing_statements, listed
from mfa_session.policies.findings import (
    ENROLMENT,
    WORK,
    PolicyFinding,
    Search,
    is_allowed_only_with_mfa,
    work_and_others,
)
from mfa_session.policies.simulation import Caller, Simulation, Target

_AGE = "aws:MultiFactorAuthAge"
_KEY, _MFA = Caller.LONG_TERM_KEY, Caller.MFA_SESSION

_TO_OTHERS = (
    ("iam:DeleteVirtualMFADevice", Target.ANOTHERS_DEVICE),
    ("iam:DeactivateMFADevice", Target.ANOTHER_USER),
    ("iam:CreateAccessKey", Target.ANOTHER_USER),
)


def _enrolment_by_a_thief(simulation: Simulation) -> Iterator[PolicyFinding]:
    if all(simulation.allows(action, target, _KEY) for action, target in ENROLMENT):
        yield PolicyFinding(
            "first-device",
            "the key of a user without a device is enough to enrol a device",
            "let every user have a device before there is a key; no policy can tell a new user from a thief",
        )


def _calls_of_services(simulation: Simulation) -> Iterator[PolicyFinding]:
    via_service = replace(simulation, context={**simulation.context, "aws:ViaAWSService": "true"})
    if all(via_service.denies(action, Target.EVERYTHING, _KEY) for action in WORK):
        yield PolicyFinding(
            "aws-services",
            "calls that an AWS service makes for a user without MFA are denied too, and so is every program that "
            "runs on a long-term key",
            f"where that hurts: {hint_command('policy show', '--via-aws-service', profile='')}; "
            "give programs a role instead of a key",
        )


def _left_over_device(simulation: Simulation) -> Iterator[PolicyFinding]:
    if not simulation.decide("iam:DeleteVirtualMFADevice", Target.OWN_DEVICE, _MFA).may_be(DecisionType.ALLOWED):
        yield PolicyFinding(
            "left-over-device",
            "users cannot delete a virtual device of their own that is out of use, and its name stays taken",
            "allow iam:DeleteVirtualMFADevice with MFA on mfa/${aws:username} and mfa/${aws:username}-*",
        )


def _others_with_mfa(simulation: Simulation) -> Iterator[PolicyFinding]:
    done = [
        action
        for action, target in _TO_OTHERS
        if simulation.allows(action, target, _MFA) and not simulation.allows(action, target, _KEY)
    ]
    if done:
        yield PolicyFinding(
            "others-with-mfa",
            f"with MFA, a user may do to others what is meant for the own user and device: {listed(done)}",
            "unless this is an administrator: allow it on ${aws:username} only",
        )


def _longer_names(simulation: Simulation) -> Iterator[PolicyFinding]:
    """Find that the devices of alice are also those of alice-smith, where names tell whose a device is."""
    own, longer, other = Target.OWN_DEVICE, Target.LONGER_NAMED_DEVICE, Target.ANOTHERS_DEVICE
    done = [
        action
        for action in ("iam:CreateVirtualMFADevice", "iam:DeleteVirtualMFADevice")
        if all(simulation.allows(action, target, _MFA) for target in (own, longer))
        and not simulation.allows(action, other, _MFA)
    ]
    if done:
        name = simulation.subject.name
        yield PolicyFinding(
            "longer-names",
            f"{name} may do {listed(done)} to mfa/{name}-smith too, the device of a user called {name}-smith",
            "where one user's name begins with another's and a hyphen, allow mfa/${aws:username} only",
        )


def _dated_name(simulation: Simulation) -> Iterator[PolicyFinding]:
    action = "iam:CreateVirtualMFADevice"
    if simulation.allows(action, Target.OWN_DEVICE, _KEY) and not simulation.allows(
        action, Target.OWN_DATED_DEVICE, _KEY
    ):
        yield PolicyFinding(
            "one-device-name",
            "a user may create a device of one name only, mfa/${aws:username}",
            f"name it so: {hint_command('device add', '--name', simulation.subject.name, profile='')}; "
            "or allow mfa/${aws:username}-* too",
        )


def _session_token(simulation: Simulation) -> Iterator[PolicyFinding]:
    if simulation.denies("sts:GetSessionToken", Target.EVERYTHING, _KEY):
        yield PolicyFinding(
            "get-session-token",
            "sts:GetSessionToken is not excepted from the Deny, and need not be: no policy can deny it",
            "leave it so",
        )


def _expired_password(simulation: Simulation) -> Iterator[PolicyFinding]:
    needed = (("iam:ChangePassword", Target.OWN_USER), ("iam:GetAccountPasswordPolicy", Target.EVERYTHING))
    denied = [action for action, target in needed if simulation.denies(action, target, _KEY)]
    if denied and simulation.allows("iam:ChangePassword", Target.OWN_USER, _MFA):
        yield PolicyFinding(
            "expired-password",
            "a new user, or one whose password expired, cannot change it at the first sign-in to the console",
            "give new users a password that they need not change, or reset it for them",
        )


def _mfa_age(simulation: Simulation) -> Iterator[PolicyFinding]:
    age = max_mfa_age(simulation)
    if age is not None:
        yield PolicyFinding(
            "mfa-age",
            f"work is denied {in_words(age)} after the code was typed, even if the session lasts longer",
            "make sessions as long: "
            + hint_command("configure", "--duration", str(int(age.total_seconds())), profile=""),
        )


def max_mfa_age(simulation: Simulation) -> timedelta | None:
    """Return how long after the code work is denied, if it is."""
    ages = sorted(
        int(str(value))
        for _, statement in enforcing_statements(simulation)
        for condition in statement.conditions
        if condition.key.lower() == _AGE.lower()
        for value in condition.values
        if str(value).isdecimal()
    )
    longest = int(MAX_SESSION.total_seconds())
    for age in ages:
        old = replace(simulation, context={**simulation.context, _AGE: str(min(age + 1, longest))})
        if old.denies(OTHER_ACTION, Target.EVERYTHING, _MFA):
            return timedelta(seconds=age)
    return None


NO_ALLOW = PolicyFinding(
    "no-allow",
    "these policies allow nothing: judged as if another policy allowed everything",
    "check them together, as several files, or all of a user with --user NAME",
)


def _nothing_denied(simulation: Simulation) -> Iterator[PolicyFinding]:
    open_to_key = [action for action in WORK[:-1] if not simulation.denies(action, Target.EVERYTHING, _KEY)]
    if open_to_key and is_allowed_only_with_mfa(simulation):
        yield PolicyFinding(
            "nothing-denied",
            f"without MFA, {work_and_others(open_to_key)} are not allowed, but not denied either: "
            "another policy may allow them",
            DENY_ALL,
        )


LIMITS: tuple[Search, ...] = (
    _enrolment_by_a_thief,
    _others_with_mfa,
    _left_over_device,
    _longer_names,
    _dated_name,
    _session_token,
    _expired_password,
    _mfa_age,
    _nothing_denied,
    _calls_of_services,
)
