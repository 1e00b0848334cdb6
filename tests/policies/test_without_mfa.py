"""What the key alone is allowed: every addition to the NotAction of a Deny is found, with what it leads to."""

import json

import pytest

from mfa_session.policies.actions import KNOWN_ACTIONS, Danger, danger_of
from mfa_session.policies.checks import check
from mfa_session.policies.findings import PolicyFinding, Severity
from mfa_session.policies.simulation import Simulation, read_policies
from mfa_session.policies.templates import safe_policy

ALLOW_ALL = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})

ADDITIONS = {
    Danger.ESCALATE: """
        iam:AttachUserPolicy iam:CreateLoginProfile iam:CreatePolicyVersion iam:PassRole
        sts:AssumeRole iam:PutUserPolicy iam:AddUserToGroup iam:SetDefaultPolicyVersion
        iam:UpdateAssumeRolePolicy iam:CreateAccessKey iam:UpdateLoginProfile iam:AttachGroupPolicy
        iam:AttachRolePolicy iam:PutGroupPolicy iam:PutRolePolicy iam:CreateUser iam:UpdateAccessKey
        iam:DetachUserPolicy iam:DeleteUserPolicy iam:RemoveUserFromGroup
        iam:DeleteUserPermissionsBoundary iam:CreateServiceSpecificCredential iam:UploadSSHPublicKey
        sts:GetFederationToken lambda:UpdateFunctionCode ssm:SendCommand ssm:StartSession
        cloudformation:CreateStack ec2-instance-connect:SendSSHPublicKey kms:PutKeyPolicy
        s3:PutBucketPolicy glue:CreateDevEndpoint ecs:ExecuteCommand sso:CreateAccountAssignment
        mediastore:PutContainerPolicy sts:* iam:* iam:Attach* iam:Create* iam:Put*
        iam:CreateA??essKey
    """,
    Danger.TAKE_OVER_DEVICE: "iam:DeactivateMFADevice iam:DeleteVirtualMFADevice iam:ChangePassword iam:Deactivate*",
    Danger.READ_SECRETS: """
        secretsmanager:* secretsmanager:GetSecretValue s3:GetObject kms:* kms:Decrypt ssm:*
        ssm:GetParameter* s3:Get* dynamodb:Scan ec2:GetPasswordData lambda:GetFunction s3:*
        logs:FilterLogEvents textract:GetDocumentAnalysis newservice:* appsync:ListApiKeys
    """,
    Danger.DESTROY: """
        s3:DeleteObject s3:PutObject ec2:TerminateInstances rds:DeleteDBInstance
        kms:ScheduleKeyDeletion cloudtrail:StopLogging dynamodb:DeleteTable s3:Delete*
        newservice:DeleteThing newservice:* route53:ChangeResourceRecordSets
    """,
    Danger.SPEND: """
        ec2:RunInstances bedrock:InvokeModel sagemaker:CreateEndpoint route53domains:RegisterDomain
        ses:SendEmail ec2:Run* newservice:CreateThing
    """,
}
TABLE = [(action, danger) for danger, actions in ADDITIONS.items() for action in actions.split()]


def with_exception(action: str) -> str:
    document = json.loads(safe_policy().document)
    for statement in document["Statement"]:
        if "NotAction" in statement:
            statement["NotAction"].append(action)
    return json.dumps(document)


def findings(*documents: str, is_complete: bool = False) -> list[PolicyFinding]:
    policies = read_policies({f"policy-{number}": text for number, text in enumerate(documents, 1)})
    return list(check(Simulation(policies, is_complete=is_complete)).findings)


def test_the_table_is_long_enough() -> None:
    assert len(TABLE) >= 60


@pytest.mark.parametrize("beside", [(), (ALLOW_ALL,)], ids=["alone", "beside Allow *"])
@pytest.mark.parametrize(("action", "danger"), TABLE)
def test_an_addition_to_the_not_action_is_a_problem_of_its_group(
    action: str, danger: Danger, beside: tuple[str, ...]
) -> None:
    found = findings(with_exception(action), *beside)

    of_the_group = [each for each in found if each.group == danger.value]
    assert {each.severity for each in of_the_group} == {Severity.PROBLEM}
    assert all(action in each.fix and "NotAction of statement DenyAllExceptListedIfNoMFA" in each.fix for each in found)
    groups = [list(Danger).index(Danger(each.group)) for each in found]
    assert groups == sorted(groups)


