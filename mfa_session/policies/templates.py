"""MFA-enforcing policies: the recommended one, and three that many accounts have.

Each lets users set up a device by themselves and denies everything else to a caller
who showed no code. They differ in what they forget. Every ARN names its partition:
IAM takes none with a wildcard there.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from mfa_session.errors import UsageError
from mfa_session.model.durations import MAX_SESSION, in_words
from mfa_session.policies.actions import NEEDED_BEFORE_MFA

# Of a managed policy, blanks not counted: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
MAX_POLICY = 6144

_ARTICLE_ACTIONS = (
    "iam:CreateVirtualMFADevice",
    "iam:DeleteVirtualMFADevice",
    "iam:DeactivateMFADevice",
    "iam:EnableMFADevice",
    "iam:ResyncMFADevice",
    "iam:ListMFADevices",
    "iam:ListVirtualMFADevices",
    "iam:ChangePassword",
)

_OWN_KEYS = (
    "iam:CreateAccessKey",
    "iam:DeleteAccessKey",
    "iam:GetAccessKeyLastUsed",
    "iam:ListAccessKeys",
    "iam:UpdateAccessKey",
)
_OWN_DEVICES = ("iam:DeactivateMFADevice", "iam:EnableMFADevice", "iam:ListMFADevices", "iam:ResyncMFADevice")

_WITHOUT_MFA = {"aws:MultiFactorAuthPresent": "false"}
_CALLED_BY_THE_USER = {"aws:ViaAWSService": "false"}


@dataclass(frozen=True, slots=True)
class EnforcingStatement:
    """One statement, as IAM takes it, and what it does in one sentence."""

    elements: Mapping[str, Any]
    sentence: str


@dataclass(frozen=True, slots=True)
class EnforcingPolicy:
    """A policy that enforces MFA, statement by statement."""

    statements: tuple[EnforcingStatement, ...]

    @property
    def document(self) -> str:
        """The policy as JSON that IAM accepts, in lines for people to read."""
        statements = [statement.elements for statement in self.statements]
        return json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=2)

    @property
    def explanation(self) -> list[str]:
        """One sentence for each statement, behind its Sid."""
        return [f"{statement.elements['Sid']}: {statement.sentence}" for statement in self.statements]


@dataclass(frozen=True, slots=True)
class Shape:
    """What the recommended policy is to be like.

    *password_change* lets users change their own password. *via_aws_service* spares
    the calls that an AWS service makes on a user's behalf, which may carry no MFA.
    *max_mfa_age* is how long ago a code may have been typed. *allowed_without_mfa* are actions
    that the Deny excepts too, *exempt* the names of users whom it does not bind. Of a policy for
    *self_service* there is no Deny: users can manage their devices, and go on without MFA.

    Raises:
        UsageError: no session has codes of such an age.
    """

    password_change: bool = True
    via_aws_service: bool = False
    max_mfa_age: timedelta | None = None
    allowed_without_mfa: tuple[str, ...] = ()
    exempt: tuple[str, ...] = ()
    self_service: bool = False

    def __post_init__(self) -> None:
        if self.max_mfa_age is not None and not timedelta(0) < self.max_mfa_age <= MAX_SESSION:
            raise UsageError(
                f"an MFA age of {in_words(self.max_mfa_age)} is none that a policy could ask for",
                hint="a session lasts 36 hours at most: give an age of up to 36h, such as 8h",
            )


def size(document: str) -> int:
    """Return how many characters of *document* count against :data:`LONGEST_POLICY`."""
    return len("".join(document.split()))


def safe_policy(partition: str = "aws", shape: Shape | None = None) -> EnforcingPolicy:
    """Return the recommended policy: AWS's own for self-management, without its gaps.

    It reaches users with a path, lets them delete a device that they took out of use
    (with MFA, and only one that carries their name), and grants nothing besides.
    """
    shape = shape or Shape()
    iam = f"arn:{partition}:iam::*"
    own_user = [f"{iam}:user/${{aws:username}}", f"{iam}:user/*/${{aws:username}}"]
    own_names = [f"{iam}:mfa/${{aws:username}}", f"{iam}:mfa/${{aws:username}}-*"]
    viewed = ["iam:GetAccountPasswordPolicy"] if shape.password_change else []
    statements = [
        _allow(
            "AllowViewAccount",
            [*viewed, "iam:ListVirtualMFADevices"],
            "*",
            "lets users see which names of devices are taken"
            + (", and the rules for passwords" if shape.password_change else ""),
        ),
        _allow(
            "AllowManageOwnAccessKeys",
            _OWN_KEYS,
            own_user,
            "lets users rotate their own access keys, whatever path their user has",
        ),
        _allow(
            "AllowManageOwnMFADevices",
            [*_OWN_DEVICES, "iam:GetMFADevice", "iam:GetUser"],
            own_user,
            "lets users see, enable, resynchronize and take away their own MFA devices",
        ),
        _allow(
            "AllowCreateOwnVirtualMFADevice",
            ["iam:CreateVirtualMFADevice"],
            own_names,
            "lets users create a virtual device, called like the user, or that with a hyphen and more behind it",
        ),
        _allow(
            "AllowDeleteOwnVirtualMFADeviceWithMFA",
            ["iam:DeleteVirtualMFADevice"],
            own_names,
            "lets users who showed a code delete such a device once it is out of use, and no other user's device",
            Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}},
        ),
    ]
    if shape.password_change:
        statements.append(
            _allow("AllowChangeOwnPassword", ["iam:ChangePassword"], own_user, "lets users change their own password")
        )
    return EnforcingPolicy((*statements, *([] if shape.self_service else _denials(shape, own_user))))


def shape_of(document: str, partition: str) -> Shape | None:
    """Return the shape of a policy that :func:`safe_policy` made, ``None`` for any other policy."""
    try:
        present = json.loads(document)
        statements = {each["Sid"]: each for each in present["Statement"]}
        deny = statements.get("DenyAllExceptListedIfNoMFA", {})
        too_old = statements.get("DenyAllExceptListedIfMFAIsOld", {}).get("Condition", {})
        age = too_old.get("NumericGreaterThan", {}).get("aws:MultiFactorAuthAge")
        shape = Shape(
            password_change="AllowChangeOwnPassword" in statements,
            via_aws_service="aws:ViaAWSService" in deny.get("Condition", {}).get("BoolIfExists", {}),
            max_mfa_age=timedelta(seconds=int(age)) if age else None,
            allowed_without_mfa=tuple(sorted({*deny.get("NotAction", ())} - {*NEEDED_BEFORE_MFA})),
            exempt=tuple(deny.get("Condition", {}).get("StringNotEquals", {}).get("aws:username", ())),
            self_service=not deny,
        )
    except (ValueError, TypeError, KeyError, AttributeError, UsageError):
        return None
    return shape if json.loads(safe_policy(partition, shape).document) == present else None


def _denials(shape: Shape, own_user: Sequence[str]) -> list[EnforcingStatement]:
    called_by_user = _CALLED_BY_THE_USER if shape.via_aws_service else {}
    exempt = {"StringNotEquals": {"aws:username": list(shape.exempt)}} if shape.exempt else {}
    but = ", but for calls that an AWS service makes for the user" if called_by_user else ""
    but += f", and not to {', '.join(shape.exempt)}" if shape.exempt else ""
    excepted = sorted({*NEEDED_BEFORE_MFA, *shape.allowed_without_mfa})
    way = "the way to a first code" + (" and " if shape.allowed_without_mfa else "")
    way += ", ".join(shape.allowed_without_mfa)
    denials = [
        EnforcingStatement(
            {
                "Sid": "DenyMFADevicesOfOthersIfNoMFA",
                "Effect": "Deny",
                "Action": ["iam:EnableMFADevice", "iam:ResyncMFADevice"],
                "NotResource": own_user,
                "Condition": {"BoolIfExists": _WITHOUT_MFA, **exempt},
            },
            "keeps administrators without MFA from giving another user a device",
        ),
        _deny(
            "DenyAllExceptListedIfNoMFA",
            excepted,
            f"denies all but {way} to callers without MFA, long-term keys among them{but}",
            condition={"BoolIfExists": {**_WITHOUT_MFA, **called_by_user}, **exempt},
        ),
    ]
    if shape.max_mfa_age is not None:
        too_old = {"aws:MultiFactorAuthAge": str(int(shape.max_mfa_age.total_seconds()))}
        by_user = {"BoolIfExists": called_by_user} if called_by_user else {}
        denials.append(
            _deny(
                "DenyAllExceptListedIfMFAIsOld",
                excepted,
                f"denies the same to sessions whose code is older than {in_words(shape.max_mfa_age)}{but}",
                condition={"NumericGreaterThan": too_old, **by_user, **exempt},
            )
        )
    return denials


def article_policy(partition: str = "aws") -> EnforcingPolicy:
    """Return the policy of a widely read article of 2024, as many accounts have it."""
    iam = f"arn:{partition}:iam::*"
    return EnforcingPolicy(
        (
            _allow(
                "AllowManageOwnMFA",
                _ARTICLE_ACTIONS,
                [f"{iam}:mfa/*", f"{iam}:user/${{aws:username}}"],
                "lets users manage their MFA devices and their password, and delete the unassigned device of anyone",
            ),
            _deny(
                "DenyAllExceptListedIfNoMFA",
                _ARTICLE_ACTIONS,
                "denies all but these actions to callers without MFA; with the key alone they may all be done",
            ),
        )
    )


def aws_self_manage_policy(partition: str = "aws") -> EnforcingPolicy:
    """Return AWS's sample for users who manage their own credentials.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_aws_my-sec-creds-self-manage.html
    """
    iam = f"arn:{partition}:iam::*"
    own_user = f"{iam}:user/${{aws:username}}"

    def own(sid: str, names: str, sentence: str) -> EnforcingStatement:
        return _allow(sid, [f"iam:{name}" for name in names.split()], own_user, sentence)

    return EnforcingPolicy(
        (
            _allow(
                "AllowViewAccountInfo",
                ["iam:GetAccountPasswordPolicy", "iam:ListVirtualMFADevices"],
                "*",
                "lets users see the rules for passwords, and the virtual devices of the account",
            ),
            own("AllowManageOwnPasswords", "ChangePassword GetUser", "lets users change their own password"),
            _allow("AllowManageOwnAccessKeys", _OWN_KEYS, own_user, "lets users rotate their own access keys"),
            own(
                "AllowManageOwnSigningCertificates",
                "DeleteSigningCertificate ListSigningCertificates UpdateSigningCertificate UploadSigningCertificate",
                "lets users manage their own X.509 certificates",
            ),
            own(
                "AllowManageOwnSSHPublicKeys",
                "DeleteSSHPublicKey GetSSHPublicKey ListSSHPublicKeys UpdateSSHPublicKey UploadSSHPublicKey",
                "lets users manage their own SSH keys",
            ),
            own(
                "AllowManageOwnGitCredentials",
                "CreateServiceSpecificCredential DeleteServiceSpecificCredential ListServiceSpecificCredentials"
                " ResetServiceSpecificCredential UpdateServiceSpecificCredential",
                "lets users manage their own Git credentials",
            ),
            _create_any_device(iam),
            _allow("AllowManageOwnUserMFA", _OWN_DEVICES, own_user, "lets users manage their own MFA devices"),
            _aws_denial(NEEDED_BEFORE_MFA),
        )
    )


def aws_mfa_only_policy(partition: str = "aws") -> EnforcingPolicy:
    """Return AWS's sample for users who manage nothing but their own MFA devices.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_aws_my-sec-creds-self-manage-mfa-only.html
    """
    iam = f"arn:{partition}:iam::*"
    return EnforcingPolicy(
        (
            _allow(
                "AllowViewAccountInfo",
                ["iam:ListVirtualMFADevices"],
                "*",
                "lets users see the virtual devices of the account",
            ),
            _create_any_device(iam),
            _allow(
                "AllowManageOwnUserMFA",
                [*_OWN_DEVICES, "iam:GetMFADevice", "iam:GetUser"],
                f"{iam}:user/${{aws:username}}",
                "lets users manage their own MFA devices",
            ),
            _aws_denial([action for action in NEEDED_BEFORE_MFA if action != "iam:GetMFADevice"]),
        )
    )


def _create_any_device(iam: str) -> EnforcingStatement:
    return _allow(
        "AllowManageOwnVirtualMFADevice",
        ["iam:CreateVirtualMFADevice"],
        f"{iam}:mfa/*",
        "lets users create a virtual device of any name",
    )


def _aws_denial(needed: Sequence[str]) -> EnforcingStatement:
    return _deny("DenyAllExceptListedIfNoMFA", needed, "denies all but the way to a first code to callers without MFA")


def _allow(
    sid: str, actions: Sequence[str], resource: str | list[str], sentence: str, **more: Mapping[str, Any]
) -> EnforcingStatement:
    elements = {"Sid": sid, "Effect": "Allow", "Action": sorted(actions), "Resource": resource, **more}
    return EnforcingStatement(elements, sentence)


def _deny(
    sid: str, except_for: Sequence[str], sentence: str, *, condition: Mapping[str, Any] | None = None
) -> EnforcingStatement:
    return EnforcingStatement(
        {
            "Sid": sid,
            "Effect": "Deny",
            "NotAction": sorted(except_for),
            "Resource": "*",
            "Condition": condition or {"BoolIfExists": _WITHOUT_MFA},
        },
        sentence,
    )


# Under the names by which they are asked for; the recommended one is made by safe_policy.
KNOWN_POLICIES: Mapping[str, Callable[[str], EnforcingPolicy]] = MappingProxyType(
    {
        "article": article_policy,
        "aws-self-manage": aws_self_manage_policy,
        "aws-mfa-only": aws_mfa_only_policy,
    }
)
