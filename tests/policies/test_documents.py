"""What a policy document may say: AWS's rules for its elements, and what is refused with what to write."""

import json
from typing import Any

import pytest

from mfa_session.errors import UsageError
from mfa_session.policies.evaluator import Policy
from tests.policies.test_evaluator import allow, deny, policy


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ("{", "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ("[]", "a JSON object"),
        ('{"Version": "2012-10-17", "Statement": [], "Statement": []}', "stands twice"),
        ({"Version": None, "Statement": [allow()]}, "Version"),
        ({"Version": "2012-10-18", "Statement": [allow()]}, "Version"),
        ({"Version": ["2012-10-17"], "Statement": [allow()]}, "Version"),
        ({"Version": "2012-10-17"}, "Statement"),
        ({"Version": "2012-10-17", "Statement": []}, "Statement"),
        ({"Version": "2012-10-17", "Statement": ["Allow"]}, "Statement"),
        ({"Version": "2012-10-17", "Statement": [allow()], "Extra": 1}, "no element Extra"),
    ],
)
def test_a_document_that_is_no_policy_is_refused(document: Any, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint) as caught:
        Policy.parse(document)

    assert caught.value.hint


@pytest.mark.parametrize(
    ("statement", "complaint"),
    [
        ({"Action": "*", "Resource": "*"}, "Effect"),
        ({**allow(), "Effect": "allow"}, "Effect"),
        ({"Effect": "Allow", "Resource": "*"}, "neither Action nor NotAction"),
        ({**allow(), "NotAction": "iam:*"}, "both Action and NotAction"),
        ({"Effect": "Allow", "Action": "*"}, "neither Resource nor NotResource"),
        ({**allow(), "NotResource": "*"}, "both Resource and NotResource"),
        (allow(Action=[]), "Action is not"),
        (allow(Action=5), "Action is not"),
        (allow(Action=["iam:*", None]), "Action is not"),
        (allow(Action="ListUsers"), "no action"),
        (allow(Action="iam:List Users"), "no action"),
        (allow(Resource="user/alice"), "no resource"),
        (allow(Resource=""), "no resource"),
        (allow(Resource="arn:aws:iam::*:user/${aws:username, nobody}"), "policy variable"),
        (allow(Resource="arn:aws:iam::*:user/${aws:username"), "policy variable"),
        (allow(Resource="arn:aws:iam::*:user/${}"), "policy variable"),
        (allow(Principal="*"), "Principal"),
        (allow(Sid="not one!"), "Sid"),
        (allow(Sid=5), "Sid"),
        (allow(Conditions={}), "no element Conditions"),
        (allow(Condition=[]), "Condition"),
        (allow(Condition={"Bool": "true"}), "Condition"),
        (allow(Condition={"Boolean": {"a:b": "true"}}), "no condition operator Boolean"),
        (allow(Condition={"bool": {"a:b": "true"}}), "no condition operator bool"),
        (allow(Condition={"NullIfExists": {"a:b": "true"}}), "no condition operator NullIfExists"),
        (allow(Condition={"ForSomeValues:StringEquals": {"a:b": "c"}}), "operator ForSomeValues:StringEquals"),
        (allow(Condition={"ForAnyValue:": {"a:b": "c"}}), "operator ForAnyValue:"),
        (allow(Condition={"DateLessThan": {"aws:CurrentTime": "tomorrow"}}), "cannot compare"),
        (allow(Condition={"IpAddress": {"aws:SourceIp": "192.0.2.0/33"}}), "cannot compare"),
        (allow(Condition={"Bool": {"a:b": []}}), "no value"),
        (allow(Condition={"Bool": {"a:b": "yes"}}), "cannot compare"),
        (allow(Condition={"Null": {"a:b": "maybe"}}), "cannot compare"),
        (allow(Condition={"NumericLessThan": {"a:b": "an hour"}}), "cannot compare"),
        (allow(Condition={"NumericLessThan": {"a:b": "nan"}}), "cannot compare"),
        (allow(Condition={"StringEquals": {"a:b": None}}), "cannot compare"),
        (allow(Condition={"StringEquals": {"a:b": {"c": "d"}}}), "cannot compare"),
    ],
)
def test_a_statement_that_is_none_is_refused(statement: dict[str, object], complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint) as caught:
        policy(statement)

    assert caught.value.hint


def test_the_statement_that_is_wrong_is_told_by_number_and_name() -> None:
    with pytest.raises(UsageError, match=r"^statement 2: .*Effect"):
        policy(allow(), {**allow(), "Effect": "Maybe"})
    with pytest.raises(UsageError, match=r"^statement 1 \(Enforce\): .*Effect"):
        policy({**allow(Sid="Enforce"), "Effect": "Maybe"})


def test_a_place_in_the_text_is_told_where_it_is_no_json() -> None:
    with pytest.raises(UsageError, match="line 2 column 1"):
        Policy.parse('{"Version": "2012-10-17"\n"Statement": []}')


def test_two_statements_must_not_share_a_name() -> None:
    with pytest.raises(UsageError, match="same Sid"):
        policy(allow(Sid="One"), deny(Sid="One"))


def test_a_policy_is_the_same_as_text_and_as_what_the_text_stands_for() -> None:
    document = {"Version": "2012-10-17", "Id": "any", "Statement": deny(NotAction=["iam:ListMFADevices"])}

    assert Policy.parse(json.dumps(document)) == Policy.parse(document)
