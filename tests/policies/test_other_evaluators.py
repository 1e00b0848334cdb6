"""Other evaluators decide made-up policies alike: Principal Mapper, and iam-simulate of npm where it is installed."""

import importlib.util
import os
import subprocess
from pathlib import Path

import pytest

from tests.campaigns import scale
from tests.policies.made_up_policies import (
    letters_of_iam_simulate,
    letters_of_principal_mapper,
    made_up_cases,
    our_letter,
)

CASES = list(made_up_cases(scale.cases(quick=200, full=10_000)))
NODE_PATH = os.environ.get("NODE_PATH", "")


def has_iam_simulate() -> bool:
    program = ["node", "-e", "require('@cloud-copilot/iam-simulate')"]
    try:
        return not subprocess.run(program, capture_output=True, check=False).returncode
    except OSError:
        return False


def differences(theirs: list[str]) -> list[object]:
    ours = [our_letter(case) for case in CASES]
    assert set(ours) == {"A", "D", "-"}
    return [(case, mine, other) for case, mine, other in zip(CASES, ours, theirs, strict=True) if mine != other]


@pytest.mark.skipif(importlib.util.find_spec("principalmapper") is None, reason="Principal Mapper is not installed")
def test_principal_mapper_decides_alike(tmp_path: Path) -> None:
    assert differences(letters_of_principal_mapper(CASES, tmp_path)) == []


@pytest.mark.skipif(not has_iam_simulate(), reason="npm install @cloud-copilot/iam-simulate, and set NODE_PATH")
def test_iam_simulate_decides_alike(tmp_path: Path) -> None:
    assert differences(letters_of_iam_simulate(CASES, tmp_path, NODE_PATH)) == []
