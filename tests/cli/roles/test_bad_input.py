"""A role that cannot be taken: AWS denies it, or it is configured wrong."""

from datetime import timedelta

import pytest

from tests.cli.roles.role_sessions import ACCOUNT, add_role, log_in, trust
from tests.machine import Machine


class TestBadInput:
    @pytest.mark.parametrize(
        ("command", "stdout"),
        [("login", ""), ("credential-process", ""), ("export", "false\n")],  # what eval runs, and fails at
    )
    def test_a_role_that_is_denied_is_told_with_what_to_look_at(
        self, machine: Machine, command: str, stdout: str
    ) -> None:
        add_role(machine, "admin").trust_policy = trust(principal="210987654321")
        log_in(machine)

        ran = machine.run(command, "--profile", "admin")

        assert (ran.returncode, ran.stdout) == (254, stdout)
        assert f"error: AWS does not let you assume the role arn:aws:iam::{ACCOUNT}:role/admin" in ran.stderr
        assert "external_id" in ran.stderr
        assert machine.credentials("admin-mfa") == {}

    def test_a_role_that_wants_a_newer_code_gets_one(self, machine: Machine) -> None:
        age = {"NumericLessThan": {"aws:MultiFactorAuthAge": "60"}}
        add_role(machine, "admin").trust_policy = trust(age)
        log_in(machine)
        for session in machine.account.sessions.values():
            session.mfa_at = machine.account.now() - timedelta(hours=2)

        denied = machine.run("login", "--profile", "admin")
        again = machine.run("login", "--profile", "test-user", "--force", "--token-code", machine.fresh_code())
        taken = machine.run("login", "--profile", "admin")

        assert denied.returncode == 254
        assert "if it requires a more recent MFA code: mfa-session login --profile test-user --force" in denied.stderr
        assert (again.returncode, taken.returncode) == (0, 0)

    def test_an_external_id_that_is_wrong_looks_like_any_denial(self, machine: Machine) -> None:
        add_role(machine, "partner", "external_id = mine").trust_policy = trust(
            {"StringEquals": {"sts:ExternalId": "theirs"}}
        )
        log_in(machine)

        ran = machine.run("login", "--profile", "partner")

        assert ran.returncode == 254
        assert "check role_arn and external_id" in ran.stderr

    @pytest.mark.parametrize(
        ("settings", "said"),
        [
            ("role_arn = arn:aws:iam::1:role/x\nsource_profile = test-user", "role_arn is not the ARN of a role"),
            (f"role_arn = arn:aws:iam::{ACCOUNT}:role/x", "profile admin has a role_arn and no source_profile"),
            (f"role_arn = arn:aws:iam::{ACCOUNT}:role/x\nsource_profile = test-usr", "there is no profile test-usr"),
            (f"role_arn = arn:aws:iam::{ACCOUNT}:role/x\nsource_profile = admin", "back to itself: admin → admin"),
            (
                f"role_arn = arn:aws:iam::{ACCOUNT}:role/x\nsource_profile = test-user\nduration_seconds = 60",
                "duration_seconds: the session of a role cannot last 1 min",
            ),
        ],
    )
    @pytest.mark.parametrize("command", ["login", "credential-process"])
    def test_a_role_that_is_configured_wrong_is_told_before_anything_is_asked(
        self, machine: Machine, settings: str, said: str, command: str
    ) -> None:
        machine.write_config(f"[profile admin]\n{settings}\n[profile test-user]\n")

        ran = machine.run(command, "--profile", "admin")

        assert (ran.returncode, ran.stdout) == (253, "")
        assert said in ran.stderr
        assert machine.endpoint.journal == []

    @pytest.mark.parametrize("duration", ["13h", "10m"])
    def test_no_role_lasts_shorter_or_longer_than_aws_gives(self, machine: Machine, duration: str) -> None:
        add_role(machine, "admin")

        ran = machine.run("login", "--profile", "admin", "--duration", duration)

        assert ran.returncode == 2
        assert "--duration: the session of a role cannot last" in ran.stderr
        assert machine.endpoint.journal == []

    def test_who_has_no_session_and_nobody_to_ask_is_told_what_to_run(self, machine: Machine) -> None:
        add_role(machine, "admin")

        ran = machine.run("credential-process", "--profile", "admin")

        assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (255, "", 1)
        assert "run in a terminal: mfa-session login --profile test-user" in ran.stderr

    def test_a_place_that_is_taken_is_told_before_anybody_is_asked(self, machine: Machine) -> None:
        add_role(machine, "admin")
        add_role(machine, "admin-mfa")

        ran = machine.run("login", "--profile", "admin", "--token-code", machine.fresh_code())

        assert ran.returncode == 253
        assert "profile admin-mfa has role_arn in" in ran.stderr
        assert machine.endpoint.journal == []
