"""What `login` finds out from the AWS files before it sends a code."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.cli.refusals import CONFIGURATION, files
from tests.cli.test_as_aws_reads_it import FOREIGN, caller, configured, log_in, write
from tests.machine import PHONE, Machine
from tests.stored_keys import encrypted_file, store


@pytest.fixture
def key_lines(machine: Machine) -> str:
    encrypted_file(machine)
    key = machine.key
    return f"aws_access_key_id = {key.access_key_id}\naws_secret_access_key = {key.secret_access_key}\n"


@pytest.mark.parametrize("file", ["credentials", "config"])
@pytest.mark.parametrize(("line", "command"), FOREIGN)
def test_login_refuses_other_credentials_beside_a_key_in_a_store(
    machine: Machine, file: str, line: str, command: str
) -> None:
    store(machine, machine.key)
    config = "[profile test-user]\nmfa_session_store = file\nregion = eu-west-1\n"
    if file == "config":
        write(machine, config=f"{config}{line}\n")
    else:
        write(machine, credentials=f"[test-user]\n{line}\n", config=config)
    before = files(machine)

    ran = machine.run("login", "--profile", "test-user", "--token-code", "123456")

    assert ran.returncode == CONFIGURATION
    assert f".aws/{file}" in ran.stderr
    assert command in ran.stderr
    assert files(machine) == before
    assert not machine.endpoint.journal


def test_a_script_that_runs_mfa_session_is_no_other_tool(machine: Machine) -> None:
    store(machine, machine.key)
    line = "credential_process = /opt/wrapper /opt/mfa-session credential-process --profile test-user"
    write(machine, config=f"[profile test-user]\nmfa_session_store = file\nregion = eu-west-1\n{line}\n")

    log_in(machine, "test-user")


@pytest.mark.parametrize("file", ["credentials", "config"])
def test_the_section_that_every_profile_inherits(machine: Machine, key_lines: str, file: str) -> None:
    inherited = f"[DEFAULT]\nregion = eu-west-1\nmfa_serial = {PHONE}\n"
    text = {"credentials": f"[test-user]\n{key_lines}", "config": "[profile test-user]\noutput = json\n"}
    write(machine, **{**text, file: inherited + text[file]})

    log_in(machine, "test-user")

    assert [call.action for call in machine.endpoint.journal] == ["GetSessionToken"]
    assert "eu-west-1" in machine.run("doctor", "--offline", "--profile", "test-user").stdout
    assert configured(machine, "test-user-mfa", "region") == "eu-west-1"
    assert machine.account.arn("user/test-user") in caller(machine, "--profile", "test-user-mfa")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root can mount")
@pytest.mark.parametrize("file", ["credentials", "config"])
def test_a_file_that_is_mounted_by_itself_is_found_out_before_the_code_is_sent(
    machine: Machine, key_lines: str, file: str, tmp_path: Path
) -> None:
    write(machine, credentials=f"[test-user]\n{key_lines}", config="[profile test-user]\nregion = eu-west-1\n")
    mounted = machine.credentials_file.parent / file
    (tmp_path / "outside").write_bytes(mounted.read_bytes())
    subprocess.run(["mount", "--bind", tmp_path / "outside", mounted], check=True)
    try:
        ran = machine.run("login", "--profile", "test-user", "--token-code", "123456")
    finally:
        subprocess.run(["umount", mounted], check=True)

    assert ran.returncode == CONFIGURATION
    assert "it is mounted as a single file" in ran.stderr
    assert not machine.calls("GetSessionToken")
