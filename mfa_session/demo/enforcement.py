"""MFA-enforcing policies: one that many accounts have, and one without its holes."""

import json
from typing import Any

# What may be done with the long-term key alone, in the article of 2024 that many copied. With these one may also
# take one's device away, delete anyone's unassigned one, and change the password.
_ARTICLE_ACTIONS = [
    "iam:CreateVirtualMFADevice",
    "iam:DeleteVirtualMFADevice",
    "iam:DeactivateMFADevice",
    "iam:EnableMFADevice",
    "iam:ResyncMFADevice",
    "iam:ListMFADevices",
    "iam:ListVirtualMFADevices",
    "iam:ChangePassword",
]

# What a user needs to get to the first code, and no more.
_NEEDED_BEFORE_MFA = [
    "iam:CreateVirtualMFADevice",
    "iam:EnableMFADevice",
    "iam:GetMFADevice",
    "iam:GetUser",
    "iam:ListMFADevices",
    "iam:ListVirtualMFADevices",
    "iam:ResyncMFADevice",
    "sts:GetSessionToken",
]

_WITHOUT_MFA = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
_WITH_MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


def article_policy(partition: str = "aws") -> str:
    """Return the policy that a widely read article of 2024 gives, with its holes."""
    own = [f"arn:{partition}:iam::*:mfa/*", f"arn:{partition}:iam::*:user/${{aws:username}}"]
    return _document(
        {"Sid": "AllowManageOwnMFA", "Effect": "Allow", "Action": _ARTICLE_ACTIONS, "Resource": own},
        {
            "Sid": "DenyAllExceptListedIfNoMFA",
            "Effect": "Deny",
            "NotAction": _ARTICLE_ACTIONS,
            "Resource": "*",
            "Condition": _WITHOUT_MFA,
        },
    )


def safer_policy(partition: str = "aws") -> str:
    """Return the policy that lets users care for their own keys and devices, and asks for MFA for all but the first."""
    iam = f"arn:{partition}:iam::*"
    own_user = [f"{iam}:user/${{aws:username}}", f"{iam}:user/*/${{aws:username}}"]
    own_devices = [f"{iam}:mfa/${{aws:username}}", f"{iam}:mfa/${{aws:username}}-*"]
    keys = ["CreateAccessKey", "DeleteAccessKey", "GetAccessKeyLastUsed", "ListAccessKeys", "UpdateAccessKey"]
    devices = ["DeactivateMFADevice", "EnableMFADevice", "GetMFADevice", "ListMFADevices", "ResyncMFADevice"]
    return _document(
        {
            "Sid": "AllowViewAccount",
            "Effect": "Allow",
            "Action": ["iam:GetAccountPasswordPolicy", "iam:ListVirtualMFADevices"],
            "Resource": "*",
        },
        {
            "Sid": "AllowManageOwnUser",
            "Effect": "Allow",
            "Action": ["iam:ChangePassword", "iam:GetUser", *(f"iam:{name}" for name in keys + devices)],
            "Resource": own_user,
        },
        {
            "Sid": "AllowCreateOwnDevice",
            "Effect": "Allow",
            "Action": "iam:CreateVirtualMFADevice",
            "Resource": own_devices,
        },
        {
            "Sid": "AllowDeleteOwnDeviceWithMFA",
            "Effect": "Allow",
            "Action": "iam:DeleteVirtualMFADevice",
            "Resource": own_devices,
            "Condition": _WITH_MFA,
        },
        {
            "Sid": "DenyAllExceptListedIfNoMFA",
            "Effect": "Deny",
            "NotAction": _NEEDED_BEFORE_MFA,
            "Resource": "*",
            "Condition": _WITHOUT_MFA,
        },
    )


def _document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=2)
