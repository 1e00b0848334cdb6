"""A session that AWS has ended before its time: the command that finds out marks it, and the next login replaces it."""

import json
from typing import Any

import pytest

from tests.cli.roles.role_sessions import add_role, policy
from tests.faults import Refuse
from tests.machine import Machine

FINDERS = [
    ("status", "--verify"),
    ("status", "--verify", "--json"),
    ("doctor", "--profile", "test-user"),
    ("device", "list", "--profile", "test-user"),
    ("policy", "check", "--user", "test-user", "--profile", "test-user"),
    ("login", "--profile", "admin"),
]

DELETED_KEY = Refuse(403, "InvalidClientTokenId", "The security token included in the request is invalid.")


def profiles(text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(text)["profiles"]
    return found


@pytest.fixture
def machine(machine: Machine) -> Machine:
    """Return a machine with a session, and a role that the user may assume."""
    machine.lay_down_the_key()
    machine.user.grants.inline["roles"] = policy(Action="sts:AssumeRole", Resource="*")
    add_role(machine, "admin")
    machine.log_in()
    return machine


@pytest.mark.parametrize("finder", FINDERS, ids=" ".join)
def test_the_command_that_finds_out_says_what_to_run_and_login_gets_a_new_session(
    machine: Machine, finder: tuple[str, ...]
) -> None:
    before = machine.credentials("test-user-mfa")
    machine.account.end_sessions()

    found = machine.run(*finder)
    after = machine.run("status", "--profile", "test-user", "--json")
    logged_in = machine.log_in()

    assert found.returncode != 0
    assert "mfa-session login" in found.stdout + found.stderr
    assert "--force" in found.stdout + found.stderr
    assert profiles(after.stdout)[0]["state"] == "expired"
    assert logged_in.returncode == 0
    assert machine.credentials("test-user-mfa")["aws_access_key_id"] != before["aws_access_key_id"]


@pytest.mark.parametrize("finder", FINDERS[:3], ids=" ".join)
def test_the_session_of_a_deleted_key_is_over_too(machine: Machine, finder: tuple[str, ...]) -> None:
    machine.endpoint.faults.add("GetCallerIdentity", DELETED_KEY)

    machine.run(*finder)

    assert profiles(machine.run("status", "--profile", "test-user", "--json").stdout)[0]["state"] == "expired"


def test_verify_shows_an_ended_session_as_expired(machine: Machine) -> None:
    machine.account.end_sessions()

    as_json = machine.run("status", "--profile", "test-user", "--verify", "--json")

    shown = profiles(as_json.stdout)
    (only,) = shown
    assert (only["state"], only["remaining_seconds"], only["identity"]) == ("expired", 0, None)
    assert only["problem"] == "the session has expired"
    assert as_json.returncode == 254
    assert "get a new one: mfa-session login --profile test-user --force" in as_json.stderr


def test_verify_never_shows_a_session_as_live_beside_a_problem(machine: Machine) -> None:
    as_json = machine.run("status", "--verify", "--json", AWS_ENDPOINT_URL_STS="http://127.0.0.1:1")
    as_text = machine.run("status", "--verify", AWS_ENDPOINT_URL_STS="http://127.0.0.1:1")

    shown = profiles(as_json.stdout)
    assert {each["state"] for each in shown if each["problem"]} == {"unverified"}
    assert "live" not in {each["state"] for each in shown}
    assert "not verified" in as_text.stdout
    assert profiles(machine.run("status", "--profile", "test-user", "--json").stdout)[0]["state"] == "live"


def test_a_session_that_another_partition_does_not_know_stays(machine: Machine) -> None:
    machine.endpoint.faults.add("GetCallerIdentity", DELETED_KEY)

    machine.run("status", "--profile", "test-user", "--verify", AWS_REGION="cn-north-1")

    assert profiles(machine.run("status", "--profile", "test-user", "--json").stdout)[0]["state"] == "live"


def test_what_else_is_in_the_file_stays(machine: Machine) -> None:
    machine.write_credentials(machine.credentials_file.read_text() + "# mine\n[other]\nregion = eu-west-1\n")
    before = machine.credentials_file.read_text().splitlines()
    machine.account.end_sessions()

    machine.run("status", "--verify")

    changed = [line for line in machine.credentials_file.read_text().splitlines() if line not in before]
    assert [line.partition(" ")[0] for line in changed] == ["x_security_token_expires"]


def test_an_explained_message_about_an_ended_session_forces_a_new_one(machine: Machine) -> None:
    message = "An error occurred (ExpiredToken): The provided token has expired."

    explained = machine.run("doctor", "--profile", "test-user", "--offline", "--message", message)

    assert "mfa-session login --profile test-user --force" in explained.stdout
