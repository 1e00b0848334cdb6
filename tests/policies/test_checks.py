"""What `policy check` finds in a set of policies: the known ones, and each mistake on its own."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from mfa_session.errors import UsageError
from mfa_session.model.caller_identity import CallerIdentity
from mfa_session.policies.checks import Report, check
from mfa_session.policies.evaluator import DecisionType
from mfa_session.policies.findings import PolicyFinding, Severity
from mfa_session.policies.simulation import Caller, Principal, Simulation, Target, read_policies
from mfa_session.policies.templates import KNOWN_POLICIES, Shape, safe_policy

EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
DENY_ALL = {"Sid": "NoMore", "Effect": "Deny", "Action": "*", "Resource": "*"}

Statement = dict[str, Any]


def document(*statements: Statement) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def checked(
    *documents: str, subject: Principal | None = None, context: Mapping[str, str | None] | None = None
) -> Report:
    policies = read_policies({f"policy-{number}": text for number, text in enumerate(documents, 1)})
    return check(Simulation(policies, subject or Principal(), context or {}))


def changed(change: Callable[[dict[str, Statement]], None]) -> str:
    """Return the recommended policy with a *change* to its statements, which are known by their Sids."""
    statements = {each["Sid"]: each for each in json.loads(safe_policy().document)["Statement"]}
    change(statements)
    return document(*statements.values())


def names(findings: tuple[PolicyFinding, ...]) -> list[str]:
    return [finding.name for finding in findings]


def finding(report: Report, name: str) -> PolicyFinding:
    return next(each for each in report.findings if each.name == name)


class TestKnownPolicies:
    def test_the_recommended_one_has_no_problem(self) -> None:
        assert names(checked(safe_policy().document).findings) == []

    @pytest.mark.parametrize("shape", [Shape(password_change=False), Shape(via_aws_service=True)])
    def test_no_shape_of_it_has_one(self, shape: Shape) -> None:
        assert names(checked(safe_policy("aws", shape).document).findings) == []

    @pytest.mark.parametrize(
        ("variant", "expected"),
        [
            (
                "article",
                ["deactivate", "delete-own-device", "delete-anothers-device", "password", "path", "no-rotation"],
            ),
            ("aws-self-manage", ["path"]),
            ("aws-mfa-only", ["path", "no-rotation"]),
        ],
    )
    def test_the_others_have_the_findings_that_are_known(self, variant: str, expected: list[str]) -> None:
        assert names(checked(KNOWN_POLICIES[variant]("aws").document).findings) == expected

    @pytest.mark.parametrize(
        ("variant", "expected"),
        [
            ("article", ["first-device", "get-session-token", "expired-password", "aws-services"]),
            ("aws-self-manage", ["first-device", "left-over-device", "expired-password", "aws-services"]),
        ],
    )
    def test_what_no_policy_can_close_is_told_apart(self, variant: str, expected: list[str]) -> None:
        assert names(checked(KNOWN_POLICIES[variant]("aws").document).limits) == expected

    def test_what_is_asked_for_with_an_option_is_no_limit(self) -> None:
        report = checked(safe_policy("aws", Shape(via_aws_service=True)).document)

        assert names(report.limits) == ["first-device", "longer-names", "expired-password"]

    def test_a_policy_of_another_partition_is_judged_there(self) -> None:
        report = checked(safe_policy("aws-cn").document, subject=Principal(partition="aws-cn"))

        assert names(report.findings) == []

    def test_a_policy_for_another_partition_locks_out(self) -> None:
        assert "lock-out" in names(checked(safe_policy("aws-cn").document).findings)


class TestTable:
    def test_it_has_a_decision_for_each_kind_of_caller(self) -> None:
        report = checked(safe_policy().document)

        [row] = [row for row in report.rows if row.action == "iam:DeactivateMFADevice"]
        assert [decision.decision for decision in row.decisions] == [
            DecisionType.EXPLICITLY_DENIED,
            DecisionType.EXPLICITLY_DENIED,
            DecisionType.ALLOWED,
        ]
        assert len(row.decisions) == len(Caller)

    def test_a_row_tells_whose_device_is_meant(self) -> None:
        rows = checked(safe_policy().document).rows

        assert [row.target for row in rows if row.action == "iam:DeleteVirtualMFADevice"] == [
            Target.OWN_DEVICE,
            Target.ANOTHERS_DEVICE,
        ]

    def test_all_policies_count_together(self) -> None:
        report = checked(safe_policy().document, document(EVERYTHING))

        decisions = {row.action: row.decisions[-1].decision for row in report.rows}
        assert decisions["s3:ListAllMyBuckets"] is DecisionType.ALLOWED
        assert names(report.findings) == []


class TestFindings:
    def test_a_policy_that_denies_nothing_enforces_nothing(self) -> None:
        report = checked(document(EVERYTHING))

        assert names(report.findings)[0] == "not-enforced"
        assert "ec2:StartInstances" in report.findings[0].words

    def test_a_deny_of_one_service_leaves_the_others(self) -> None:
        report = checked(changed(lambda s: s["DenyAllExceptListedIfNoMFA"].update(Resource="arn:aws:s3:::*")))

        assert "not-enforced" in names(report.findings)

    @pytest.mark.parametrize("operator", ["Bool", "StringEquals"])
    def test_an_operator_that_does_not_bind_long_term_keys_is_named(self, operator: str) -> None:
        condition = {operator: {"aws:MultiFactorAuthPresent": "false"}}

        report = checked(changed(lambda s: s["DenyAllExceptListedIfNoMFA"].update(Condition=condition)))

        found = finding(report, "bool-for-boolifexists")
        assert "statement DenyAllExceptListedIfNoMFA of policy-1" in found.words
        assert found.fix == f"write BoolIfExists where the condition has {operator}"

    def test_a_condition_that_binds_only_long_term_keys_lets_a_session_without_a_code_through(self) -> None:
        condition = {"Null": {"aws:MultiFactorAuthPresent": "true"}}

        report = checked(changed(lambda s: s["DenyAllExceptListedIfNoMFA"].update(Condition=condition)))

        assert "session-without-mfa" in names(report.findings)

    @pytest.mark.parametrize(
        "condition",
        [
            None,
            {"BoolIfExists": {"aws:MultiFactorAuthPresent": ["true", "false"]}},
            {"StringEquals": {"aws:username": "alice"}},
        ],
    )
    def test_a_deny_that_hits_everyone_is_named_and_nothing_else_is_said(
        self, condition: dict[str, object] | None
    ) -> None:
        deny = {**DENY_ALL, **({"Condition": condition} if condition else {})}

        report = checked(safe_policy().document, document(deny))

        assert names(report.findings) == ["denies-everyone"]
        assert "statement NoMore of policy-2 denies everything to everyone" in report.findings[0].words

    def test_a_statement_without_a_name_is_told_by_its_number(self) -> None:
        nameless = {element: value for element, value in DENY_ALL.items() if element != "Sid"}

        report = checked(document(EVERYTHING, nameless))

        assert "statement 2, which has no Sid, of policy-1 denies everything" in report.findings[0].words

    @pytest.mark.parametrize(
        ("action", "name"),
        [
            ("iam:DeactivateMFADevice", "deactivate"),
            ("iam:ChangePassword", "password"),
            ("iam:CreateAccessKey", "keys-without-mfa"),
        ],
    )
    def test_an_action_too_many_without_mfa_is_found(self, action: str, name: str) -> None:
        report = checked(changed(lambda s: s["DenyAllExceptListedIfNoMFA"]["NotAction"].append(action)))

        assert names(report.findings) == [name]
        assert action in finding(report, name).fix

    def test_deleting_devices_without_mfa_is_found_for_ones_own_and_for_others(self) -> None:
        def change(statements: dict[str, Statement]) -> None:
            statements["DenyAllExceptListedIfNoMFA"]["NotAction"].append("iam:DeleteVirtualMFADevice")
            del statements["AllowDeleteOwnVirtualMFADeviceWithMFA"]["Condition"]
            statements["AllowDeleteOwnVirtualMFADeviceWithMFA"]["Resource"].append(
                "arn:aws:iam::*:mfa/${aws:username}*"
            )

        assert names(checked(changed(change)).findings) == ["delete-own-device", "delete-anothers-device"]

    def test_a_wildcard_too_many_lets_one_enrol_a_device_for_another(self) -> None:
        def change(statements: dict[str, Statement]) -> None:
            statements["AllowManageOwnMFADevices"]["Resource"] = "arn:aws:iam::*:user/*${aws:username}"
            del statements["DenyMFADevicesOfOthersIfNoMFA"]

        report = checked(changed(change))

        assert names(report.findings) == ["enable-for-another"]
        assert names(report.limits)[:2] == ["first-device", "others-with-mfa"]

    def test_a_user_with_a_path_is_missed(self) -> None:
        def change(statements: dict[str, Statement]) -> None:
            statements["AllowManageOwnAccessKeys"]["Resource"] = "arn:aws:iam::*:user/${aws:username}"

        report = checked(changed(change))

        assert names(report.findings) == ["path"]
        assert "iam:CreateAccessKey" in report.findings[0].words
        assert "iam:EnableMFADevice" not in report.findings[0].words
        assert "arn:aws:iam::*:user/*/${aws:username}" in report.findings[0].fix

    @pytest.mark.parametrize(
        ("actions", "expected"),
        [
            (["iam:EnableMFADevice"], ["lock-out"]),
            (["iam:CreateVirtualMFADevice"], ["lock-out"]),
            (["iam:ListMFADevices"], ["no-device-list"]),
            (["iam:ResyncMFADevice"], ["no-resync"]),
        ],
    )
    def test_what_a_user_needs_before_mfa_is_missed(self, actions: list[str], expected: list[str]) -> None:
        report = checked(changed(lambda s: s["DenyAllExceptListedIfNoMFA"]["NotAction"].remove(*actions)))

        assert names(report.findings) == expected
        assert f"statement DenyAllExceptListedIfNoMFA of policy-1 denies {actions[0]}" in report.findings[0].words

    def test_what_is_neither_denied_nor_allowed_is_told_apart(self) -> None:
        def change(statements: dict[str, Statement]) -> None:
            del statements["AllowCreateOwnVirtualMFADevice"]
            statements["DenyAllExceptListedIfNoMFA"]["NotAction"].remove("iam:EnableMFADevice")

        found = finding(checked(changed(change)), "lock-out")

        assert "denies iam:EnableMFADevice and nothing allows iam:CreateVirtualMFADevice" in found.words

    def test_keys_that_cannot_be_rotated_are_found(self) -> None:
        report = checked(changed(lambda s: s["AllowManageOwnAccessKeys"]["Action"].remove("iam:UpdateAccessKey")))

        assert names(report.findings) == ["no-rotation"]
        assert report.findings[0].words.endswith("to the MFA session, nothing allows iam:UpdateAccessKey")

    def test_what_only_is_not_allowed_without_mfa_is_no_problem_but_worth_knowing(self) -> None:
        only_with_mfa = {**EVERYTHING, "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}
        statements = json.loads(safe_policy().document)["Statement"][:-1]

        report = checked(document(only_with_mfa, *statements))

        assert "not-enforced" not in names(report.findings)
        assert "nothing-denied" in names(report.limits)

    def test_every_finding_says_what_to_do(self) -> None:
        for text in (document(EVERYTHING), document(DENY_ALL), KNOWN_POLICIES["article"]("aws").document):
            report = checked(text)

            assert all(found.words and found.fix for found in (*report.findings, *report.limits))


class TestSubject:
    def test_a_real_user_is_judged_by_the_own_path(self) -> None:
        self_manage = KNOWN_POLICIES["aws-self-manage"]("aws").document
        without = Principal.of(CallerIdentity("arn:aws:iam::123456789012:user/carol"))
        with_path = Principal.of(CallerIdentity("arn:aws:iam::123456789012:user/eng/emea/carol"))

        assert names(checked(self_manage, subject=without).findings) == []
        assert {"path", "lock-out", "no-device-list"} <= set(names(checked(self_manage, subject=with_path).findings))
        assert names(checked(safe_policy().document, subject=with_path).findings) == []

    def test_a_name_that_is_also_in_the_path_is_no_trouble(self) -> None:
        subject = Principal.of(CallerIdentity("arn:aws:iam::123456789012:user/carol/carol"))

        assert (subject.path, subject.name) == ("/carol/", "carol")

    @pytest.mark.parametrize("arn", ["arn:aws:iam::123456789012:root", "arn:aws:sts::123456789012:assumed-role/a/b"])
    def test_a_caller_who_is_no_user_is_refused(self, arn: str) -> None:
        with pytest.raises(UsageError, match="no IAM user"):
            Principal.of(CallerIdentity(arn))


class TestWhatIsNotKnown:
    ONLY_HERE = changed(
        lambda s: s["AllowManageOwnMFADevices"].update(Condition={"StringEquals": {"aws:SourceVpc": "vpc-1"}})
    )

    def test_a_condition_of_which_nothing_is_known_is_not_guessed(self) -> None:
        report = checked(self.ONLY_HERE)

        found = finding(report, "unknown")
        assert (found.severity, report.problems) == (Severity.WARNING, ())
        assert "--context aws:SourceVpc=VALUE" in found.fix
        assert "iam:DeactivateMFADevice" not in found.actions

    def test_it_is_decided_when_the_key_is_given(self) -> None:
        assert names(checked(self.ONLY_HERE, context={"aws:SourceVpc": "vpc-1"}).findings) == []
        assert "no-device-list" in names(checked(self.ONLY_HERE, context={"aws:SourceVpc": None}).findings)

    def test_context_cannot_say_that_a_key_has_mfa(self) -> None:
        report = checked(safe_policy().document, context={"aws:MultiFactorAuthPresent": "true"})

        assert report == checked(safe_policy().document)

    def test_a_policy_that_is_not_understood_is_named_with_the_place(self) -> None:
        strange = changed(lambda s: s["AllowViewAccount"].update(Condition={"IpAddresses": {"aws:SourceIp": "::1"}}))

        with pytest.raises(UsageError, match=r"^policy-2: statement 1 \(AllowViewAccount\): .*IpAddresses"):
            checked(safe_policy().document, strange)
