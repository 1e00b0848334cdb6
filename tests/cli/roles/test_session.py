"""The session of a role, once it is there: `exec` and `export` use it, and `logout` removes it."""

import json
from datetime import timedelta

import pytest

from tests.cli.roles.role_sessions import assumed, left, log_in, take
from tests.machine import AWS_CLI, Machine


@pytest.mark.usefixtures("admin")
class TestExecAndExport:
    def test_exec_runs_a_program_as_the_role(self, machine: Machine) -> None:
        log_in(machine)
        who_am_i = (
            AWS_CLI,
            "sts",
            "get-caller-identity",
            "--query",
            "Arn",
            "--output",
            "text",
            "--region",
            "us-east-1",
        )

        told = [machine.run("exec", "--profile", "admin", "--", *map(str, who_am_i)).stdout.strip() for _ in range(2)]

        assert told == [assumed("admin")] * 2
        assert len(machine.calls("AssumeRole")) == 1

    def test_export_prints_the_session_of_the_role(self, machine: Machine) -> None:
        log_in(machine)

        exported = machine.run("export", "--profile", "admin", "--format", "process").stdout

        assert json.loads(exported)["AccessKeyId"] == machine.credentials("admin-mfa")["aws_access_key_id"]

    def test_a_session_that_is_about_to_end_is_renewed_if_nobody_need_be_asked(self, machine: Machine) -> None:
        log_in(machine)
        take(machine, "admin", left=timedelta(minutes=5))

        machine.run("export", "--profile", "admin")

        assert left(machine, "admin-mfa") > timedelta(minutes=59)

    def test_and_used_as_it_is_if_somebody_would_have_to_be(self, machine: Machine) -> None:
        take(machine, "admin", left=timedelta(minutes=5))

        exported = machine.run("export", "--profile", "admin")

        assert (exported.returncode, exported.stderr) == (0, "")

    def test_logout_removes_the_session_of_the_role(self, machine: Machine) -> None:
        log_in(machine)
        take(machine, "admin")

        machine.run("logout", "--profile", "admin")

        assert machine.credentials("admin-mfa") == {}
        assert machine.credentials("test-user-mfa") != {}
