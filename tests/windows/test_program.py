"""The whole program on Windows, with a session that is live."""

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

SECRET = "s3cr3t+/="
END = (datetime.now(UTC) + timedelta(hours=11)).strftime("%Y-%m-%dT%H:%M:%SZ")
SESSION = f"""\
[test-user-mfa]
aws_access_key_id = ASIAIOSFODNN7EXAMPLE
aws_secret_access_key = {SECRET}
aws_session_token = token
x_security_token_expires = {END}
mfa_session_source = test-user
"""
SAY = "import os, sys; print(os.environ['AWS_SECRET_ACCESS_KEY'], *sys.argv[1:], sep='|')"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_bytes(b"[profile test-user]\r\noutput = json\r\n")
    (tmp_path / ".aws" / "credentials").write_bytes(SESSION.replace("\n", "\r\n").encode())
    return tmp_path


def ran(home: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[bytes]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environ = {**kept, "USERPROFILE": str(home), "HOME": "C:\\nowhere", **more}
    command = [sys.executable, "-m", "mfa_session", *arguments]
    return subprocess.run(command, env=environ, cwd=home, input=b"", capture_output=True, check=False)


def test_aws_tools_are_answered_with_the_live_session(home: Path) -> None:
    answered = ran(home, "credential-process", "--profile", "test-user")

    assert (answered.returncode, answered.stderr) == (0, b"")
    assert json.loads(answered.stdout)["SecretAccessKey"] == SECRET
    assert answered.stdout.endswith(b"}\n")
    assert b"\r" not in answered.stdout


def test_a_program_gets_the_session_and_its_arguments(home: Path) -> None:
    said = ran(home, "exec", "--profile", "test-user", "--", sys.executable, "-c", SAY, "a b", 'c"d', "C:\\x\\")

    assert said.stdout.strip().decode() == f'{SECRET}|a b|c"d|C:\\x\\'


def test_a_live_session_runs_a_program_without_the_command_line_being_loaded(home: Path) -> None:
    run = "import sys; from mfa_session.__main__ import main; sys.exit(main())"
    block = "import sys; sys.modules['typer'] = None; "
    environ = {**os.environ, "USERPROFILE": str(home)}
    arguments = ["exec", "--profile", "test-user", "--", sys.executable, "-c", SAY, "x"]

    ran = subprocess.run(
        [sys.executable, "-c", block + run, *arguments], env=environ, input=b"", capture_output=True, check=False
    )

    assert (ran.returncode, ran.stderr) == (0, b"")
    assert ran.stdout.strip().decode() == f"{SECRET}|x"


@pytest.mark.parametrize("code", [7, 0xC000013A])
def test_it_ends_as_the_program_ends(home: Path, code: int) -> None:
    end = f"import ctypes; ctypes.windll.kernel32.ExitProcess({code})"

    assert ran(home, "exec", "--profile", "test-user", "--", sys.executable, "-c", end).returncode == code


def test_a_batch_file_gets_its_arguments_and_no_more(home: Path) -> None:
    (home / "tools").mkdir()
    (home / "tools" / "cdk.cmd").write_text(f'@"{sys.executable}" -c "{SAY}" %*\n')
    path = f"{home / 'tools'};{os.environ['PATH']}"

    said = ran(home, "exec", "--profile", "test-user", "--", "cdk", "a b", "x&echo y", PATH=path)
    refused = ran(home, "exec", "--profile", "test-user", "--", "cdk", "%PATH%", PATH=path)

    assert said.stdout.strip().decode() == f"{SECRET}|a b|x&echo y"
    assert refused.returncode == 2
    assert b"cdk.cmd is a batch file" in refused.stderr


def test_nothing_is_started_from_the_folder_that_it_is_run_in(home: Path) -> None:
    (home / "terraform.cmd").write_text("@echo planted\n")

    refused = ran(home, "exec", "--profile", "test-user", "--", "terraform")

    assert refused.returncode == 253
    assert b"cannot run terraform" in refused.stderr
    assert refused.stdout == b""


@pytest.mark.parametrize(
    ("form", "line"),
    [("windows-cmd", b'\nset "AWS_SESSION_TOKEN=token"\n'), ("env", b"\nexport AWS_SESSION_TOKEN='token'\n")],
)
def test_no_shell_finds_half_a_line_end_in_a_value(home: Path, form: str, line: bytes) -> None:
    printed = ran(home, "export", "--profile", "test-user", "--format", form)

    assert line in printed.stdout
    assert b"\r" not in printed.stdout


def test_cmd_sets_what_is_exported_for_it(home: Path) -> None:
    lines = ran(home, "export", "--profile", "test-user", "--format", "windows-cmd").stdout
    script = home / "session.cmd"
    script.write_bytes(b"@echo off\r\n" + lines.replace(b"\n", b"\r\n") + b"set AWS_\r\n")

    said = subprocess.run(["cmd", "/d", "/c", str(script)], input=b"", capture_output=True, check=True)

    assert f"AWS_SECRET_ACCESS_KEY={SECRET}" in said.stdout.decode().splitlines()


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        ("pwsh", "$Env:AWS_SESSION_TOKEN = 'token'"),
        ("cmd", 'set "AWS_SESSION_TOKEN=token"'),
        ("bash", "export AWS_SESSION_TOKEN='token'"),
    ],
)
def test_a_shell_gets_its_own_words_without_being_asked_for(home: Path, shell: str, line: str) -> None:
    folder = home / "shells"
    folder.mkdir()
    named = Path(
        shutil.copy(os.environ["COMSPEC"], folder / f"{shell}.exe")
    )  # Wine lets nothing be powershell.exe but its own
    script = home / "export.cmd"
    script.write_text(f'@"{sys.executable}" -m mfa_session export --profile test-user\n')
    environ = {**os.environ, "USERPROFILE": str(home)}

    said = subprocess.run(
        [str(named), "/d", "/c", str(script)], env=environ, input=b"", capture_output=True, check=False
    )

    assert line in said.stdout.decode().splitlines(), said.stderr
