"""AWS's managed policies: every condition that they have is decided, or named as unknown.

`managed_policy_conditions.txt` has the name of each policy with the operators and keys of its conditions, as facts.
"""

import json
from pathlib import Path

import pytest

from mfa_session.policies.checks import check
from mfa_session.policies.evaluator import DecisionType, Policy, Request, evaluate
from mfa_session.policies.simulation import Caller, Simulation

POLICIES = {
    name: [tuple(pair.split("|")) for pair in pairs]
    for name, *pairs in map(
        str.split, Path(__file__).with_name("managed_policy_conditions.txt").read_text("utf-8").splitlines()
    )
}
CONDITIONS = sorted({pair for pairs in POLICIES.values() for pair in pairs})


def value(operator: str) -> str:
    name = operator.rpartition(":")[2]
    return "true" if name.startswith(("Bool", "Null")) else "300" if name.startswith("Numeric") else "x"


def policy(pairs: list[tuple[str, ...]]) -> Policy:
    conditions: dict[str, dict[str, str]] = {}
    for operator, key in pairs:
        conditions.setdefault(operator, {})[key] = value(operator)
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": conditions}
    return Policy.parse(json.dumps({"Version": "2012-10-17", "Statement": statement}))


def test_the_conditions_of_every_managed_policy_are_read_and_decided_or_named() -> None:
    assert len(POLICIES) == 1582
    request = Simulation(()).request("s3:GetObject", "*", Caller.LONG_TERM_KEY)

    for name, pairs in POLICIES.items():
        decision = evaluate([policy(pairs)], request)
        is_unknown = decision.decision is DecisionType.UNKNOWN
        assert is_unknown == bool(decision.unknown_keys), name
        assert set(decision.unknown_keys) <= {key for _, key in pairs}, name


@pytest.mark.parametrize("pair", CONDITIONS[::12], ids=" ".join)
def test_a_condition_is_decided_once_its_key_is_known(pair: tuple[str, str]) -> None:
    operator, key = pair
    asked = [policy([pair])]

    for present in (None, value(operator)):
        decision = evaluate(asked, Request("s3:GetObject", "*", {key: present}))

        assert decision.decision is not DecisionType.UNKNOWN
    hint = [each.fix for each in check(Simulation((asked[0],))).findings if each.name == "unknown"]
    assert all(f"--context {key}=VALUE" in each for each in hint)
