"""A role in AWS tools: they ask us for its session, or take it themselves with the session of the user."""

import re
import sys
from datetime import timedelta

import pytest

from tests.cli.roles.role_sessions import ACCOUNT, add_role, assumed, log_in, take, who
from tests.machine import MFA_SESSION, Machine

# Asks AWS until its keys are others than they were, and prints both. It loads all that it needs before it begins.
LONG_LIVED_CLIENT = """\
import time, boto3
boto3.client("sts", region_name="us-east-1", aws_access_key_id="none", aws_secret_access_key="none")
session = boto3.Session(profile_name="admin-auto")
print("ready", flush=True)
input()
sts, keys = session.client("sts"), session.get_credentials()
first = keys.get_frozen_credentials().access_key
while keys.access_key == first:
    sts.get_caller_identity()
    time.sleep(0.2)
print(first, keys.access_key)
"""


@pytest.mark.usefixtures("admin")
class TestAWSTools:
    def test_a_credential_process_for_the_role_stands_in_a_profile_of_another_name(self, machine: Machine) -> None:
        log_in(machine)
        line = f"credential_process = {MFA_SESSION} credential-process --profile admin"
        machine.write_config(f"{machine.config_file.read_text()}\n[profile admin-auto]\n{line}\n")
        by_boto3 = (
            "import boto3; print(boto3.Session(profile_name='admin-auto').client('sts').get_caller_identity()['Arn'])"
        )

        told = machine.run_program(sys.executable, "-c", by_boto3, AWS_DEFAULT_REGION="us-east-1")

        assert told.stdout.strip() == assumed("admin"), told.stderr
        assert who(machine, "admin-auto", AWS_DEFAULT_REGION="us-east-1") == assumed("admin")
        assert len(machine.calls("AssumeRole")) == 1

    def test_a_client_of_boto3_lives_across_a_renewal_without_being_told(self, machine: Machine) -> None:
        log_in(machine)
        line = f"credential_process = {MFA_SESSION} credential-process --profile admin"
        machine.write_config(f"{machine.config_file.read_text()}\n[profile admin-auto]\n{line}\nregion = us-east-1\n")

        with machine.terminal() as terminal:
            client = terminal.run(sys.executable, "-c", LONG_LIVED_CLIENT, environment=machine.environment)
            terminal.expect("ready\n")
            # botocore asks again when fifteen minutes are left, and so do we.
            take(machine, "admin", left=timedelta(minutes=15, seconds=8))
            before = machine.credentials("admin-mfa")["aws_access_key_id"]
            terminal.type("\n")
            told = terminal.expect(re.compile(r"(\w+) (\w+)\n"), timeout=60)

            assert client.wait() == 0
        assert told.groups() == (before, machine.credentials("admin-mfa")["aws_access_key_id"])
        assert told[1] != told[2]

    def test_the_aws_cli_goes_on_taking_the_role_itself_with_the_session_profile(self, machine: Machine) -> None:
        add_role(machine, "own", "role_session_name = own", "region = us-east-1", source="test-user-mfa")
        log_in(machine)

        assert who(machine, "own") == f"arn:aws:sts::{ACCOUNT}:assumed-role/own/own"

    def test_and_with_the_profile_of_the_user_once_that_asks_us(self, machine: Machine) -> None:
        line = f"credential_process = {MFA_SESSION} credential-process --profile test-user"
        machine.write_config(f"[profile test-user]\n{line}\n")
        machine.write_credentials("")
        add_role(machine, "own", "role_session_name = own", "region = us-east-1")
        log_in(machine)

        assert who(machine, "own") == f"arn:aws:sts::{ACCOUNT}:assumed-role/own/own"

    def test_a_credential_process_beside_a_role_is_refused_with_its_line(self, machine: Machine) -> None:
        add_role(machine, "both", "credential_process = /bin/true")

        ran = machine.run("credential-process", "--profile", "both")

        assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (253, "", 1)
        assert "profile both has a credential_process (line 12 of" in ran.stderr

    def test_a_static_key_beside_a_role_is_refused_with_its_line(self, machine: Machine) -> None:
        machine.write_credentials(f"[admin]\naws_access_key_id = {machine.key.access_key_id}\n")

        ran = machine.run("credential-process", "--profile", "admin")

        assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (253, "", 1)
        assert "profile admin has a static key (line 2 of" in ran.stderr
