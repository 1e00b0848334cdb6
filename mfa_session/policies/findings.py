"""What `policy check` finds: a name that never changes, the words, the fix and how much it matters."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum

from mfa_session.policies.exposure import OTHER_ACTION
from mfa_session.policies.simulation import Caller, Simulation, Target

# A policy that denies all of these without MFA denies whatever it does not except.
WORK = ("s3:ListAllMyBuckets", "ec2:StartInstances", "lambda:InvokeFunction", "iam:CreateUser", OTHER_ACTION)

ROTATION = ("iam:ListAccessKeys", "iam:CreateAccessKey", "iam:UpdateAccessKey", "iam:DeleteAccessKey")
ENROLMENT = (("iam:CreateVirtualMFADevice", Target.OWN_DEVICE), ("iam:EnableMFADevice", Target.OWN_USER))


class Severity(Enum):
    """How much a finding matters. A ``PROBLEM`` lets a key act without MFA, or locks a user out."""

    PROBLEM = "problem"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class PolicyFinding:
    """What is wrong with a set of policies, and the *fix*. *name* never changes, *actions* are those concerned."""

    name: str
    words: str
    fix: str
    severity: Severity = Severity.PROBLEM
    actions: tuple[str, ...] = ()
    group: str | None = None


Search = Callable[[Simulation], Iterator[PolicyFinding]]


def work_and_others(actions: list[str]) -> str:
    """Return *actions*, and that they stand for all others."""
    return ", ".join([*actions, "all other actions"])


def is_allowed_only_with_mfa(simulation: Simulation) -> bool:
    """Tell whether work is allowed, and to an MFA session only."""

    def is_allowed(caller: Caller) -> bool:
        return any(simulation.allows(action, Target.EVERYTHING, caller) for action in WORK)

    without_mfa = (Caller.LONG_TERM_KEY, Caller.SESSION_WITHOUT_MFA)
    return is_allowed(Caller.MFA_SESSION) and not any(is_allowed(caller) for caller in without_mfa)
