"""What the environment says to Python does not reach the program that AWS tools start for the keys."""

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import mfa_session
from mfa_session.cli import own_program
from mfa_session.model.credentials import timestamp
from tests.clean_environment import clean_environment
from tests.machine import INTERPRETER, MFA_SESSION, Machine

SECRET = "s" * 40

# Writes down that it ran, and what it could have seen.
_TRAITOR = "import pathlib, sys\npathlib.Path({witness!r}).write_text(str(sys.argv))\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a folder from anybody, whose files would run in any Python that looks for modules there."""
    folder = tmp_path / "project"
    folder.mkdir()
    traitor = _TRAITOR.format(witness=str(tmp_path / "witness"))
    for name in ("sitecustomize", "usercustomize", "json", "re", "os", "mfa_session", "startup"):
        (folder / f"{name}.py").write_text(traitor)
    return folder


@pytest.fixture
def line(machine: Machine) -> str:
    """Return the line that `configure` writes, for a profile with a live session."""
    machine.write_config("[profile test-user]\nregion = eu-west-1\n")
    configured = machine.run("configure", "--profile", "test-user", "--credential-process")
    assert configured.returncode == 0, configured.stderr
    end = datetime.now(UTC) + timedelta(hours=2)
    machine.write_credentials(
        "[test-user]\n[test-user-mfa]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\n"
        f"aws_secret_access_key = {SECRET}\naws_session_token = {'t' * 100}\n"
        f"x_security_token_expires = {timestamp(end)}\nmfa_session_source = test-user\n"
    )
    return machine.config("test-user")["credential_process"]


ATTACKS = {
    "path, empty entry": {"PYTHONPATH": os.pathsep},
    "path, current folder": {"PYTHONPATH": "."},
    "path, both": {"PYTHONPATH": f".{os.pathsep}"},
    "home": {"PYTHONHOME": "."},
    "platlibdir": {"PYTHONPLATLIBDIR": "elsewhere"},
    "inspect": {"PYTHONINSPECT": "1"},
    "startup": {"PYTHONSTARTUP": "startup.py", "PYTHONINSPECT": "1"},
    "user base": {"PYTHONUSERBASE": "."},
    "verbose": {"PYTHONVERBOSE": "1"},
    "import times": {"PYTHONPROFILEIMPORTTIME": "1"},
    "debugger": {"PYTHONBREAKPOINT": "startup.main", "PYTHONWARNINGS": "error", "PYTHONDEVMODE": "1"},
    "encoding": {"PYTHONIOENCODING": "utf-16", "PYTHONUTF8": "0"},
    "unbuffered": {"PYTHONUNBUFFERED": "1", "PYTHONOPTIMIZE": "2", "PYTHONSAFEPATH": ""},
    "dump": {"PYTHONDUMPREFS": "1", "PYTHONMALLOCSTATS": "1", "PYTHONTRACEMALLOC": "5"},
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
@pytest.mark.parametrize("is_live", [True, False], ids=["live", "none"])
def test_the_line_in_the_config_file_answers_as_if_the_variable_were_not_there(
    machine: Machine, project: Path, line: str, attack: dict[str, str], is_live: bool
) -> None:
    if not is_live:
        machine.credentials_file.unlink()
    plain = _run(line, machine, project)

    attacked = _run(line, machine, project, **attack)

    assert (SECRET in plain.stdout) is is_live
    assert (attacked.returncode, attacked.stdout, attacked.stderr) == (plain.returncode, plain.stdout, plain.stderr)
    assert not (project.parent / "witness").exists()


def _run(line: str, machine: Machine, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", "-c", line],
        cwd=folder,
        env=clean_environment(machine.home, **machine.environment, MFA_SESSION_NO_PROMPT="1", **environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        start_new_session=True,
        timeout=60,
        check=False,
    )


class TestTheCommand:
    """The words that start this program, for each way in which one installs it."""

    @pytest.fixture
    def script(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        file = tmp_path / "mfa-session"
        shutil.copy2(MFA_SESSION, file)
        monkeypatch.setattr(sys, "argv", [str(file)])
        return file

    @pytest.mark.parametrize(
        "head",
        [
            b"#!/opt/venv/bin/python\n",
            b"#!/opt/venv/bin/python3.11\n",
            b"#!/opt/venv/bin/python3 -s\n",
            b"#!/usr/bin/env python3\n",
            b"#!/bin/sh\n'''exec' '/opt/my venv/bin/python' \"$0\" \"$@\"\n' '''\n",
            b"#!/usr/bin/env python3\nPK\x03\x04",
        ],
    )
    def test_a_script_of_an_installer_is_run_by_its_interpreter_in_isolation(self, script: Path, head: bytes) -> None:
        script.write_bytes(head)

        assert own_program.program_command({}) == (sys.executable, "-I", str(script))

    @pytest.mark.parametrize("head", [b"#!/usr/bin/python3 -I\n", b"#!/usr/bin/env -S python3 -sI\nPK\x03\x04"])
    def test_a_script_that_isolates_itself_stands_alone(self, script: Path, head: bytes) -> None:
        script.write_bytes(head)

        assert own_program.program_command({}) == (str(script),)

    @pytest.mark.parametrize(
        "head",
        [b"#!/nix/store/x-bash/bin/bash -e\nexec /nix/store/python3 x\n", b"\x7fELF", b"", b"#!/bin/sh\nexec python\n"],
    )
    def test_a_program_that_is_no_script_of_python_stands_alone(self, script: Path, head: bytes) -> None:
        script.write_bytes(head)

        assert own_program.program_command({}) == (str(script),)

    def test_modules_that_only_the_environment_finds_are_still_found(self, script: Path) -> None:
        package = Path(str(mfa_session.__file__)).parent.parent

        assert own_program.program_command({"PYTHONPATH": f"x{os.pathsep}{package}"}) == (str(script),)

    def test_modules_beside_those_of_the_interpreter_need_no_environment(
        self, script: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        package = Path(sysconfig.get_path("purelib"))
        monkeypatch.setattr(mfa_session, "__file__", str(package / "mfa_session" / "__init__.py"))

        command = own_program.program_command({"PYTHONPATH": f"{os.pathsep}{package}"})

        assert command == (sys.executable, "-I", str(script))

    def test_what_was_installed_for_the_user_alone_is_found(
        self, script: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import site

        package = Path(site.getusersitepackages())
        monkeypatch.setattr(mfa_session, "__file__", str(package / "mfa_session" / "__init__.py"))

        assert own_program.program_command({}) == (sys.executable, "-EP", str(script))


def test_the_line_can_be_split_by_any_shell(line: str) -> None:
    assert shlex.split(line)[:3] == [INTERPRETER, "-I", str(MFA_SESSION)]
