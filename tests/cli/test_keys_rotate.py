"""`keys rotate`: from the outside, under a policy that wants MFA for it."""

import json
from datetime import timedelta

import pytest

from mfa_session.model.credentials import moment
from tests.cli.refusals import CONFIGURATION, GENERAL, SERVICE
from tests.faults import DropReply, ServerError
from tests.machine import AWS_CLI, Machine
from tests.stored_keys import store, stored_key

ROTATE = ("keys", "rotate", "--profile", "test-user")
ROTATE_COMMAND = "mfa-session keys rotate --profile test-user"


@pytest.fixture
def machine(machine: Machine) -> Machine:
    """Return a machine whose user has a stored key, and AWS wants the user named."""
    machine.account.sessions_must_name_their_user = True
    store(machine, machine.key)
    return machine


def test_on_a_live_session_the_key_is_rotated_without_a_question_and_every_step_is_told(machine: Machine) -> None:
    machine.log_in()
    old = machine.key

    ran = machine.run(*ROTATE)

    assert ran.returncode == 0, ran.stderr
    new = stored_key(machine)
    assert new is not None
    assert ran.stdout == ""
    assert ran.stderr.splitlines() == [
        f"mfa-session: AWS has made key {new.masked_id} for user test-user",
        "mfa-session: it is in the encrypted file ~/.aws/mfa-session/keys.json, beside the old one",
        "mfa-session: AWS accepts it, and profile test-user uses it now",
        f"mfa-session: the old key AKIA…{old.access_key_id[-4:]} is inactive",
        "mfa-session: when everything works with the new key, delete the old one: "
        "mfa-session keys rotate --profile test-user --delete-old",
    ]
    assert not old.active
    assert moment(machine.config("test-user")["mfa_session_key_created"]) == new.create_date


def test_without_a_session_a_code_is_asked_for_first(machine: Machine) -> None:
    with machine.terminal() as terminal:
        program = machine.start(terminal, *ROTATE)
        terminal.expect("(test-user-phone")
        terminal.type(machine.phone.code() + "\n")

        assert program.wait() == 0
    assert len(machine.account.keys_of(machine.user)) == 2


def test_where_nobody_can_be_asked_for_a_code_nothing_is_done(machine: Machine) -> None:
    ran = machine.run(*ROTATE)

    assert ran.returncode == GENERAL
    assert "run in a terminal: mfa-session keys rotate --profile test-user" in ran.stderr
    assert len(machine.account.keys_of(machine.user)) == 1


def test_a_key_that_aws_knows_only_later_is_waited_for_and_works_then(machine: Machine) -> None:
    machine.log_in()
    machine.account.propagation = timedelta(seconds=1.5)

    ran = machine.run(*ROTATE, "--delete-old")

    assert ran.returncode == 0, ran.stderr
    refused = [call for call in machine.calls("GetCallerIdentity") if call.status == 403]
    assert refused
    [only] = machine.account.keys_of(machine.user)
    key = stored_key(machine)
    assert key is not None
    assert key.access_key_id == only.access_key_id
    assert machine.log_in("--force").returncode == 0


def test_to_delete_the_old_key_later_is_a_command_of_its_own(machine: Machine) -> None:
    machine.log_in()
    machine.run(*ROTATE)

    ran = machine.run(*ROTATE, "--delete-old")

    assert ran.returncode == 0
    assert len(machine.account.keys_of(machine.user)) == 1
    assert ran.stderr.count("\n") == 1


def test_a_user_without_the_permission_is_told_which_one(machine: Machine) -> None:
    machine.log_in()
    statement = {"Effect": "Deny", "Action": "iam:CreateAccessKey", "Resource": "*"}
    machine.user.grants.inline["deny"] = json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    ran = machine.run(*ROTATE)

    assert ran.returncode == SERVICE
    assert "mfa-session: error: AWS does not allow iam:CreateAccessKey, with an explicit deny" in ran.stderr
    assert "mfa-session: hint: " in ran.stderr
    assert len(machine.account.keys_of(machine.user)) == 1


def test_a_second_key_is_a_question_for_which_yes_may_be_said_beforehand(machine: Machine) -> None:
    machine.log_in()
    machine.account.add_access_key(machine.user)

    asked = machine.run(*ROTATE)
    agreed = machine.run(*ROTATE, "--yes")

    assert asked.returncode == GENERAL
    assert "the user has a second access key" in asked.stderr
    assert "never used" in asked.stderr
    assert agreed.returncode == 0


def test_a_key_made_by_hand_after_a_failed_rotation_is_listed_and_left_alone(machine: Machine) -> None:
    machine.log_in()
    machine.endpoint.faults.add("CreateAccessKey", ServerError(503))
    failed = machine.run(*ROTATE)
    theirs = machine.account.add_access_key(machine.user)

    again = machine.run(*ROTATE, "--delete-old")

    assert failed.returncode == SERVICE
    assert ROTATE_COMMAND in failed.stderr
    assert again.returncode == GENERAL
    lost, error, hint = again.stderr.splitlines()
    masked = f"AKIA…{theirs.access_key_id[-4:]}"
    made = f"{theirs.create_date:%Y-%m-%d %H:%M} UTC"
    assert lost.endswith(
        f"has no answer of AWS: key {masked}, made at {made}, may be of that rotation, or one that you made"
    )
    assert f"the user has a second access key, and AWS allows no third: {masked}, made on " in error
    command = "mfa-session keys rotate --delete-old --profile test-user"
    assert hint == f"mfa-session: hint: run in a terminal: {command}; or, to have that key deleted: {command} --yes"
    assert theirs in machine.account.keys_of(machine.user)
    assert machine.run(*command.split()[1:], "--yes").returncode == 0


def test_the_owner_is_asked_whose_a_key_is_and_may_keep_it(machine: Machine) -> None:
    machine.log_in()
    machine.endpoint.faults.add("CreateAccessKey", DropReply())
    machine.run(*ROTATE)
    [_, lost] = machine.account.keys_of(machine.user)
    with machine.terminal() as terminal:
        program = machine.start(terminal, *ROTATE)
        terminal.expect("or one that you made")
        terminal.expect(f"made on {lost.create_date:%Y-%m-%d}, active, never used")
        terminal.expect("[y/N]")
        terminal.type("\n")
        program.wait()

        assert lost in machine.account.keys_of(machine.user)
        program = machine.start(terminal, *ROTATE)
        terminal.expect("[y/N]")
        terminal.type("y\n")

        assert program.wait() == 0
    assert lost not in machine.account.keys_of(machine.user)


def test_a_key_that_still_lies_in_the_credentials_file_is_imported_first(machine: Machine) -> None:
    machine.write_config("[profile test-user]\nregion = eu-west-1\n")
    machine.lay_down_the_key()

    ran = machine.run(*ROTATE)

    assert ran.returncode == CONFIGURATION
    assert "move it into one: mfa-session keys import --profile test-user" in ran.stderr


def test_the_aws_cli_goes_on_working_through_it_all(machine: Machine) -> None:
    machine.log_in()
    command = (AWS_CLI, "sts", "get-caller-identity", "--profile", "test-user-mfa", "--query", "Arn")

    machine.run(*ROTATE, "--delete-old")
    ran = machine.run_program(*command)

    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() == '"arn:aws:iam::123456789012:user/test-user"'
