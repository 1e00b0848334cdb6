"""The MFA-enforcing policies: what they let through, held to AWS's rules, to a table and to another's evaluator."""

import functools
import importlib.util
import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mfa_session.errors import UsageError
from mfa_session.model.partitions import PARTITIONS, partition, partition_of
from mfa_session.policies.evaluator import DecisionType, Policy, Request, evaluate
from mfa_session.policies.templates import (
    KNOWN_POLICIES,
    MAX_POLICY,
    EnforcingPolicy,
    Shape,
    article_policy,
    aws_mfa_only_policy,
    aws_self_manage_policy,
    safe_policy,
    size,
)
from tests.clean_environment import clean_environment

ACCOUNT = "arn:aws:iam::123456789012"
USER = f"{ACCOUNT}:user/alice"
USER_WITH_PATH = f"{ACCOUNT}:user/engineering/alice"
OWN_DEVICE = f"{ACCOUNT}:mfa/alice"
OTHERS_DEVICE = f"{ACCOUNT}:mfa/bob"

KEY: dict[str, str | None] = {"aws:MultiFactorAuthPresent": None, "aws:MultiFactorAuthAge": None}
WITHOUT_MFA: dict[str, str | None] = {"aws:MultiFactorAuthPresent": "false", "aws:MultiFactorAuthAge": None}
WITH_MFA: dict[str, str | None] = {"aws:MultiFactorAuthPresent": "true", "aws:MultiFactorAuthAge": "60"}
OLD_MFA: dict[str, str | None] = {"aws:MultiFactorAuthPresent": "true", "aws:MultiFactorAuthAge": "28801"}

LETTERS = {DecisionType.ALLOWED: "A", DecisionType.EXPLICITLY_DENIED: "D", DecisionType.IMPLICITLY_DENIED: "-"}
POLICIES = {
    "aws-self-manage": aws_self_manage_policy(),
    "aws-mfa-only": aws_mfa_only_policy(),
    "article": article_policy(),
    "safe": safe_policy(),
}
SHAPES = {
    "no password": Shape(password_change=False),
    "services": Shape(via_aws_service=True),
    "age": Shape(max_mfa_age=timedelta(hours=8)),
    "all": Shape(password_change=False, via_aws_service=True, max_mfa_age=timedelta(hours=8)),
}
EVERY_POLICY = {**POLICIES, **{name: safe_policy("aws", shape) for name, shape in SHAPES.items()}}


def decide(policy: EnforcingPolicy, action: str, resource: str, context: Mapping[str, str | None]) -> str:
    request = Request(action, resource, {"aws:username": "alice", "aws:ViaAWSService": "false", **context})
    return LETTERS[evaluate([parsed(policy.document)], request).decision]


@functools.cache
def parsed(document: str) -> Policy:
    return Policy.parse(document)


def decisions(policy: EnforcingPolicy, action: str, resource: str) -> str:
    """Return three letters: for a long-term key, a session without MFA and one with it."""
    return "".join(decide(policy, f"iam:{action}", resource, context) for context in (KEY, WITHOUT_MFA, WITH_MFA))


