"""`keys add`: a key is asked for or read, proven, and only then stored."""

import json
import re
import subprocess

import pytest

from mfa_session.model.credentials import moment
from tests.cli.refusals import CONFIGURATION, SERVICE, USAGE, files
from tests.faults import HostileFields, ServerError, Slow
from tests.machine import MFA_SESSION, Machine
from tests.stored_keys import encrypted_file, store, stored_key

ADD = ("keys", "add", "--profile", "test-user")


def add_from_stdin(machine: Machine, text: str, *options: str) -> subprocess.CompletedProcess[str]:
    encrypted_file(machine)  # one that opens quickly
    return machine.run_program("sh", "-c", 'printf %s "$0" | "$@"', text, MFA_SESSION, *ADD, "--stdin", *options)


def as_json(machine: Machine) -> str:
    return json.dumps({"AccessKeyId": machine.key.access_key_id, "SecretAccessKey": machine.key.secret_access_key})


def assert_refused(machine: Machine, ran: subprocess.CompletedProcess[str], code: int, error: str) -> None:
    assert ran.returncode == code
    said = re.search(r"mfa-session: error: (.+)\nmfa-session: hint: .+\n\Z", ran.stderr)
    assert said, ran.stderr
    assert error in said[1]
    assert stored_key(machine) is None
    assert machine.key.secret_access_key not in ran.stderr


def test_a_key_is_asked_for_and_its_secret_is_not_shown(machine: Machine) -> None:
    encrypted_file(machine)

    with machine.terminal() as terminal:
        program = machine.start(terminal, *ADD)
        terminal.expect("Access key ID for test-user: ")
        terminal.type(machine.key.access_key_id + "\n")
        terminal.expect("Secret access key (not shown): ")
        terminal.type(machine.key.secret_access_key + "\n")

        assert program.wait() == 0
        assert machine.key.secret_access_key not in terminal.text
        assert "AWS accepts AKIA…" in terminal.text
        assert "arn:aws:iam::123456789012:user/test-user" in terminal.text
    key = stored_key(machine)
    assert key is not None
    assert (key.secret_access_key, key.account_id) == (machine.key.secret_access_key, "123456789012")
    assert machine.config("test-user")["mfa_session_store"] == "file"
    assert machine.config("test-user")["credential_process"].endswith("credential-process --profile test-user")


def test_what_iam_prints_for_a_new_key_is_taken_from_standard_input(machine: Machine) -> None:
    machine.account.groups["developers"].grants.attached.clear()
    text = json.dumps({"AccessKey": {"UserName": "test-user", "Status": "Active", **json.loads(as_json(machine))}})

    ran = add_from_stdin(machine, text)

    assert ran.returncode == 0, ran.stderr
    key = stored_key(machine)
    assert key is not None
    assert key.access_key_id == machine.key.access_key_id
    assert key.create_date is not None
    assert moment(machine.config("test-user")["mfa_session_key_created"]) == key.create_date


# What the IAM console saves for a key of a user, and for a new user with a password.
CONSOLE = "Access key ID,Secret access key\r\n{id},{secret}\r\n"
NEW_USER = 'User name,Password,Access key ID,Secret access key,Console login link\r\ntest-user,"a,b",{id},{secret},https://x\r\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("form", [CONSOLE, CONSOLE.replace("\r", ""), CONSOLE.rstrip(), NEW_USER, "{json}"])
def test_the_file_of_the_iam_console_is_taken_from_standard_input(machine: Machine, form: str, encoding: str) -> None:
    encrypted_file(machine)
    key = machine.key
    text = as_json(machine) if form == "{json}" else form.format(id=key.access_key_id, secret=key.secret_access_key)
    file = machine.home / "accessKeys.csv"
    file.write_bytes(text.encode(encoding))

    ran = machine.run_program("sh", "-c", '"$@" --stdin < "$0"', file, MFA_SESSION, *ADD)

    assert ran.returncode == 0, ran.stderr
    stored = stored_key(machine)
    assert stored is not None
    assert (stored.access_key_id, stored.secret_access_key) == (key.access_key_id, key.secret_access_key)


