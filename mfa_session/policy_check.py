"""Check what a set of policies enforces: a decision for each action and kind of caller, and the holes."""

from dataclasses import dataclass

from mfa_session.policies import Ruling
from mfa_session.policy_holes import Hole, holes, limits
from mfa_session.policy_trial import Caller, Target, Trial

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
    rulings: tuple[Ruling, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What a set of policies does. *holes* should be mended; *limits* should be known."""

    rows: tuple[Row, ...]
    holes: tuple[Hole, ...]
    limits: tuple[Hole, ...]


def check(trial: Trial) -> Report:
    """Return what the policies of *trial* decide, what is wrong with that, and what is worth knowing.

    Raises:
        UsageError: a decision depends on something of which nothing is known here.
    """
    rows = (Row(action, target, tuple(trial.ruling(action, target, c) for c in Caller)) for action, target in _TABLE)
    return Report(tuple(rows), tuple(holes(trial)), tuple(limits(trial)))
