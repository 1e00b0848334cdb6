"""AWS's two samples of MFA-enforcing policies, as far as they speak of users, keys and MFA devices.

"AWS: Allows MFA-authenticated IAM users to manage their own credentials on the Security
credentials page", and the same for MFA alone, of the IAM User Guide.
"""

import json
from typing import Any

_OWN_USER = "arn:aws:iam::*:user/${aws:username}"
_KEYS = ["CreateAccessKey", "DeleteAccessKey", "GetAccessKeyLastUsed", "ListAccessKeys", "UpdateAccessKey"]
_DEVICES = ["DeactivateMFADevice", "EnableMFADevice", "ListMFADevices", "ResyncMFADevice"]
_NEEDED_BEFORE_MFA = [
    "iam:CreateVirtualMFADevice",
    "iam:EnableMFADevice",
    "iam:GetUser",
    "iam:GetMFADevice",
    "iam:ListMFADevices",
    "iam:ListVirtualMFADevices",
    "iam:ResyncMFADevice",
    "sts:GetSessionToken",
]


def _allow(names: list[str], resource: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": [f"iam:{name}" for name in names], "Resource": resource}


def _enforcing(*statements: dict[str, Any]) -> str:
    without_mfa = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
    deny = {"Effect": "Deny", "NotAction": _NEEDED_BEFORE_MFA, "Resource": "*", "Condition": without_mfa}
    return json.dumps({"Version": "2012-10-17", "Statement": [*statements, deny]})


SELF_MANAGE = _enforcing(
    _allow(["GetAccountPasswordPolicy", "ListVirtualMFADevices"], "*"),
    _allow(["ChangePassword", "GetUser"], _OWN_USER),
    _allow(_KEYS, _OWN_USER),
    _allow(["CreateVirtualMFADevice"], "arn:aws:iam::*:mfa/*"),
    _allow(_DEVICES, _OWN_USER),
)
MFA_ONLY = _enforcing(
    _allow(["ListVirtualMFADevices"], "*"),
    _allow(["CreateVirtualMFADevice"], "arn:aws:iam::*:mfa/*"),
    _allow([*_DEVICES, "GetUser", "GetMFADevice"], _OWN_USER),
)