# action, resource, then what each policy says
TABLE = [
    ("ListMFADevices", USER, "AAA", "AAA", "AAA", "AAA"),
    ("CreateVirtualMFADevice", OWN_DEVICE, "AAA", "AAA", "AAA", "AAA"),
    ("EnableMFADevice", USER, "AAA", "AAA", "AAA", "AAA"),
    ("ResyncMFADevice", USER, "AAA", "AAA", "AAA", "AAA"),
    ("ListVirtualMFADevices", f"{ACCOUNT}:mfa/", "AAA", "AAA", "AAA", "AAA"),
    ("GetUser", USER, "AAA", "AAA", "DD-", "AAA"),
    ("DeactivateMFADevice", USER, "DDA", "DDA", "AAA", "DDA"),
    ("DeleteVirtualMFADevice", OWN_DEVICE, "DD-", "DD-", "AAA", "DDA"),
    ("DeleteVirtualMFADevice", OTHERS_DEVICE, "DD-", "DD-", "AAA", "DD-"),
    ("ChangePassword", USER, "DDA", "DD-", "AAA", "DDA"),
    ("GetAccountPasswordPolicy", "*", "DDA", "DD-", "DD-", "DDA"),
    ("ListAccessKeys", USER, "DDA", "DD-", "DD-", "DDA"),
    ("CreateAccessKey", USER, "DDA", "DD-", "DD-", "DDA"),
    # a path: AWS's samples and the article miss such users, all but what is said of devices
    ("ListMFADevices", USER_WITH_PATH, "---", "---", "---", "AAA"),
    ("ListAccessKeys", USER_WITH_PATH, "DD-", "DD-", "DD-", "DDA"),
    ("CreateVirtualMFADevice", OTHERS_DEVICE, "AAA", "AAA", "AAA", "---"),
    ("CreateVirtualMFADevice", f"{OWN_DEVICE}-phone", "AAA", "AAA", "AAA", "AAA"),
]


@pytest.mark.parametrize(
    ("policy", "action", "resource", "letters"),
    [
        (policy, action, resource, letters)
        for action, resource, *row in TABLE
        for policy, letters in zip(POLICIES, row, strict=True)
    ],
)
def test_a_policy_lets_pass_what_the_table_says(policy: str, action: str, resource: str, letters: str) -> None:
    assert decisions(POLICIES[policy], action, resource) == letters


