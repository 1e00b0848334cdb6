"""What sets of policies decide: AWS's evaluation rules, and the enforcing policies that people use."""

from collections.abc import Mapping
from typing import Any, ClassVar

import pytest

from mfa_session.policies.evaluator import Decision, DecisionType, Policy, Request, evaluate

ALICE = "arn:aws:iam::123456789012:user/alice"
LIST = "iam:ListAccessKeys"


def policy(*statements: Mapping[str, Any], version: str = "2012-10-17", name: str = "") -> Policy:
    return Policy.parse({"Version": version, "Statement": list(statements)}, name=name)


def allow(**elements: object) -> dict[str, object]:
    return {
        "Effect": "Allow",
        **({} if "NotAction" in elements else {"Action": "*"}),
        **_resource(elements),
        **elements,
    }


def deny(**elements: object) -> dict[str, object]:
    return {**allow(**elements), "Effect": "Deny"}


def _resource(elements: Mapping[str, object]) -> dict[str, str]:
    return {} if "NotResource" in elements else {"Resource": "*"}


def decide(
    *policies: Policy, action: str = LIST, resource: str = ALICE, context: Mapping[str, str | None] | None = None
) -> DecisionType:
    return evaluate(policies, Request(action, resource, context or {})).decision


def met(operator: str, value: object, actual: str | None, key: str = "aws:username") -> bool:
    """Tell whether a statement whose one condition is this applies where the key has the *actual* value."""
    statement = allow(Condition={operator: {key: value}})
    return (
        decide(policy(statement), context={key: actual, "aws:userid": "alice", "aws:PrincipalTag/x": None})
        is DecisionType.ALLOWED
    )


class TestDecision:
    def test_nothing_is_allowed_that_no_statement_allows(self) -> None:
        assert evaluate([], Request(LIST, ALICE, {})) == Decision(DecisionType.IMPLICITLY_DENIED)

    def test_one_allow_is_enough(self) -> None:
        assert decide(policy(allow(Action="s3:*")), policy(allow(Action="iam:*"))) is DecisionType.ALLOWED

    def test_a_deny_wins_wherever_it_stands(self) -> None:
        both = [policy(allow()), policy(deny())]

        assert {decide(*both), decide(*reversed(both))} == {DecisionType.EXPLICITLY_DENIED}

    def test_the_statement_that_denied_can_be_traced(self) -> None:
        work, enforcing = policy(allow(), name="work"), policy(allow(Sid="A"), deny(Sid="B"), name="enforcing")

        decide = evaluate([work, enforcing], Request(LIST, ALICE, {}))

        assert (decide.policy, decide.statement) == (enforcing, enforcing.statements[1])

    def test_the_first_statement_that_allowed_can_be_traced(self) -> None:
        first, second = policy(allow(Action="s3:*"), allow(Sid="Here")), policy(allow())

        decide = evaluate([first, second], Request(LIST, ALICE, {}))

        assert (decide.policy, decide.statement) == (first, first.statements[1])


class TestActions:
    @pytest.mark.parametrize(
        "action",
        ["*", "iam:*", "iam:List*", "IAM:listaccesskeys", "iam:L?stAccessKeys", ["s3:*", "iam:ListAccessKeys"]],
    )
    def test_an_action_fits_whatever_its_case(self, action: object) -> None:
        assert decide(policy(allow(Action=action))) is DecisionType.ALLOWED

    @pytest.mark.parametrize("action", ["s3:*", "iam:List", "iam:ListAccessKeys?", "iam:?istAccessKey"])
    def test_another_action_does_not(self, action: object) -> None:
        assert decide(policy(allow(Action=action))) is DecisionType.IMPLICITLY_DENIED

    def test_not_action_means_every_other(self) -> None:
        but_lists = policy(allow(NotAction=["iam:List*", "s3:*"]))

        assert decide(but_lists) is DecisionType.IMPLICITLY_DENIED
        assert decide(but_lists, action="iam:GetUser") is DecisionType.ALLOWED