def test_a_profile_that_is_in_no_file_yet_gets_one(machine: Machine) -> None:
    encrypted_file(machine)

    ran = machine.run_program(
        *("sh", "-c", 'printf %s "$0" | "$@"', as_json(machine)),
        *(MFA_SESSION, "keys", "add", "--profile", "brand-new", "--stdin"),
    )

    assert ran.returncode == 0, ran.stderr
    assert machine.config("brand-new")["mfa_session_store"] == "file"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "is not an access key as JSON or CSV"),
        ("AKIAIOSFODNN7EXAMPLE s3cret", "is not an access key as JSON or CSV"),
        ("AKIAIOSFODNN7EXAMPLE,s3cret", "is not an access key as JSON or CSV"),
        ('{"AccessKeyId": "AKIAIOSFODNN7EXAMPLE"}', "lacks the key ID or the secret"),
        ("Access key ID,Secret access key\nAKIAIOSFODNN7EXAMPLE\n", "lacks the key ID or the secret"),
        ("Access key ID,Secret access key\n", "has 0 keys instead of one"),
        ("Access key ID,Secret access key\nAKIAIOSFODNN7EXAMPLE,s3cret\nAKIAI44QH8DHBEXAMPLE,s3cret\n", "has 2 keys"),
        ('{"AccessKeyId": "ASIAIOSFODNN7EXAMPLE", "SecretAccessKey": "s3cret"}', "a temporary access key"),
        ('{"AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": "s3cret s3cret"}', "not a secret access key"),
        ('{"AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": "s3cret\\n"}', "not a secret access key"),
    ],
)
def test_what_is_no_key_is_refused_before_anything_is_asked(machine: Machine, text: str, error: str) -> None:
    ran = add_from_stdin(machine, text)

    assert_refused(machine, ran, USAGE, error)
    assert "s3cret" not in ran.stderr
    assert machine.endpoint.journal == []


def test_a_key_that_aws_refuses_is_not_stored(machine: Machine) -> None:
    machine.key.active = False
    before = files(machine)

    ran = add_from_stdin(machine, as_json(machine))

    assert_refused(machine, ran, SERVICE, "AWS does not know the access key AKIA…")
    assert files(machine) == before


def test_a_key_of_another_account_replaces_the_stored_one_only_if_one_insists(machine: Machine) -> None:
    store(machine, machine.key, account_id="111122223333")
    other = machine.account.add_access_key(machine.user)
    text = json.dumps({"AccessKeyId": other.access_key_id, "SecretAccessKey": other.secret_access_key})
    before = files(machine)

    refused = add_from_stdin(machine, text)
    unchanged = files(machine) == before
    insisted = add_from_stdin(machine, text, "--replace")

    assert refused.returncode == CONFIGURATION
    assert "has a key of account 111122223333" in refused.stderr
    assert "--force" in refused.stderr
    assert unchanged
    assert insisted.returncode == 0
    key = stored_key(machine)
    assert key is not None
    assert key.access_key_id == other.access_key_id


def test_a_key_that_works_is_replaced_only_if_one_insists_and_is_named(machine: Machine) -> None:
    store(machine, machine.key)
    old = machine.key.access_key_id
    other = machine.account.add_access_key(machine.user)
    text = json.dumps({"AccessKeyId": other.access_key_id, "SecretAccessKey": other.secret_access_key})
    before = files(machine)

    refused = add_from_stdin(machine, text)
    unchanged = files(machine) == before
    insisted = add_from_stdin(machine, text, "--replace")

    assert refused.returncode == CONFIGURATION
    assert f"profile test-user has another key, AKIA…{old[-4:]}, and AWS accepts it" in refused.stderr
    assert unchanged
    assert insisted.returncode == 0
    assert f"in the place of AKIA…{old[-4:]}" in insisted.stderr


