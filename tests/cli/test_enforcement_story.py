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
    machine.run("policy", "apply", "--group", "developers", "--profile", "boss", "--yes", "--allow-lock-out")
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
    with_mfa = machine.run("device", "remove", "--profile", "test-user", "--yes", "--force")

    assert "test-user-backups" in before
    assert "AccessDenied" in denied
    assert added == 0
    assert machine.credentials("test-user-mfa")["mfa_session_source"] == "test-user"
    assert "test-user-backups" in allowed
    assert "AccessDenied" in without_mfa.stderr
    assert (with_mfa.returncode, machine.user.devices) == (0, {})
    assert "mfa_serial" not in machine.config("test-user")


READ_ONLY = {"Effect": "Allow", "Action": ["s3:List*", "s3:Get*"], "Resource": "*"}


def test_a_group_is_brought_to_mfa_step_by_step_and_back(machine: Machine) -> None:
    move_in(machine)
    account = machine.account
    group = account.groups["developers"]
    group.grants.inline["work"] = json.dumps({"Version": "2012-10-17", "Statement": READ_ONLY})
    carol, robot = account.add_user("carol", path="/eng/"), account.add_user("robot")
    account.add_device(carol, "carol-phone")
    group.members += ["carol", "robot"]
    sections = ""
    for user in (carol, robot):
        key = account.add_access_key(user)
        sections += f"[{user.name}]\naws_access_key_id = {key.access_key_id}\n"
        sections += f"aws_secret_access_key = {key.secret_access_key}\n"
    session = account.begin_session(account.identity_of(carol), timedelta(hours=1), mfa_at=account.now())
    sections += f"[carol-mfa]\naws_access_key_id = {session.access_key_id}\n"
    sections += f"aws_secret_access_key = {session.secret_access_key}\naws_session_token = {session.session_token}\n"
    machine.write_credentials(machine.credentials_file.read_text() + sections)
    of_the_group = ("--group", "developers", "--profile", "boss")

    def who_works(*profiles: str) -> list[str]:
        buckets = ("s3", "ls", "--region", "us-east-1", "--profile")
        return [each for each in profiles if not machine.run_program(AWS_CLI, *buckets, each).returncode]

    keys = ("test-user", "carol", "robot")
    looked = json.loads(machine.run("policy", "users", *of_the_group, "--json").stdout)
    too_early = machine.run("policy", "apply", *of_the_group, "--yes")
    prepared = machine.run("policy", "apply", *of_the_group, "--self-service-only", "--yes")
    still_all = who_works(*keys)
    with adding(machine) as add:
        add.wait_for_the_question()
        add.type_codes(app(machine, seed_in(qr_reader.read_from_screen(add.terminal))))
        add.keep_the_key_where_it_is()
        added = add.program.wait()
    without_exemption = machine.run("policy", "apply", *of_the_group, "--yes")
    enforced = machine.run("policy", "apply", *of_the_group, "--exempt", "robot", "--yes")
    bound = who_works(*keys, "test-user-mfa", "carol-mfa")
    again = machine.run("policy", "apply", *of_the_group, "--exempt", "robot", "--yes")
    undone = machine.run("policy", "remove", *of_the_group, "--yes")
    after = who_works(*keys)

    assert {user["user"]: user["status"] for user in looked["users"]} == {
        "test-user": "no device",
        "carol": "ready",
        "robot": "no device",
    }
    assert looked["message"].startswith("To: test-user, robot\n")
    assert (too_early.returncode, "--self-service-only" in too_early.stderr) == (255, True)
    assert (prepared.returncode, still_all, added) == (0, list(keys), 0)
    assert (without_exemption.returncode, "1 user of group developers" in without_exemption.stderr) == (255, True)
    assert (enforced.returncode, "robot is not bound" in enforced.stderr) == (0, True)
    assert bound == ["robot", "test-user-mfa", "carol-mfa"]
    assert "no changes" in again.stderr
    assert (undone.returncode, after, group.grants.attached) == (0, list(keys), [])
