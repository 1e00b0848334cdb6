"""A role in `login`: one code of the user serves all roles, and each has its session profile."""

from datetime import timedelta

import pytest

from mfa_session.local_aws.account import Role
from tests.cli.roles.role_sessions import ACCOUNT, QUESTION, add_role, assumed, left, log_in, take, trust, who
from tests.machine import PHONE, Machine
from tests.terminal import PseudoTerminal


@pytest.mark.usefixtures("admin")
class TestLogin:
    def test_one_code_of_the_user_serves_all_the_roles(self, machine: Machine) -> None:
        add_role(machine, "deploy")

        first = machine.run("login", "--profile", "admin", "--token-code", machine.fresh_code())
        second = machine.run("login", "--profile", "deploy")

        assert (first.returncode, second.returncode) == (0, 0)
        assert len(machine.calls("GetSessionToken")) == 1
        assert [who(machine, f"{name}-mfa") for name in ("admin", "deploy")] == [assumed("admin"), assumed("deploy")]
        assert timedelta(minutes=59) < left(machine, "admin-mfa") <= timedelta(hours=1)

    def test_the_code_is_asked_for_in_the_name_of_the_user(self, machine: Machine, terminal: PseudoTerminal) -> None:
        login = machine.start(terminal, "login", "--profile", "admin")
        terminal.expect(f"MFA code for test-user {QUESTION}")
        terminal.type(machine.fresh_code() + "\n")
        terminal.expect("admin-mfa is valid until")
        terminal.expect("aws sts get-caller-identity --profile admin-mfa")
        terminal.expect("Your access key is still in plain text in")
        terminal.type("n\n")

        assert login.wait() == 0
        assert machine.credentials("admin-mfa")["mfa_session_source"] == "admin"

    def test_a_session_of_the_user_that_is_there_is_used(self, machine: Machine) -> None:
        log_in(machine)

        ran = machine.run("login", "--profile", "admin")

        assert ran.returncode == 0
        assert not machine.calls("GetSessionToken")

    def test_a_live_session_of_the_role_is_kept_and_force_gets_another_without_a_code(self, machine: Machine) -> None:
        log_in(machine)
        take(machine, "admin")

        kept = machine.run("login", "--profile", "admin", "--min-remaining", "20m")
        forced = machine.run("login", "--profile", "admin", "--force")

        assert "admin-mfa is valid until" in kept.stderr
        assert forced.returncode == 0
        assert [call.action for call in machine.endpoint.journal] == ["AssumeRole"]

    def test_a_code_that_is_given_with_force_is_used(self, machine: Machine) -> None:
        log_in(machine)

        machine.run("login", "--profile", "admin", "--force", "--token-code", machine.fresh_code())

        assert [call.status for call in machine.calls("GetSessionToken")] == [200]

    def test_the_profile_of_the_role_stays_as_it_is_and_the_device_is_remembered_with_the_user(
        self, machine: Machine
    ) -> None:
        before = machine.config("admin")

        machine.run("login", "--profile", "admin", "--token-code", machine.fresh_code())

        assert machine.config("admin") == before
        assert machine.config("test-user")["mfa_serial"] == PHONE

    def test_the_session_profile_gets_the_region_of_the_role(self, machine: Machine) -> None:
        add_role(machine, "tokyo", "region = ap-northeast-1", "output = text")

        machine.run("login", "--profile", "tokyo", "--token-code", machine.fresh_code())

        assert machine.config("tokyo-mfa") == {"region": "ap-northeast-1", "output": "text"}

    def test_what_is_told_about_the_role_is_told_to_aws(self, machine: Machine) -> None:
        role = add_role(machine, "partner", "external_id = their:id", "role_session_name = alice")
        role.trust_policy = trust({"StringEquals": {"sts:ExternalId": "their:id"}})
        log_in(machine)

        machine.run("login", "--profile", "partner")

        assert who(machine, "partner-mfa") == f"arn:aws:sts::{ACCOUNT}:assumed-role/partner/alice"

    def test_the_device_that_only_the_role_names_is_asked_for_its_code(self, machine: Machine) -> None:
        token = machine.account.add_hardware_token(machine.user, "GAHT12345678")
        add_role(machine, "token", "mfa_serial = GAHT12345678")

        ran = machine.run("login", "--profile", "token", "--token-code", token.code())

        assert ran.returncode == 0, ran.stderr
        assert not machine.calls("ListMFADevices")

    def test_a_role_may_be_taken_from_a_role(self, machine: Machine, admin: Role) -> None:
        add_role(machine, "next", source="admin").trust_policy = trust({}, principal=admin.arn)

        ran = machine.run("login", "--profile", "next", "--token-code", machine.fresh_code())

        assert ran.returncode == 0, ran.stderr
        assert who(machine, "next-mfa") == assumed("next")
        assert who(machine, "admin-mfa") == assumed("admin")

    def test_the_session_profile_of_the_role_stands_for_the_role(self, machine: Machine) -> None:
        log_in(machine)
        take(machine, "admin")

        ran = machine.run("login", "--profile", "admin-mfa", "--force")

        assert ran.returncode == 0
        assert len(machine.calls("AssumeRole")) == 1


