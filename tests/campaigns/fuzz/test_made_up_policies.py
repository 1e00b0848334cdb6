"""Policies: any document is understood whole or refused, and a pattern means what a regular expression would."""

import json
import re

from hypothesis import strategies as st

from mfa_session.policies.checks import check
from mfa_session.policies.conditions import read_conditions
from mfa_session.policies.evaluator import DecisionType, Policy, Request, evaluate
from mfa_session.policies.patterns import Pattern, Variables
from mfa_session.policies.simulation import Simulation
from tests.campaigns.fuzz.fuzzing import fuzzed
from tests.campaigns.fuzz.json_texts import anything, deep
from tests.campaigns.fuzz.texts import any_text, like, made_of

CONTEXT = {
    "aws:username": "al*ce",
    "aws:MultiFactorAuthPresent": "true",
    "aws:MultiFactorAuthAge": "42",
    "aws:SourceIp": None,
}
USER = "arn:aws:iam::123456789012:user/al*ce"

actions = like("iam:ListMFADevices", "iam:*", "*", "s3:Get?bject", "ec2:StartInstances")
resources = like("*", USER, "arn:aws:iam::*:user/${aws:username}", "arn:*:*:*:*:*", "arn:aws:iam::123456789012:mfa/*")
keys = st.sampled_from([*CONTEXT, "AWS:USERNAME", "aws:nothing"])
operators = st.sampled_from([
    "Bool", "BoolIfExists", "Null", "StringEquals", "StringNotEqualsIfExists", "StringLike", "ArnLike", "ArnNotEquals",
    "NumericLessThan", "NumericNotEquals", "NumericGreaterThanEqualsIfExists", "NullIfExists", "IpAddress", "",
    "ForAnyValue:StringLike", "ForAllValues:StringNotEquals", "DateLessThan", "StringEqualsIgnoreCaseIfExists",
    "Foo:Bool",
])  # fmt: skip
compared = st.one_of(
    st.sampled_from(
        ["true", "false", True, "42", "1e3", 42, -1.5, "al*ce", "${aws:username}", "${*}", "a?c*", "2026-01-01"]
    ),
    anything,
)


def one_or_more(values: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.one_of(values, st.lists(values, max_size=3))


conditions = st.one_of(
    st.dictionaries(operators, st.dictionaries(keys, one_or_more(compared), max_size=2), max_size=2), anything
)
statements = st.fixed_dictionaries(
    {"Effect": st.sampled_from(["Allow", "Allow", "Deny", "Deny", "allow", None])},
    optional={
        "Sid": like("One"),
        "Action": one_or_more(actions),
        "NotAction": one_or_more(actions),
        "Resource": one_or_more(resources),
        "NotResource": one_or_more(resources),
        "Condition": conditions,
        "Principal": anything,
    },
)
right_statements = st.fixed_dictionaries(
    {
        "Effect": st.sampled_from(["Allow", "Deny"]),
        "Action": one_or_more(st.sampled_from(["iam:ListMFADevices", "iam:*", "*"])),
        "Resource": one_or_more(st.sampled_from(["*", USER, "arn:aws:iam::*:user/${aws:username}"])),
    },
    optional={"Condition": conditions},
)
documents = st.one_of(
    st.fixed_dictionaries(
        {
            "Version": st.sampled_from(["2012-10-17", "2012-10-17", "2008-10-17"]),
            "Statement": one_or_more(st.one_of(right_statements, right_statements, statements)),
        },
        optional={"Id": any_text},
    ).map(json.dumps),
    st.fixed_dictionaries({"Version": anything, "Statement": anything}).map(json.dumps),
    made_of(['{"Version"', ":", '"2012-10-17"', ",", '"Statement"', "[", "]", "{", "}", "NaN", "1e999", '"Effect"']),
    deep.map(bytes.decode),
    any_text,
)


@fuzzed("policies", quick=400, full=20_000, document=documents)
def test_a_policy_is_understood_whole_or_refused(document: str) -> None:
    policy = Policy.parse(document)

    assert policy.statements
    for action in ("iam:ListMFADevices", "s3:GetObject"):
        decide = evaluate([policy], Request(action, USER, CONTEXT))
        assert (decide.statement is None) == (decide.decision is DecisionType.IMPLICITLY_DENIED)


@fuzzed("checks of policies", quick=100, full=5000, document=documents)
def test_a_policy_that_is_understood_is_checked(document: str) -> None:
    report = check(Simulation((Policy.parse(document),)))

    assert report.rows
    assert all(each.name and each.words and each.fix for each in (*report.findings, *report.limits))


@fuzzed("conditions of policies", quick=400, full=20_000, block=conditions, variables=st.sampled_from(Variables))
def test_a_condition_is_met_or_not(block: object, variables: Variables) -> None:
    request = Request("iam:GetUser", USER, CONTEXT)

    for condition in read_conditions(block, variables):
        assert condition.is_met(request.values) in (True, False, None)


pieces = ["*", "?", "a", "b", ":", "/", "$", "{", "}", "${aws:username}", "${*}", "${?}", "${$}", "${aws:nothing}"]
patterns = st.one_of(made_of(pieces), st.sampled_from(["*a" * 2000, "?" * 3000, "${*}" * 1000, "${" * 3000]))
matched = st.one_of(made_of(["a", "b", "al*ce", ":", "/", "*", "?"]), st.just("a" * 3000 + "b"))


def regular_expression(pattern: str) -> str:
    """Say the same in another language, each star as short as can be: to try all its lengths would take years."""
    said = {"?": ".", "${*}": r"\*", "${?}": r"\?", "${$}": r"\$", "${aws:username}": re.escape("al*ce")}
    between_stars = [""]
    for part in re.findall(r"\$\{[^}]*\}|.", pattern, re.DOTALL):
        if part == "*":
            between_stars.append("")
        else:
            between_stars[-1] += said.get(part) or re.escape(part)
    first, *others = between_stars
    return first + "".join(f"(?>.*?{text})" for text in others[:-1]) + "".join(f".*{text}" for text in others[-1:])


@fuzzed("patterns of policies", quick=400, full=20_000, pattern=patterns, text=matched)
def test_a_pattern_matches_what_a_regular_expression_does(pattern: str, text: str) -> None:
    read = Pattern.parse(pattern, Variables.EXPANDED)

    def value_of(key: str) -> str | None:
        return "al*ce" if key == "aws:username" else None

    matches = read.matches(text, value_of)
    assert isinstance(read.matches_arn(text, value_of), bool)
    if "${aws:" in pattern.replace("${aws:username}", ""):
        assert not matches
    else:
        assert matches == bool(re.fullmatch(regular_expression(pattern), text, re.DOTALL))


@fuzzed("patterns of policies, literal", quick=200, full=20_000, pattern=st.one_of(patterns, any_text))
def test_a_literal_pattern_without_wildcards_matches_itself(pattern: str) -> None:
    read = Pattern.parse(pattern, Variables.LITERAL)

    assert read.text(lambda key: None) == pattern
    assert read.matches(pattern, lambda key: None)