class TestResources:
    @pytest.mark.parametrize(
        "resource",
        [
            "*",
            ALICE,
            "arn:aws:iam::*:user/alice",
            "arn:*:iam::123456789012:user/al?ce",
            "arn:aws:iam::123456789012:*",
            "arn:aws:iam",
            ["arn:aws:s3:::x", ALICE],
        ],
    )
    def test_a_resource_fits(self, resource: object) -> None:
        assert decide(policy(allow(Resource=resource))) is DecisionType.ALLOWED

    @pytest.mark.parametrize(
        "resource",
        [
            "arn:aws:iam::123456789012:user/bob",
            "arn:aws:iam::123456789012:user/ALICE",
            "arn:aws-cn:iam::123456789012:user/alice",
            # no wildcard reaches over a colon of the first five
            "arn:aws:*:user/alice",
            "arn:aws:iam::*user/alice",
        ],
    )
    def test_another_resource_does_not(self, resource: str) -> None:
        assert decide(policy(allow(Resource=resource))) is DecisionType.IMPLICITLY_DENIED

    def test_a_wildcard_reaches_over_slashes_and_later_colons(self) -> None:
        anything = policy(allow(Resource="arn:aws:iam::*:user/*"))

        assert decide(anything, resource="arn:aws:iam::123456789012:user/a/b:c") is DecisionType.ALLOWED

    def test_not_resource_means_every_other(self) -> None:
        but_alice = policy(deny(NotResource=ALICE), allow())

        assert decide(but_alice) is DecisionType.ALLOWED
        assert decide(but_alice, resource="arn:aws:iam::123456789012:user/bob") is DecisionType.EXPLICITLY_DENIED

    def test_many_wildcards_take_no_more_than_a_moment(self) -> None:
        hard = policy(allow(Resource="arn:aws:iam::1:" + "a*" * 500 + "b"))

        assert decide(hard, resource="arn:aws:iam::1:" + "a" * 2000) is DecisionType.IMPLICITLY_DENIED


class TestVariables:
    OWN = "arn:aws:iam::*:user/${aws:username}"

    def test_a_variable_stands_for_the_value_of_the_request(self) -> None:
        own = policy(allow(Resource=self.OWN))

        assert decide(own, context={"aws:username": "alice"}) is DecisionType.ALLOWED
        assert decide(own, context={"aws:username": "bob"}) is DecisionType.IMPLICITLY_DENIED

    def test_a_user_with_a_path_is_missed(self) -> None:
        resource = "arn:aws:iam::123456789012:user/engineering/alice"

        decision = decide(policy(allow(Resource=self.OWN)), resource=resource, context={"aws:username": "alice"})

        assert decision is DecisionType.IMPLICITLY_DENIED

    def test_a_user_named_like_a_wildcard_is_no_other_user(self) -> None:
        assert decide(policy(allow(Resource=self.OWN)), context={"aws:username": "*"}) is DecisionType.IMPLICITLY_DENIED

    def test_a_variable_that_is_absent_fits_nothing(self) -> None:
        assert (
            decide(policy(allow(Resource=self.OWN)), context={"aws:username": None}) is DecisionType.IMPLICITLY_DENIED
        )

    def test_a_statement_about_an_absent_variable_denies_nothing_but_not_resource_does(self) -> None:
        context = {"aws:username": None}

        assert decide(policy(allow(), deny(Resource=self.OWN)), context=context) is DecisionType.ALLOWED
        assert decide(policy(allow(), deny(NotResource=self.OWN)), context=context) is DecisionType.EXPLICITLY_DENIED

    @pytest.mark.parametrize("character", ["*", "?", "$"])
    def test_a_special_character_can_be_meant_as_itself(self, character: str) -> None:
        exactly = policy(allow(Resource=f"arn:aws:iam::*:user/${{{character}}}"))

        assert decide(exactly, resource=f"arn:aws:iam::1:user/{character}") is DecisionType.ALLOWED
        assert decide(exactly, resource="arn:aws:iam::1:user/x") is DecisionType.IMPLICITLY_DENIED

    def test_the_older_version_knows_no_variables(self) -> None:
        literally = policy(allow(Resource=self.OWN), version="2008-10-17")

        assert decide(literally, context={"aws:username": "alice"}) is DecisionType.IMPLICITLY_DENIED
        assert decide(literally, resource="arn:aws:iam::1:user/${aws:username}") is DecisionType.ALLOWED

    def test_a_policy_without_a_version_is_of_the_older_one(self) -> None:
        literally = Policy.parse({"Statement": allow(Resource=self.OWN)})

        assert decide(literally, context={"aws:username": "alice"}) is DecisionType.IMPLICITLY_DENIED
        assert literally.has_dead_variables

    def test_nor_does_it_in_a_condition(self) -> None:
        condition = {"StringEquals": {"aws:username": "${aws:userid}"}}
        literally = policy(allow(Condition=condition), version="2008-10-17")

        assert (
            decide(literally, context={"aws:username": "alice", "aws:userid": "alice"})
            is DecisionType.IMPLICITLY_DENIED
        )
        assert decide(literally, context={"aws:username": "${aws:userid}"}) is DecisionType.ALLOWED

    def test_a_variable_may_stand_in_a_condition(self) -> None:
        assert met("StringEquals", "${aws:userid}", "alice")
        assert met("StringLike", "al*${aws:userid}", "al-x-alice")
        assert met("ArnLike", "arn:aws:iam::*:user/${aws:userid}", ALICE)
        assert not met("StringEquals", "${aws:userid}", "bob")


