"""Made-up policies and requests, the same ones for the same seed, and what evaluators say of them."""

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mfa_session.policies.evaluator import DecisionType, Policy, Request, evaluate
from tests.clean_environment import clean_environment

LETTERS = {DecisionType.ALLOWED: "A", DecisionType.EXPLICITLY_DENIED: "D", DecisionType.IMPLICITLY_DENIED: "-"}

Context = dict[str, str | None]
Case = tuple[dict[str, Any], str, str, Context]

_ACTIONS = ("iam:ListMFADevices", "iam:EnableMFADevice", "iam:DeactivateMFADevice", "s3:GetObject", "ec2:RunInstances")
_ACTION_PATTERNS = (*_ACTIONS, "*", "iam:*", "iam:*MFADevice*", "iam:?ist*", "s3:Get*", "IAM:enablemfadevice")
_USER = "arn:aws:iam::123456789012:user/alice"
_RESOURCES = (_USER, "arn:aws:iam::123456789012:user/eng/alice", "arn:aws:iam::123456789012:mfa/alice-phone")
_RESOURCE_PATTERNS = (
    "*",
    *_RESOURCES,
    "arn:aws:iam::*:user/*",
    "arn:aws:iam::*:mfa/alice*",
    "arn:aws:iam::123456789012:user/al?ce",
    "arn:aws:iam::*:user/${aws:username}",
    "arn:aws:iam::*:user/*/${aws:username}",
    "arn:aws:iam::*:mfa/${aws:username}-*",
)
_CONDITIONS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("Bool", "aws:MultiFactorAuthPresent", ("true", "false")),
    ("BoolIfExists", "aws:MultiFactorAuthPresent", ("true", "false")),
    ("Null", "aws:MultiFactorAuthAge", ("true", "false")),
    ("NumericLessThan", "aws:MultiFactorAuthAge", ("60", "3600")),
    ("NumericGreaterThan", "aws:MultiFactorAuthAge", ("60", "3600")),
    ("NumericGreaterThanEquals", "aws:MultiFactorAuthAge", ("60", "3600")),
    ("StringEquals", "aws:username", ("alice", "bob", "al*")),
    ("StringLike", "aws:username", ("al*", "b?b", "alice")),
    ("StringNotEquals", "aws:username", ("alice", "bob")),
    ("StringNotLike", "aws:username", ("b*", "a*")),
    ("ArnLike", "aws:PrincipalArn", ("arn:aws:iam::*:user/*", "arn:aws:iam::*:role/*", _USER)),
    ("ArnNotLike", "aws:PrincipalArn", ("arn:aws:iam::*:role/*", _USER)),
    ("IpAddress", "aws:SourceIp", ("192.0.2.0/24", "198.51.100.7/32")),
    ("NotIpAddress", "aws:SourceIp", ("192.0.2.0/24", "198.51.100.7/32")),
    ("DateLessThan", "aws:CurrentTime", ("2026-01-01T00:00:00Z", "2030-01-01T00:00:00Z")),
    ("DateGreaterThan", "aws:CurrentTime", ("2026-01-01T00:00:00Z", "2030-01-01T00:00:00Z")),
    ("StringEqualsIgnoreCase", "aws:username", ("ALICE", "Bob")),
)


def made_up_cases(count: int, seed: int = 18) -> Iterator[Case]:
    """Yield *count* policies, each with a request."""
    chance = random.Random(seed)
    for _ in range(count):
        statements = [_statement(chance) for _ in range(chance.randint(1, 4))]
        policy = {"Version": "2012-10-17", "Statement": statements}
        yield policy, chance.choice(_ACTIONS), chance.choice(_RESOURCES), _context(chance)


def _statement(chance: random.Random) -> dict[str, Any]:
    def some(patterns: tuple[str, ...]) -> list[str]:
        return chance.sample(patterns, chance.randint(1, 3))

    statement: dict[str, Any] = {
        "Effect": chance.choice(("Allow", "Allow", "Deny")),
        chance.choice(("Action", "Action", "NotAction")): some(_ACTION_PATTERNS),
        chance.choice(("Resource", "Resource", "Resource", "NotResource")): some(_RESOURCE_PATTERNS),
    }
    conditions: dict[str, dict[str, list[str]]] = {}
    for operator, key, values in chance.sample(_CONDITIONS, chance.choice((0, 1, 1, 2))):
        # Principal Mapper takes a second date for one that must fit too.
        most = 1 if operator.startswith("Date") else len(values)
        conditions.setdefault(operator, {})[key] = chance.sample(values, chance.randint(1, most))
    return {**statement, "Condition": conditions} if conditions else statement


def _context(chance: random.Random) -> Context:
    return {
        "aws:MultiFactorAuthPresent": chance.choice((None, "true", "false")),
        "aws:MultiFactorAuthAge": chance.choice((None, "30", "60", "7200")),
        "aws:username": chance.choice(("alice", "bob")),
        "aws:PrincipalArn": _USER,
        "aws:SourceIp": chance.choice((None, "192.0.2.9", "198.51.100.7")),
        "aws:CurrentTime": "2026-12-01T00:00:00Z",
    }


def our_letter(case: Case) -> str:
    """Return what this program decides."""
    policy, action, resource, context = case
    return LETTERS[evaluate([Policy.parse(policy)], Request(action, resource, context)).decision]


def letters_of_principal_mapper(cases: list[Case], home: Path) -> list[str]:
    """Return what Principal Mapper decides."""
    program = [sys.executable, "-W", "ignore", Path(__file__).with_name("independent_evaluator.py")]
    return _letters(program, cases, clean_environment(home))


def letters_of_iam_simulate(cases: list[Case], home: Path, node_path: str) -> list[str]:
    """Return what @cloud-copilot/iam-simulate of npm decides."""
    program = ["node", Path(__file__).with_name("iam_simulate.cjs")]
    return _letters(program, cases, {**clean_environment(home), "NODE_PATH": node_path})


def _letters(program: list[Any], cases: list[Case], environment: dict[str, str]) -> list[str]:
    ran = subprocess.run(program, input=json.dumps(cases), env=environment, capture_output=True, text=True, check=True)
    letters: list[str] = json.loads(ran.stdout)
    return letters
