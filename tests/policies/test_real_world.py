"""Policies as accounts have them: each shape with what is wrong with it, and nothing else."""

import json
from typing import Any

import pytest

from mfa_session.policies.checks import check
from mfa_session.policies.simulation import Simulation, read_policies
from mfa_session.policies.templates import KNOWN_POLICIES, Shape, safe_policy

Statement = dict[str, Any]

NO_MFA = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
WITH_MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
WORK = {"Effect": "Allow", "Action": "*", "Resource": "*"}
NEEDED = [
    "iam:CreateVirtualMFADevice", "iam:EnableMFADevice", "iam:GetUser", "iam:ListMFADevices",
    "iam:ListVirtualMFADevices", "iam:ResyncMFADevice", "sts:GetSessionToken",
]  # fmt: skip
OWN = ["arn:aws:iam::*:user/${aws:username}", "arn:aws:iam::*:user/*/${aws:username}"]
OWN_MFA = [*OWN, "arn:aws:iam::*:mfa/${aws:username}"]
SELF = {"Effect": "Allow", "Action": ["iam:*MFADevice*", "iam:*AccessKey*", "iam:GetUser"], "Resource": OWN_MFA}
LISTS = {"Effect": "Allow", "Action": "iam:ListVirtualMFADevices", "Resource": "*"}

DEVICES = "deactivate delete-own-device delete-anothers-device enable-for-another password"


def deny(**elements: Any) -> Statement:
    return {"Sid": "Deny", "Effect": "Deny", "NotAction": NEEDED, "Resource": "*", "Condition": NO_MFA, **elements}


def without(statement: Statement, element: str) -> Statement:
    return {name: value for name, value in statement.items() if name != element}


def document(*statements: Statement, version: str | None = "2012-10-17") -> str:
    return json.dumps({**({"Version": version} if version else {}), "Statement": list(statements)})


# name: the documents, the problems in their order, the warnings
POLICIES: dict[str, tuple[list[str], str, str]] = {
    "recommended, beside an administrator's": ([safe_policy().document, document(WORK)], "", ""),
    "recommended, with an exempt user": ([safe_policy(shape=Shape(exempt=("robot",))).document], "", "exempt-users"),
    "the article's": (
        [KNOWN_POLICIES["article"]("aws").document],
        "deactivate delete-own-device delete-anothers-device password path",
        "no-rotation",
    ),
    "the article's Deny alone": (
        [document(deny(NotAction=["iam:DeactivateMFADevice", *NEEDED]))],
        "deactivate enable-for-another",
        "",
    ),
    "AWS's self-management": ([KNOWN_POLICIES["aws-self-manage"]("aws").document], "path", ""),
    "AWS's for MFA only": ([KNOWN_POLICIES["aws-mfa-only"]("aws").document], "path", "no-rotation"),
    "all of IAM excepted": (
        [document(SELF, LISTS, deny(NotAction="iam:*"))],
        "keys-without-mfa escalate deactivate delete-own-device password read-secrets destroy",
        "",
    ),
    "all of IAM and STS excepted, beside an administrator's": (
        [document(WORK, deny(NotAction=["iam:*", "sts:*"]))],
        f"keys-without-mfa escalate {DEVICES} read-secrets destroy",
        "",
    ),
    "Bool in place of BoolIfExists": (
        [document(SELF, LISTS, deny(Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}}))],
        "bool-for-boolifexists keys-without-mfa deactivate delete-own-device destroy",
        "",
    ),
    "a Deny by Null": ([document(SELF, LISTS, deny(Condition={"Null": {"aws:MultiFactorAuthAge": "true"}}))], "", ""),
    "an age without IfExists": (
        [document(SELF, LISTS, deny(Condition={"NumericGreaterThan": {"aws:MultiFactorAuthAge": "3600"}}))],
        "not-enforced keys-without-mfa deactivate delete-own-device destroy",
        "",
    ),
    "an age with IfExists": (
        [document(SELF, LISTS, deny(Condition={"NumericGreaterThanIfExists": {"aws:MultiFactorAuthAge": "3600"}}))],
        "",
        "",
    ),
    "users exempt by name": (
        [document(SELF, LISTS, deny(Condition={**NO_MFA, "StringNotEquals": {"aws:username": ["ci", "bob"]}}))],
        "",
        "exempt-users",
    ),
    "an office network exempt": (
        [document(SELF, LISTS, deny(Condition={**NO_MFA, "NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}))],
        "",
        "unknown",
    ),
    "an Allow that asks for MFA": (
        [document({**WORK, "Condition": WITH_MFA}, without(SELF, "Sid"), LISTS)],
        "keys-without-mfa deactivate delete-own-device destroy",
        "",
    ),
    "one service denied": (
        [document(WORK, without(deny(Action="s3:*"), "NotAction"))],
        f"not-enforced keys-without-mfa escalate {DEVICES} read-secrets destroy spend",
        "",
    ),
    "one bucket denied": (
        [document(WORK, deny(Resource="arn:aws:s3:::secret/*"))],
        f"not-enforced keys-without-mfa escalate {DEVICES} read-secrets destroy spend",
        "",
    ),
    "a version that has no variables": (
        [document(SELF, LISTS, deny(), version="2008-10-17")],
        "lock-out no-resync",
        "no-device-list no-rotation version",
    ),
    "no version": (
        [document(SELF, LISTS, deny(), version=None)],
        "lock-out no-resync",
        "no-device-list no-rotation version",
    ),
    "everyone denied": (
        [document(WORK, without(deny(Action="*"), "NotAction") | {"Condition": {}})],
        "denies-everyone",
        "",
    ),
    "nothing denied": (
        [document(WORK)],
        f"not-enforced keys-without-mfa escalate {DEVICES} read-secrets destroy spend",
        "",
    ),
    "secrets for a program excepted": (
        [document(SELF, LISTS, deny(NotAction=[*NEEDED, "secretsmanager:GetSecretValue", "kms:Decrypt"]), WORK)],
        "enable-for-another read-secrets",
        "",
    ),
    "enrolment not excepted": (
        [document(SELF, LISTS, deny(NotAction=["iam:List*", "sts:GetSessionToken"]))],
        "lock-out no-resync",
        "",
    ),
    "devices of all users": ([document({**SELF, "Resource": "*"}, LISTS, deny())], "enable-for-another", ""),
}


@pytest.mark.parametrize(("documents", "problems", "warnings"), POLICIES.values(), ids=POLICIES)
def test_a_policy_has_the_findings_that_are_right(documents: list[str], problems: str, warnings: str) -> None:
    policies = read_policies({f"policy-{number}": text for number, text in enumerate(documents, 1)})

    report = check(Simulation(policies))

    assert ([each.name for each in report.problems], [each.name for each in report.warnings]) == (
        problems.split(),
        warnings.split(),
    )