class TestConditions:
    @pytest.mark.parametrize(
        ("operator", "value", "actual"),
        [
            ("Bool", "true", "true"),
            ("Bool", True, "true"),
            ("Bool", "False", "false"),
            ("BoolIfExists", "false", None),
            ("BoolIfExists", "false", "false"),
            ("StringEquals", "alice", "alice"),
            ("StringEquals", ["bob", "alice"], "alice"),
            ("StringEquals", "a*", "a*"),
            ("StringEquals", "Alice", "Alice"),
            ("StringEquals", True, "true"),
            ("StringEqualsIfExists", "alice", None),
            ("StringNotEquals", "bob", "alice"),
            ("StringNotEquals", "bob", None),
            ("StringNotEqualsIfExists", "bob", None),
            ("StringLike", "al*", "alice"),
            ("StringLikeIfExists", "al*", None),
            ("StringNotLike", ["b*", "c*"], "alice"),
            ("StringNotLikeIfExists", "b*", "alice"),
            ("ArnLike", "arn:aws:iam::*:user/*", ALICE),
            ("ArnEquals", "arn:aws:iam::*:user/*", ALICE),
            ("ArnLikeIfExists", "arn:aws:iam::*:user/*", None),
            ("ArnNotLike", "arn:aws:iam::*:role/*", ALICE),
            ("Null", "true", None),
            ("Null", False, "alice"),
            ("NumericLessThan", "3600", "3599"),
            ("NumericLessThanEquals", 3600, "3600"),
            ("NumericGreaterThan", "3600", "3601"),
            ("NumericGreaterThanEquals", "3600", "3600"),
            ("NumericEquals", "3600.0", "3600"),
            ("NumericNotEquals", "1", "2"),
            ("NumericGreaterThanIfExists", "3600", None),
            ("StringEqualsIgnoreCase", "ALICE", "alice"),
            ("StringNotEqualsIgnoreCase", "BOB", "alice"),
            ("StringNotEqualsIgnoreCase", "BOB", None),
            ("BinaryEquals", "QUJD", "QUJD"),
            ("DateLessThan", "2030-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
            ("DateLessThan", "2030-01-01", "1767225600"),
            ("DateGreaterThanEquals", "1767225600", "2026-01-01T00:00:00Z"),
            ("DateEquals", "2026-01-01T09:00:00+09:00", "2026-01-01T00:00:00Z"),
            ("DateNotEquals", "2026-01-01", "2026-01-02"),
            ("DateGreaterThanIfExists", "2026-01-01", None),
            ("IpAddress", "192.0.2.0/24", "192.0.2.7"),
            ("IpAddress", ["198.51.100.1", "2001:db8::/32"], "2001:db8::1"),
            ("IpAddressIfExists", "192.0.2.0/24", None),
            ("NotIpAddress", "192.0.2.0/24", "198.51.100.1"),
            ("NotIpAddress", "192.0.2.0/24", None),
            ("StringEquals", "${aws:PrincipalTag/x, 'alice'}", "alice"),
        ],
    )
    def test_a_condition_is_met(self, operator: str, value: object, actual: str | None) -> None:
        assert met(operator, value, actual)

    @pytest.mark.parametrize(
        ("operator", "value", "actual"),
        [
            ("Bool", "true", "false"),
            ("Bool", "true", None),
            ("Bool", "false", None),
            ("BoolIfExists", "false", "true"),
            ("StringEquals", "alice", "Alice"),
            ("StringEquals", "alice", None),
            ("StringEquals", "a*", "alice"),
            ("StringNotEquals", ["bob", "alice"], "alice"),
            ("StringLike", "a?", "alice"),
            ("StringLike", "*", None),
            ("StringNotLike", "a*", "alice"),
            ("ArnLike", "arn:aws:*/alice", ALICE),
            ("ArnLike", "*", None),
            ("ArnEquals", "arn:aws:iam::*:user/bob", ALICE),
            ("ArnNotEquals", ALICE, ALICE),
            ("ArnLike", "arn:aws:iam::*:user/*", "alice"),
            ("Null", "true", "alice"),
            ("Null", "false", None),
            ("NumericLessThan", "3600", "3600"),
            ("NumericLessThanEquals", "3600", "3601"),
            ("NumericLessThan", "3600", None),
            ("NumericLessThan", "3600", "many"),
            ("NumericGreaterThan", "3600", "3600"),
            ("NumericGreaterThanEquals", "3600", "nan"),
            ("StringEqualsIgnoreCase", "BOB", "alice"),
            ("StringNotEqualsIgnoreCase", "ALICE", "alice"),
            ("BinaryEquals", "QUJD", "qujd"),
            ("DateLessThan", "2026-01-01", "2026-01-01"),
            ("DateLessThan", "2026-01-01", "soon"),
            ("DateGreaterThan", "2026-01-01", None),
            ("IpAddress", "192.0.2.0/24", "192.0.3.1"),
            ("IpAddress", "192.0.2.0/24", "2001:db8::1"),
            ("IpAddress", "192.0.2.0/24", "here"),
            ("IpAddress", "192.0.2.0/24", None),
            ("NotIpAddress", "192.0.2.0/24", "192.0.2.7"),
        ],
    )
    def test_a_condition_is_not_met(self, operator: str, value: object, actual: str | None) -> None:
        assert not met(operator, value, actual)

    def test_every_condition_has_to_be_met(self) -> None:
        both = policy(allow(Condition={"Bool": {"a:x": "true", "a:y": "true"}, "Null": {"a:z": "true"}}))

        assert decide(both, context={"a:x": "true", "a:y": "true", "a:z": None}) is DecisionType.ALLOWED
        assert decide(both, context={"a:x": "true", "a:y": "false", "a:z": None}) is DecisionType.IMPLICITLY_DENIED
        assert decide(both, context={"a:x": "true", "a:y": "true", "a:z": "1"}) is DecisionType.IMPLICITLY_DENIED

    def test_the_name_of_a_key_is_known_in_any_case(self) -> None:
        upper = policy(allow(Condition={"StringEquals": {"AWS:UserName": "alice"}}))

        assert decide(upper, context={"aws:username": "alice"}) is DecisionType.ALLOWED

    @pytest.mark.parametrize("operator", ["Bool", "BoolIfExists", "StringNotEquals", "Null"])
    def test_a_key_of_which_nothing_is_known_is_never_taken_as_met_or_not(self, operator: str) -> None:
        asking = policy(deny(Condition={operator: {"aws:MultiFactorAuthPresent": "true"}}))

        decision = evaluate([asking], Request(LIST, ALICE, {"aws:username": "alice"}))

        assert decision.decision is DecisionType.UNKNOWN
        assert decision.possible == {DecisionType.EXPLICITLY_DENIED, DecisionType.IMPLICITLY_DENIED}
        assert decision.unknown_keys == ("aws:MultiFactorAuthPresent",)


class TestUnknown:
    ASKS: ClassVar = {"StringEquals": {"aws:SourceVpc": "vpc-1"}}

    def test_a_deny_that_applies_decides_whatever_else_is_unknown(self) -> None:
        assert decide(policy(allow(Condition=self.ASKS), deny(Condition=self.ASKS), deny())) is (
            DecisionType.EXPLICITLY_DENIED
        )

    def test_an_allow_that_applies_decides_where_no_deny_is_unknown(self) -> None:
        assert decide(policy(allow(Condition=self.ASKS), allow())) is DecisionType.ALLOWED

    def test_an_unknown_deny_leaves_an_allow_undecided(self) -> None:
        assert decide(policy(allow(), deny(Condition=self.ASKS))) is DecisionType.UNKNOWN

    def test_a_condition_that_is_not_met_decides_beside_an_unknown_one(self) -> None:
        both = {**self.ASKS, "Bool": {"aws:SecureTransport": "false"}}

        decision = decide(policy(allow(), deny(Condition=both)), context={"aws:SecureTransport": "true"})

        assert decision is DecisionType.ALLOWED

    def test_an_unknown_variable_of_a_resource_is_named(self) -> None:
        own = policy(allow(Resource="arn:aws:iam::*:user/${aws:PrincipalTag/name}"))

        decision = evaluate([own], Request(LIST, ALICE, {}))

        assert (decision.decision, decision.unknown_keys) == (DecisionType.UNKNOWN, ("aws:PrincipalTag/name",))

    def test_a_resource_of_another_kind_is_decided_in_spite_of_its_variable(self) -> None:
        other = policy(allow(Resource="arn:aws:iam::*:mfa/${aws:PrincipalTag/name}"))

        assert decide(other) is DecisionType.IMPLICITLY_DENIED


class TestSets:
    @pytest.mark.parametrize(
        ("operator", "values", "actual", "expected"),
        [
            ("ForAnyValue:StringEquals", ["a", "b"], ("b", "c"), True),
            ("ForAnyValue:StringEquals", ["a", "b"], ("c",), False),
            ("ForAnyValue:StringEquals", ["a"], None, False),
            ("ForAnyValue:StringEqualsIfExists", ["a"], None, True),
            ("ForAnyValue:StringLike", ["a*"], ("xa", "ab"), True),
            ("ForAnyValue:StringNotEquals", ["a"], ("a", "b"), True),
            ("ForAnyValue:StringNotEquals", ["a"], None, False),
            ("ForAllValues:StringEquals", ["a", "b"], ("a", "b"), True),
            ("ForAllValues:StringEquals", ["a", "b"], ("a", "c"), False),
            ("ForAllValues:StringEquals", ["a"], None, True),
            ("ForAllValues:StringEquals", ["a"], (), True),
            ("ForAllValues:StringNotLike", ["a*"], ("b", "c"), True),
            ("ForAllValues:StringNotLike", ["a*"], ("b", "ab"), False),
            ("ForAnyValue:ArnLike", ["arn:aws:iam::*:user/*"], (ALICE,), True),
            ("ForAllValues:Bool", ["true"], ("true", "true"), True),
        ],
    )
    def test_each_value_of_the_request_counts(
        self, operator: str, values: list[str], actual: tuple[str, ...] | None, expected: bool
    ) -> None:
        statement = policy(allow(Condition={operator: {"aws:TagKeys": values}}))
        decision = evaluate([statement], Request(LIST, ALICE, {"aws:TagKeys": actual})).decision

        assert (decision is DecisionType.ALLOWED) == expected
