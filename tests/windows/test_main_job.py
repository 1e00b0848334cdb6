"""What people do with the program, from the key in a plain file to the end of the session, against the strict AWS."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.windows.machine import IDENTITY, Machine, running_machine

BUCKETS = [IDENTITY, "2 buckets"]

# What an AWS SDK does behind `serve`.
ASK_THE_ENDPOINT = """
import json, os, urllib.request
token = os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
asked = urllib.request.Request(os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"], headers={"Authorization": token})
print(json.load(urllib.request.urlopen(asked))["AccessKeyId"])
"""

# Ten AWS tools that start at once, as a build does.
TEN_CALLERS = """
import subprocess, sys
command = [sys.executable, "-m", "mfa_session", "credential-process", "--profile", "test-user"]
callers = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(10)]
for caller in callers:
    print(caller.communicate()[0].decode().strip())
"""


@pytest.fixture(params=["日本語", "田中 太郎"])
def machine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Machine]:
    with running_machine(tmp_path / request.param) as machine:
        yield machine


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[Machine]:
    with running_machine(tmp_path / "plain") as machine:
        yield machine


def log_in(machine: Machine) -> None:
    machine.run("login", "--profile", "test-user", "--token-code", machine.fresh_code())


def test_a_key_is_imported_and_its_session_serves_every_tool_until_it_is_removed(machine: Machine) -> None:
    machine.run("keys", "import", "--profile", "test-user")
    assert machine.section("test-user") == {}
    listed = machine.run("keys", "list")
    assert "Credential Manager" in listed or "keyring" in listed

    log_in(machine)
    session = machine.section("test-user-mfa")["aws_access_key_id"]
    assert machine.who_am_i("test-user") == BUCKETS  # by the credential_process line, which botocore starts
    assert "test-user" in machine.run("status")

    in_environment = ("-c", "import os; print(os.environ['AWS_ACCESS_KEY_ID'])")
    assert machine.run("exec", "--profile", "test-user", "--", sys.executable, *in_environment) == f"{session}\n"
    (machine.home / "key.cmd").write_text("@echo %AWS_ACCESS_KEY_ID%\n")
    assert machine.run("exec", "--profile", "test-user", "--", str(machine.home / "key.cmd")) == f"{session}\n"
    served = machine.run("serve", "--profile", "test-user", "--", sys.executable, "-c", ASK_THE_ENDPOINT)
    assert served == f"{session}\n"

    machine.run("logout", "--profile", "test-user")
    assert machine.section("test-user-mfa") == {}
    machine.run("keys", "remove", "--profile", "test-user", "--yes")
    assert machine.try_to_run("login", "--profile", "test-user", "--token-code", machine.fresh_code()).returncode == 253


def test_a_key_is_rotated_in_the_credential_manager(plain: Machine) -> None:
    plain.run("keys", "import", "--profile", "test-user")
    log_in(plain)
    before = plain.keys[0].access_key_id

    plain.run("keys", "rotate", "--profile", "test-user", "--yes")

    assert [key.access_key_id for key in plain.keys] != [before]
    plain.run("login", "--profile", "test-user", "--force", "--token-code", plain.fresh_code())


@pytest.mark.parametrize("code_page", [65001, 932])
def test_a_code_is_typed_on_the_console(plain: Machine, code_page: int) -> None:
    plain.run("keys", "import", "--profile", "test-user")
    chosen = f"import ctypes; ctypes.windll.kernel32.SetConsoleOutputCP({code_page}); "
    main = "import sys; from mfa_session.__main__ import main; sys.exit(main())"

    with plain.console(sys.executable, "-c", chosen + main, "login", "--profile", "test-user") as console:
        console.expect("test-user-phone")
        console.type("000000")
        console.expect("did not accept")
        code = plain.fresh_code()
        console.type(code)
        assert console.wait() == 0, console.stderr.read_text()

    assert plain.section("test-user-mfa")["aws_access_key_id"].startswith("ASIA")
    assert code not in console.shown
    assert len(plain.calls("GetSessionToken")) == 2


def test_ten_callers_share_one_question(plain: Machine) -> None:
    plain.run("keys", "import", "--profile", "test-user")

    with plain.console(sys.executable, "-c", TEN_CALLERS) as console:
        console.expect("test-user-phone")
        console.type(plain.fresh_code())
        assert console.wait() == 0, console.stderr.read_text()

    answers = {json.loads(line)["AccessKeyId"] for line in console.stdout.read_text().splitlines()}
    assert len(console.stdout.read_text().splitlines()) == 10
    assert answers == {plain.section("test-user-mfa")["aws_access_key_id"]}
    assert console.shown.count("test-user-phone") == 1
    assert len(plain.calls("GetSessionToken")) == 1


def test_a_login_whose_file_another_program_has_open_keeps_its_code(plain: Machine) -> None:
    plain.run("keys", "import", "--profile", "test-user")

    with plain.credentials_file.open("rb"):
        refused = plain.try_to_run("login", "--profile", "test-user", "--token-code", plain.fresh_code())

    assert refused.returncode == 253
    assert "another program has it open" in refused.stderr
    assert plain.calls("GetSessionToken") == []


def test_the_demonstration_tells_the_whole_story(plain: Machine) -> None:
    told = plain.run("demo")

    assert "keys import" in told
    assert "That is all." in told