@pytest.mark.parametrize(
    "action",
    ["iam:GetAccountPasswordPolicy", "sts:GetCallerIdentity", "iam:ListUsers", "iam:ListAccessKeys", "iam:List*"],
)
def test_an_addition_that_is_harmless_before_the_first_code_is_worth_knowing_only(action: str) -> None:
    policies = read_policies({"policy": with_exception(action)})

    report = check(Simulation(policies))

    assert report.findings == ()
    assert [each.severity for each in report.limits if each.name == "harmless"] == [Severity.INFO]


def test_what_a_whole_set_of_policies_does_not_allow_is_no_problem() -> None:
    assert findings(with_exception("s3:GetObject"), is_complete=True) == []


def test_what_no_policy_at_hand_allows_is_told_apart() -> None:
    [found] = findings(with_exception("s3:GetObject"))

    assert found.words.endswith("where another policy allows it, s3:GetObject")


def test_an_allow_that_no_deny_covers_is_found_on_its_own_resource() -> None:
    bucket = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::secrets/*"}
    deny = {
        "Sid": "OnlyOne",
        "Effect": "Deny",
        "NotAction": "iam:*MFA*",
        "Resource": "arn:aws:s3:::other/*",
        "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [bucket, deny]})

    found = {each.name: each for each in findings(document)}

    assert found["read-secrets"].actions == ("s3:GetObject",)
    assert found["read-secrets"].fix == 'write "Resource": "*" in statement OnlyOne of policy-1'


def test_where_nothing_denies_the_fix_is_a_deny_or_a_condition_of_the_allow() -> None:
    found = findings(ALLOW_ALL)

    fixes = {each.fix for each in found if each.group}
    assert not any("NotAction" in fix for fix in fixes)
    assert all("mfa-session policy show" in fix and "statement 1" in fix for fix in fixes)


@pytest.mark.parametrize(
    ("condition", "fix"),
    [
        ({"Bool": {"aws:MultiFactorAuthPresent": "false"}}, "write BoolIfExists where"),
        ({"NumericGreaterThan": {"aws:MultiFactorAuthAge": "3600"}}, "write NumericGreaterThanIfExists where"),
        (
            {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}, "StringNotEquals": {"aws:username": "alice"}},
            "take the condition StringNotEquals on aws:username out of",
        ),
    ],
)
def test_a_condition_that_spares_the_key_is_named_with_what_to_write(condition: object, fix: str) -> None:
    deny = {"Sid": "D", "Effect": "Deny", "NotAction": "iam:*MFA*", "Resource": "*", "Condition": condition}
    document = json.dumps({"Version": "2012-10-17", "Statement": deny})

    assert any(each.fix.startswith(fix) for each in findings(document, ALLOW_ALL))


def test_a_user_who_is_exempt_is_a_warning() -> None:
    condition = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}, "StringNotEquals": {"aws:username": ["bob"]}}
    document = json.loads(safe_policy().document)
    document["Statement"][-1]["Condition"] = condition

    [found] = findings(json.dumps(document))

    assert (found.name, found.severity) == ("exempt-users", Severity.WARNING)
    assert "does not bind bob" in found.words


def test_a_deny_alone_is_judged_as_combined_with_what_is_attached() -> None:
    actions = [
        "iam:CreateVirtualMFADevice", "iam:DeleteVirtualMFADevice", "iam:DeactivateMFADevice", "iam:EnableMFADevice",
        "iam:ResyncMFADevice", "iam:ListMFADevices", "iam:ListVirtualMFADevices", "iam:ChangePassword",
    ]  # fmt: skip
    condition = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
    deny = {"Sid": "Deny", "Effect": "Deny", "NotAction": actions, "Resource": "*", "Condition": condition}
    document = json.dumps({"Version": "2012-10-17", "Statement": [deny]})

    report = check(Simulation(read_policies({"article": document})))

    assert [each.name for each in report.findings] == [
        "deactivate", "delete-own-device", "delete-anothers-device", "enable-for-another", "password",
    ]  # fmt: skip
    assert {"no-allow", "get-session-token"} <= {each.name for each in report.limits}


def test_every_known_action_has_a_group_and_unknown_ones_get_one_by_their_verb() -> None:
    assert {danger_of(action) for action in KNOWN_ACTIONS} == set(Danger)
    assert danger_of("newservice:DescribeThings") is Danger.READ_SECRETS
    assert danger_of("newservice:AttachThingPolicy") is Danger.ESCALATE
    assert danger_of("newservice:StopThing") is Danger.DESTROY
    assert danger_of("newservice:LaunchThing") is Danger.SPEND
    assert danger_of("IAM:attachuserpolicy") is Danger.ESCALATE
