"""The package costs nothing before it is used, and what it names is there."""

import subprocess
import sys
from pathlib import Path

import pytest

import mfa_session
from tests.clean_environment import clean_environment


def test_the_package_loads_nothing_but_itself(tmp_path: Path) -> None:
    program = "import sys; before = set(sys.modules); import mfa_session; print(*set(sys.modules) - before)"

    ran = subprocess.run(
        [sys.executable, "-c", program], env=clean_environment(tmp_path), capture_output=True, text=True, check=True
    )

    assert ran.stdout.split() == ["mfa_session"]


def test_an_error_is_had_without_boto3(tmp_path: Path) -> None:
    program = "import sys, mfa_session; mfa_session.MFASessionError; print({'boto3', 'botocore'} & set(sys.modules))"

    ran = subprocess.run(
        [sys.executable, "-c", program], env=clean_environment(tmp_path), capture_output=True, text=True, check=True
    )

    assert ran.stdout == "set()\n"


def test_a_session_is_had_without_the_command_line(tmp_path: Path) -> None:
    program = (
        "import sys, mfa_session\n"
        "try: mfa_session.session('nobody', ask=False)\n"
        "except mfa_session.MFASessionError: pass\n"
        "print({'typer', 'rich', 'click'} & set(sys.modules))\n"
    )

    ran = subprocess.run(
        [sys.executable, "-c", program], env=clean_environment(tmp_path), capture_output=True, text=True, check=True
    )

    assert ran.stdout == "set()\n"


@pytest.mark.parametrize("name", mfa_session.__all__)
def test_every_name_that_the_package_promises_is_there(name: str) -> None:
    assert name in dir(mfa_session)
    assert getattr(mfa_session, name).__doc__


def test_dir_shows_the_interface_and_nothing_else() -> None:
    assert [name for name in dir(mfa_session) if not name.startswith("_")] == sorted(mfa_session.__all__)


def test_any_other_name_is_not_there() -> None:
    with pytest.raises(AttributeError, match="no attribute 'sesion'"):
        mfa_session.sesion  # type: ignore[attr-defined]  # noqa: B018  what is tested
