"""The whole story of enforced MFA, with the AWS CLI for a witness: applied, denied, a device added, allowed."""

import json
from datetime import timedelta

from mfa_session.model.credentials import timestamp
from tests import qr_reader
from tests.cli.enrolment import adding, app, seed_in
from tests.machine import AWS_CLI, Machine

BOSS = """\
[boss-mfa]
aws_access_key_id = {0.access_key_id}
aws_secret_access_key = {0.secret_access_key}
aws_session_token = {0.session_token}
x_security_token_expires = {1}
mfa_session_source = boss
"""


def move_in(machine: Machine) -> None:
    """Have a user who needs no MFA and has none, and an administrator who has logged in."""
    account = machine.account
    machine.user.devices.clear()
    account.devices.clear()
    account.groups["developers"].grants.attached.clear()
    boss = account.add_user("boss")
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    boss.grants.inline["everything"] = json.dumps({"Version": "2012-10-17", "Statement": everything})
    account.add_device(boss, "boss-phone")
    session = account.begin_session(account.identity_of(boss), timedelta(hours=1), mfa_at=account.now())
    machine.lay_down_the_key()
    machine.write_credentials(
        machine.credentials_file.read_text() + BOSS.format(session, timestamp(session.expiration))
    )
    machine.write_config(machine.config_file.read_text() + "[profile boss]\nregion = ap-northeast-1\n")


def test_a_user_is_bound_and_goes_on_working_with_one_command(machine: Machine) -> None:
    move_in(machine)

    def buckets(profile: str) -> str:
        ran = machine.run_program(AWS_CLI, "s3", "ls", "--profile", profile)
        return ran.stdout + ran.stderr

    before = buckets("test-user")
    machine.run("policy", "apply", "--group", "developers", "--profile", "boss", "--yes")
    denied = buckets("test-user")
    with adding(machine) as add:
        add.wait_for_the_question()
        add.type_codes(app(machine, seed_in(qr_reader.read_from_screen(add.terminal))))
        add.keep_the_key_where_it_is()
        added = add.program.wait()
    allowed = buckets("test-user-mfa")
    [serial] = machine.user.devices
    taking_away = ("deactivate-mfa-device", "--user-name", "test-user", "--serial-number", serial)
    without_mfa = machine.run_program(AWS_CLI, "iam", *taking_away, "--profile", "test-user")
    with_mfa = machine.run("device", "remove", "--profile", "test-user", "--yes", "--insist")

    assert "test-user-backups" in before
    assert "AccessDenied" in denied
    assert added == 0
    assert machine.credentials("test-user-mfa")["mfa_session_source"] == "test-user"
    assert "test-user-backups" in allowed
    assert "AccessDenied" in without_mfa.stderr
    assert (with_mfa.returncode, machine.user.devices) == (0, {})
    assert "mfa_serial" not in machine.config("test-user")
