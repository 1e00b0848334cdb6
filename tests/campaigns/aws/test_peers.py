"""How often other tools send one code when AWS has trouble: the same faults as for `mfa-session`, side by side."""

import itertools
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.aws_vault import EXPORT, aws_vault_at, find_aws_vault, perform, version_of_aws_vault
from benchmarks.homes import Homes
from benchmarks.installations import Installation, fresh_others
from mfa_session.local_aws.fixtures import demo_account
from tests.campaigns import scale
from tests.campaigns.aws.bad_way import bad_way
from tests.campaigns.aws.faults import FAULTS
from tests.campaigns.figures import count
from tests.clean_environment import clean_environment
from tests.faults import Endpoint
from tests.machine import MFA_SESSION, PHONE, Machine

RUNS = 5

TROUBLE = ("500", "503", "Throttling", "reset unanswered", "done, and reset")

PROFILE = ("--profile", "test-user")


def aws_mfa(others: Path, code: str) -> tuple[list[str | Path], str]:
    return [others / "aws-mfa", *PROFILE, "--force"], f"{code}\n"


def awsume(others: Path, code: str) -> tuple[list[str | Path], str]:
    return [others / "awsumepy", "test-user", "--refresh", "--mfa-token", code], ""


def aws_cli(others: Path, code: str) -> tuple[list[str | Path], str]:
    trade = ("sts", "get-session-token", *PROFILE, "--serial-number", PHONE, "--token-code", code)
    return [others / "aws", *trade], ""


def ours(_: Path, code: str) -> tuple[list[str | Path], str]:
    return [MFA_SESSION, "login", *PROFILE, "--token-code", code], ""


TOOLS: dict[str, tuple[str, Callable[[Path, str], tuple[list[str | Path], str]]]] = {
    "aws-mfa": ("aws-mfa", aws_mfa),
    "awsume": ("awsume", awsume),
    "AWS CLI 1, `aws sts get-session-token`": ("awscli", aws_cli),
    "mfa-session": ("", ours),
}


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return fresh_others(tmp_path_factory.mktemp("others") / "others")


@pytest.mark.skipif(not scale.IS_FULL, reason="installs the other tools")
@pytest.mark.timeout(1800)
def test_how_often_each_tool_sends_one_code(tmp_path: Path, others: Installation) -> None:
    versions = others.versions()
    with Endpoint(demo_account()) as endpoint:
        homes = Homes(tmp_path / "homes", endpoint)
        for tool, trouble, run in itertools.product(TOOLS, TROUBLE, range(RUNS)):
            name = f"{list(TOOLS).index(tool)}-{TROUBLE.index(trouble)}-{run}"
            machine = homes.of_aws_mfa(name) if tool == "aws-mfa" else homes.with_plain_key(name)
            sent = times_sent(machine, others, tool, trouble)
            version = versions.get(TOOLS[tool][0], "")
            count(
                "peers",
                f"{tool} {version}: {trouble}".replace(" :", ":"),
                runs_that_sent_the_code_again=sent > 1,
                requests_with_the_code=sent,
            )
            assert sent == 1 or tool != "mfa-session"


def times_sent(machine: Machine, others: Installation, tool: str, trouble: str) -> int:
    machine.account.add_device(machine.user, "test-user-phone")
    code = machine.phone.code()
    command, typed = TOOLS[tool][1](others.programs, code)
    with bad_way(machine.endpoint, FAULTS[trouble], at="GetSessionToken") as way:
        environment = {**machine.environment, "AWS_ENDPOINT_URL": way.url}
        subprocess.run(
            [str(word) for word in command],
            env=clean_environment(machine.home, **environment),
            input=typed,
            capture_output=True,
            text=True,
            start_new_session=True,
            timeout=200,
            check=False,
        )
        assert way.codes[code] >= 1, "the tool has not even asked"
        return way.codes[code]


@pytest.mark.skipif(not scale.IS_FULL or find_aws_vault() is None, reason="aws-vault is not on the PATH")
@pytest.mark.timeout(1800)
def test_how_often_aws_vault_sends_one_code(tmp_path: Path) -> None:
    faults = {"wrong code": perform, **{trouble: FAULTS[trouble] for trouble in TROUBLE}}
    with Endpoint(demo_account()) as endpoint:
        homes = Homes(tmp_path / "homes", endpoint)
        for number, (trouble, fault) in enumerate(faults.items()):
            with aws_vault_at(homes, f"aws-vault-{number}", fault=fault) as vault:
                for _ in range(RUNS):
                    vault.forget_session()
                    vault.way.codes.clear()
                    good = vault.machine.phone.code()
                    code = f"{(int(good) + 1) % 1_000_000:06}" if fault is perform else good
                    ran = vault.machine.run_program(vault.program, *EXPORT, "--mfa-token", code)
                    assert ran.returncode != 0
                    sent = vault.way.codes[code]
                    assert sent >= 1, ran.stderr
                    count(
                        "peers",
                        f"{version_of_aws_vault()}: {trouble}",
                        runs_that_sent_the_code_again=sent > 1,
                        requests_with_the_code=sent,
                    )