class TestLongerThanAnHour:
    @pytest.fixture(autouse=True)
    def admin(self, machine: Machine) -> Role:
        role = add_role(machine, "admin")
        role.longest_session = timedelta(hours=12)
        return role

    def test_the_code_goes_to_the_role_itself_and_that_is_said(
        self, machine: Machine, terminal: PseudoTerminal
    ) -> None:
        login = machine.start(terminal, "login", "--profile", "admin", "--duration", "4h")
        terminal.expect("needs an MFA code of its own (over 1 h).")
        terminal.expect(f"MFA code for admin {QUESTION}")
        terminal.type(machine.fresh_code() + "\n")
        terminal.expect("admin-mfa is valid until")
        terminal.press("^D")
        login.wait()

        assert timedelta(hours=3, minutes=59) < left(machine, "admin-mfa") <= timedelta(hours=4)
        assert who(machine, "admin-mfa") == assumed("admin")
        assert not machine.calls("GetSessionToken")

    @pytest.mark.parametrize("setting", ["duration_seconds = 7200", "mfa_session_duration = 2h"])
    def test_the_configuration_may_ask_for_it(self, machine: Machine, setting: str) -> None:
        add_role(machine, "long", setting).longest_session = timedelta(hours=12)

        ran = machine.run("login", "--profile", "long", "--token-code", machine.fresh_code())

        assert ran.returncode == 0, ran.stderr
        assert "it lasts over an hour, so the code has served this role alone\n" in ran.stderr
        assert timedelta(hours=1) < left(machine, "long-mfa") <= timedelta(hours=2)

    def test_a_wrong_code_is_asked_for_again(self, machine: Machine, terminal: PseudoTerminal) -> None:
        login = machine.start(terminal, "login", "--profile", "admin", "--duration", "2h", "--quiet")
        terminal.expect(QUESTION)
        terminal.type(f"{(int(machine.phone.code()) + 500_000) % 1_000_000:06}\n")
        terminal.expect("AWS did not accept this code")
        terminal.type(machine.fresh_code() + "\n")

        assert login.wait() == 0

    def test_a_role_that_does_not_last_so_long_says_so(self, machine: Machine, admin: Role) -> None:
        admin.longest_session = timedelta(hours=1)

        ran = machine.run("login", "--profile", "admin", "--duration", "2h", "--token-code", machine.fresh_code())

        assert ran.returncode == 254
        assert "exceeds the MaxSessionDuration set for this role" in ran.stderr

    @pytest.mark.parametrize(
        ("settings", "options", "exit_code"), [((), ("--duration", "2h"), 2), (("duration_seconds = 7200",), (), 253)]
    )
    def test_a_role_that_is_taken_from_a_role_lasts_an_hour_at_the_most(
        self, machine: Machine, settings: tuple[str, ...], options: tuple[str, ...], exit_code: int
    ) -> None:
        add_role(machine, "next", *settings, source="admin")

        ran = machine.run("login", "--profile", "next", *options)

        assert ran.returncode == exit_code
        assert "next cannot last 2 h: it is assumed with the session of another role, admin" in ran.stderr
        assert machine.endpoint.journal == []
