"""The page about the Python interface says what there is, and each of its examples runs."""

import inspect
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import mfa_session
from tests.api.python_program import USER, run
from tests.clean_environment import clean_environment
from tests.cli.roles.role_sessions import log_in
from tests.machine import Machine
from tests.test_documents import ROOT

PAGE = (ROOT / "docs" / "reference" / "python.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)

BUCKETS, SERVICE, NOTEBOOK, BOTO3, AIOBOTO3, S3FS, FIXTURE, ERRORS = EXAMPLES


@pytest.fixture
def machine(machine: Machine) -> Machine:
    """Return a machine whose user has a session."""
    machine.lay_down_the_key()
    log_in(machine)
    return machine


@pytest.mark.parametrize(
    ("example", "output"),
    [
        (BUCKETS, "test-user-backups\ntest-user-photos\n"),
        (SERVICE, f"{USER}\n"),
        (NOTEBOOK, ""),
        (BOTO3, f"{USER}\n"),
        (
            ERRORS,
            "there is no profile production in the AWS files\n"
            "to begin with a new one: mfa-session keys add --profile production\n",
        ),
    ],
    ids=["buckets", "service", "notebook", "boto3", "errors"],
)
def test_an_example_does_what_the_page_says(machine: Machine, example: str, output: str) -> None:
    ran = run(machine, example)

    assert (ran.stdout, ran.stderr) == (output, "")


@pytest.mark.parametrize(
    ("library", "example", "output"),
    [("aioboto3", AIOBOTO3, f"{USER}\n"), ("s3fs", S3FS, "test-user-backups test-user-photos\n")],
)
def test_an_example_with_an_asynchronous_library_does_too(
    machine: Machine, library: str, example: str, output: str
) -> None:
    pytest.importorskip(library, reason=f"{library} is not installed (it pins a version of botocore)")

    ran = machine.run_program(sys.executable, "-c", example)

    assert (ran.stdout, ran.stderr) == (output, "")


def test_the_fixture_serves_a_test_of_a_users_program(tmp_path: Path) -> None:
    (tmp_path / "test_buckets.py").write_text(FIXTURE)

    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_buckets.py"],
        cwd=tmp_path,
        env=clean_environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )

    assert "1 passed" in ran.stdout, ran.stdout


def test_the_service_without_a_session_says_what_to_run(machine: Machine) -> None:
    machine.run("logout", "--profile", "test-user")

    ran = run(machine, SERVICE)

    assert ran.returncode == 1
    assert ran.stderr.endswith("run in a terminal: mfa-session login --profile test-user\n")


def test_the_page_names_every_error_that_the_package_promises() -> None:
    named = set(re.findall(r"`(?:mfa_session\.)?([A-Z][A-Za-z]+Error)`", PAGE))

    assert named - {"TypeError"} == {name for name in mfa_session.__all__ if name.endswith("Error")}


@pytest.mark.parametrize("function", [mfa_session.session, mfa_session.register])
def test_the_page_shows_each_function_as_it_is(function: Callable[..., object]) -> None:
    parameters = list(inspect.signature(function).parameters.values())
    shown = ", ".join(
        each.name if each.default is each.empty else f"{each.name}={each.default}"
        for each in parameters
        if each.kind is each.KEYWORD_ONLY
    )

    assert f", *, {shown})`\n" in PAGE
