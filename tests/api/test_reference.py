"""The page about the Python interface says what there is, and each of its examples runs."""

import re

import pytest

import mfa_session
from tests.api.python_program import USER, run
from tests.cli.roles.role_sessions import log_in
from tests.machine import Machine
from tests.test_documents import ROOT

PAGE = (ROOT / "docs" / "reference" / "python.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)

BUCKETS, SERVICE, NOTEBOOK, ERRORS = EXAMPLES


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
        (
            ERRORS,
            "there is no profile production in the AWS files\n"
            "to begin with a new one: mfa-session keys add --profile production\n",
        ),
    ],
    ids=["buckets", "service", "notebook", "errors"],
)
def test_an_example_does_what_the_page_says(machine: Machine, example: str, output: str) -> None:
    ran = run(machine, example)

    assert (ran.stdout, ran.stderr) == (output, "")


def test_the_service_without_a_session_says_what_to_run(machine: Machine) -> None:
    machine.run("logout", "--profile", "test-user")

    ran = run(machine, SERVICE)

    assert ran.returncode == 1
    assert ran.stderr.endswith("run in a terminal: mfa-session login --profile test-user\n")


def test_the_page_names_every_error_that_the_package_promises() -> None:
    named = set(re.findall(r"`(?:mfa_session\.)?([A-Z][A-Za-z]+Error)`", PAGE))

    assert named == set(mfa_session.__all__) - {"session"}