def test_a_key_that_the_config_file_does_not_name_is_not_overwritten_either(machine: Machine) -> None:
    store(machine, machine.key)
    machine.write_config("[profile test-user]\nregion = eu-west-1\n")
    other = machine.account.add_access_key(machine.user)
    text = json.dumps({"AccessKeyId": other.access_key_id, "SecretAccessKey": other.secret_access_key})

    ran = add_from_stdin(machine, text)

    assert ran.returncode == CONFIGURATION
    kept = stored_key(machine)
    assert kept is not None
    assert kept.access_key_id == machine.key.access_key_id


def test_the_account_of_a_stored_key_is_asked_for_where_the_store_does_not_tell(machine: Machine) -> None:
    store(machine, machine.key)
    elsewhere = HostileFields({"Arn": "arn:aws:iam::111122223333:user/other"})
    machine.endpoint.faults.add("GetCallerIdentity", Slow(0), elsewhere)

    ran = add_from_stdin(machine, as_json(machine))

    assert ran.returncode == CONFIGURATION
    assert "has a key of account 111122223333" in ran.stderr


def test_a_stored_key_that_works_no_more_may_be_replaced_by_any(machine: Machine) -> None:
    store(machine, machine.key)
    other = machine.account.add_access_key(machine.user)
    machine.key.active = False

    ran = add_from_stdin(
        machine, json.dumps({"AccessKeyId": other.access_key_id, "SecretAccessKey": other.secret_access_key})
    )

    assert ran.returncode == 0, ran.stderr


def test_a_profile_whose_key_lies_in_the_credentials_file_is_to_import_it(machine: Machine) -> None:
    machine.lay_down_the_key()

    ran = machine.run(*ADD)

    assert ran.returncode == CONFIGURATION
    assert "mfa-session keys import --profile test-user" in ran.stderr


def test_no_option_takes_a_secret(machine: Machine) -> None:
    shown = machine.run("keys", "add", "--help").stdout

    assert re.findall(r"--[a-z-]+", shown.split("Options:")[1].split("Example")[0]) == [
        "--profile",
        "--store",
        "--stdin",
        "--force",
        "--help",
    ]


def test_standard_input_that_is_a_terminal_is_not_read(machine: Machine) -> None:
    with machine.terminal() as terminal:
        program = machine.start(terminal, *ADD, "--stdin")

        assert program.wait() == USAGE
        assert "leave out --stdin" in terminal.text


def test_without_any_store_it_is_said_before_anything_is_typed(machine: Machine) -> None:
    del machine.environment["MFA_SESSION_STORE"]

    ran = machine.run(*ADD)

    assert ran.returncode == CONFIGURATION
    assert "--store file" in ran.stderr


def test_after_a_rotation_without_an_answer_a_key_that_was_made_by_hand_may_be_given(machine: Machine) -> None:
    machine.account.sessions_must_name_their_user = True
    store(machine, machine.key)
    machine.log_in()
    machine.endpoint.faults.add("CreateAccessKey", ServerError(503))
    assert machine.run("keys", "rotate", "--profile", "test-user").returncode == SERVICE
    theirs = machine.account.add_access_key(machine.user)
    pair = {"AccessKeyId": theirs.access_key_id, "SecretAccessKey": theirs.secret_access_key}

    ran = add_from_stdin(machine, json.dumps({"AccessKey": pair}), "--replace")

    assert ran.returncode == 0, ran.stderr
    key = stored_key(machine)
    assert key is not None
    assert key.access_key_id == theirs.access_key_id


def test_a_wrong_secret_alone_is_asked_for_again(machine: Machine) -> None:
    encrypted_file(machine)

    with machine.terminal() as terminal:
        program = machine.start(terminal, *ADD)
        terminal.expect("Access key ID for test-user: ")
        terminal.type(machine.key.access_key_id + "\n")
        terminal.expect("Secret access key (not shown): ")
        terminal.type("x" * 40 + "\n")
        terminal.expect("Try again.")
        terminal.expect("Secret access key (not shown): ")
        terminal.type(machine.key.secret_access_key + "\n")

        assert program.wait() == 0
        assert terminal.text.count("Access key ID for test-user: ") == 1
    assert stored_key(machine) is not None