@pytest.mark.skipif(importlib.util.find_spec("principalmapper") is None, reason="Principal Mapper is not installed")
def test_another_evaluator_decides_everything_alike(tmp_path: Path) -> None:
    actions = {"s3:ListAllMyBuckets", "iam:CreateUser"}
    for policy in EVERY_POLICY.values():
        for statement in policy.statements:
            actions |= {*statement.elements.get("Action", []), *statement.elements.get("NotAction", [])}
    cases = [
        (name, action, resource, {"aws:username": "alice", "aws:ViaAWSService": "false", **context})
        for name in EVERY_POLICY
        for action in sorted(actions)
        for resource in (USER, USER_WITH_PATH, f"{ACCOUNT}:user/bob", OWN_DEVICE, f"{OWN_DEVICE}-phone", OTHERS_DEVICE)
        for context in (KEY, WITHOUT_MFA, WITH_MFA, OLD_MFA, {**OLD_MFA, "aws:ViaAWSService": "true"})
    ]
    asked = [(json.loads(EVERY_POLICY[name].document), *rest) for name, *rest in cases]

    theirs = subprocess.run(
        [sys.executable, "-W", "ignore", Path(__file__).with_name("independent_evaluator.py")],
        input=json.dumps(asked),
        env=clean_environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    ours = [decide(EVERY_POLICY[name], action, resource, context) for name, action, resource, context in cases]
    assert set(ours) == {"A", "D", "-"}
    assert [
        (case, mine, other) for case, mine, other in zip(cases, ours, json.loads(theirs), strict=True) if mine != other
    ] == []


@pytest.mark.parametrize("policy", EVERY_POLICY.values(), ids=EVERY_POLICY)
def test_every_statement_is_named_and_explained_in_one_sentence(policy: EnforcingPolicy) -> None:
    statements: list[dict[str, Any]] = json.loads(policy.document)["Statement"]

    assert [line.split(": ")[0] for line in policy.explanation] == [statement["Sid"] for statement in statements]
    assert all(line.split(": ", 1)[1] for line in policy.explanation)


@pytest.mark.parametrize("policy", EVERY_POLICY.values(), ids=EVERY_POLICY)
def test_every_policy_fits_into_a_managed_one_many_times(policy: EnforcingPolicy) -> None:
    assert 0 < size(policy.document) < MAX_POLICY / 2


def test_blanks_and_line_breaks_do_not_count() -> None:
    assert size(' {\n\t"a": 1 }\r\n') == len('{"a":1}')


@pytest.mark.parametrize("policy_of", [safe_policy, *KNOWN_POLICIES.values()])
@pytest.mark.parametrize("partition", PARTITIONS)
def test_a_policy_speaks_of_one_partition_only(policy_of: Any, partition: str) -> None:
    document = policy_of(partition).document

    assert document.count("arn:") == document.count(f"arn:{partition}:iam::*:") > 0


class TestShape:
    def test_a_user_changes_the_password_only_where_that_is_wanted(self) -> None:
        without = EVERY_POLICY["no password"]

        assert decisions(without, "ChangePassword", USER) == "DD-"
        assert decisions(without, "GetAccountPasswordPolicy", "*") == "DD-"

    @pytest.mark.parametrize(("via", "letter"), [("false", "D"), ("true", "-"), (None, "D")])
    def test_calls_of_aws_services_pass_only_where_that_is_wanted(self, via: str | None, letter: str) -> None:
        context = {**KEY, "aws:ViaAWSService": via}

        assert decide(EVERY_POLICY["services"], "s3:ListAllMyBuckets", "*", context) == letter
        assert decide(safe_policy(), "s3:ListAllMyBuckets", "*", context) == "D"

    @pytest.mark.parametrize(("age", "letter"), [("28799", "A"), ("28800", "A"), ("28801", "D")])
    def test_a_code_may_be_so_old_and_no_older(self, age: str, letter: str) -> None:
        context = {**WITH_MFA, "aws:MultiFactorAuthAge": age}

        assert decide(EVERY_POLICY["age"], "iam:ListAccessKeys", USER, context) == letter
        assert decide(EVERY_POLICY["age"], "iam:ListMFADevices", USER, context) == "A"

    def test_a_long_term_key_is_denied_however_young_a_code_has_to_be(self) -> None:
        assert decisions(EVERY_POLICY["age"], "ListAccessKeys", USER) == "DDA"

    def test_both_conditions_hold_for_a_service_with_an_old_code(self) -> None:
        old = {**OLD_MFA, "aws:ViaAWSService": "true"}

        assert decide(EVERY_POLICY["all"], "s3:ListAllMyBuckets", "*", old) == "-"
        assert decide(EVERY_POLICY["age"], "s3:ListAllMyBuckets", "*", old) == "D"

    @pytest.mark.parametrize("age", [timedelta(0), timedelta(hours=36, seconds=1)])
    def test_an_age_that_no_session_has_is_refused(self, age: timedelta) -> None:
        with pytest.raises(UsageError, match="MFA age"):
            Shape(max_mfa_age=age)

    def test_the_longest_session_may_be_as_old_as_it_gets(self) -> None:
        assert Shape(max_mfa_age=timedelta(hours=36))


class TestPartitions:
    @pytest.mark.parametrize(
        ("region", "name"),
        [
            ("us-east-1", "aws"),
            ("ap-northeast-1", "aws"),
            ("cn-north-1", "aws-cn"),
            ("us-gov-west-1", "aws-us-gov"),
            ("us-iso-east-1", "aws-iso"),
            ("us-isob-east-1", "aws-iso-b"),
            ("eu-isoe-west-1", "aws-iso-e"),
            ("us-isof-south-1", "aws-iso-f"),
            ("eusc-de-east-1", "aws-eusc"),
        ],
    )
    def test_a_region_lies_in_one(self, region: str, name: str) -> None:
        assert partition_of(region) == partition(name)

    def test_botocore_knows_no_other(self) -> None:
        from botocore.loaders import Loader

        known = Loader().load_data("partitions")["partitions"]

        assert {each["id"] for each in known} <= set(PARTITIONS)
        for each in known:
            assert {partition_of(region) for region in each["regions"] if "global" not in region} <= {each["id"]}

    @pytest.mark.parametrize("name", ["", "AWS", "aws ", "*", "aws-mars"])
    def test_another_name_is_refused(self, name: str) -> None:
        with pytest.raises(UsageError, match="no partition"):
            partition(name)
