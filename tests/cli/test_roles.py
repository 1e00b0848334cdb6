"""Roles in every command: one code of the user serves them all, and each has its session profile."""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from mfa_session.credentials import moment, timestamp
from mfa_session.demo.account import Role
from mfa_session.demo.sessions import Session
from tests.machine import AWS_CLI, MFA_SESSION, PHONE, Machine
from tests.terminal import Program, PseudoTerminal, Stream

QUESTION = "code of MFA device test-user-phone"
ACCOUNT = "123456789012"
WITH_MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}

# Asks AWS until its keys are others than they were, and prints both.
LONG_LIVED_CLIENT = """\
import time, boto3
session = boto3.Session(profile_name="admin-auto")
sts, keys = session.client("sts"), session.get_credentials()
first = keys.get_frozen_credentials().access_key
while keys.access_key == first:
    sts.get_caller_identity()
    time.sleep(0.2)
print(first, keys.access_key)
"""


def assumed(name: str) -> str:
    return f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/mfa-session-test-user"


def policy(**statement: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", **statement}})


def trust(condition: object = WITH_MFA, *, principal: str = ACCOUNT) -> str:
    return policy(Principal={"AWS": principal}, Action="sts:AssumeRole", Condition=condition)


def add_role(machine: Machine, name: str, *lines: str, source: str = "test-user") -> Role:
    """Let there be a role that everybody with MFA may take, and a profile that takes it."""
    role = machine.account.add_role(name, trust())
    settings = "".join(f"{line}\n" for line in (f"role_arn = {role.arn}", f"source_profile = {source}", *lines))
    machine.write_config(f"{machine.config_file.read_text()}\n[profile {name}]\n{settings}")
    return role


@pytest.fixture
def machine(machine: Machine) -> Machine:
    """Return a machine whose user may take every role, with the key where people have it."""
    machine.lay_down_the_key()
    machine.user.grants.inline["roles"] = policy(Action="sts:AssumeRole", Resource="*")
    return machine


@pytest.fixture
def admin(machine: Machine) -> Role:
    return add_role(machine, "admin")


@pytest.fixture
def terminal(machine: Machine) -> Iterator[PseudoTerminal]:
    with machine.terminal() as terminal:
        yield terminal


def who(machine: Machine, profile: str, **environment: str) -> str:
    """Return who the AWS CLI is with *profile*."""
    told = machine.run_program(
        AWS_CLI, "sts", "get-caller-identity", "--query", "Arn", "--output", "text", "--profile", profile, **environment
    )
    return told.stdout.strip() or told.stderr


def left(machine: Machine, session_profile: str) -> timedelta:
    end = moment(machine.credentials(session_profile)["x_security_token_expires"])
    assert end is not None
    return end - datetime.now(UTC)


def log_in(machine: Machine) -> None:
    """Let the user have the session that `login` would get."""
    account = machine.account
    session = account.begin_session(account.identity_of(machine.user), timedelta(hours=12), mfa_at=account.now())
    keep(machine, "test-user", session)


def take(machine: Machine, name: str, *, left: timedelta = timedelta(hours=1)) -> None:
    """Let there be a session of a role that has been taken before, and ends when *left* has passed."""
    identity = machine.account.identity_of_role(machine.account.roles[name], "mfa-session-test-user")
    keep(machine, name, machine.account.begin_session(identity, left))


def keep(machine: Machine, source: str, session: Session) -> None:
    machine.write_credentials(
        f"{machine.credentials_file.read_text()}\n[{source}-mfa]\naws_access_key_id = {session.access_key_id}\n"
        f"aws_secret_access_key = {session.secret_access_key}\naws_session_token = {session.session_token}\n"
        f"x_security_token_expires = {timestamp(session.expiration)}\nmfa_session_source = {source}\n"
    )


def answer(machine: Machine, profile: str = "admin") -> dict[str, str]:
    """Return the document that `credential-process` prints where nobody can be asked."""
    ran = machine.run("credential-process", "--profile", profile)
    assert (ran.returncode, ran.stderr) == (0, "")
    document: dict[str, str] = json.loads(ran.stdout)
    return document


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
        terminal.expect(f"test-user: {QUESTION}")
        terminal.type(machine.fresh_code() + "\n")
        terminal.expect("admin-mfa is live until")
        terminal.expect("aws sts get-caller-identity --profile admin-mfa")
        terminal.expect("the long-term key of test-user still lies in")
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

        assert "admin-mfa is live until" in kept.stderr
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
        terminal.expect("Over an hour, a role needs a code of its own.")
        terminal.expect(f"admin: {QUESTION}")
        terminal.type(machine.fresh_code() + "\n")
        terminal.expect("admin-mfa is live until")
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
        assert "next cannot last 2 h: it is taken with the session of another role, admin" in ran.stderr
        assert machine.endpoint.journal == []


@pytest.mark.usefixtures("admin")
class TestCredentialProcess:
    def ask_in(self, terminal: PseudoTerminal, machine: Machine, profile: str, beside: Program | None) -> Program:
        return terminal.run(
            MFA_SESSION,
            "credential-process",
            "--profile",
            profile,
            stdout=Stream.PIPE,
            stderr=Stream.PIPE,
            beside=beside,
            environment=machine.environment,
        )

    def test_ten_callers_for_ten_roles_share_one_question(self, machine: Machine, terminal: PseudoTerminal) -> None:
        names = [f"role-{number}" for number in range(10)]
        for name in names:
            add_role(machine, name)

        callers = [self.ask_in(terminal, machine, names[0], None)]
        callers += [self.ask_in(terminal, machine, name, callers[0]) for name in names[1:]]
        terminal.expect(QUESTION)
        terminal.type(machine.fresh_code() + "\n")

        assert {caller.wait(within=60) for caller in callers} == {0}
        assert {caller.stderr for caller in callers} == {b""}
        assert terminal.text.count(QUESTION) == 1
        assert len(machine.calls("GetSessionToken")) == 1
        assert sorted(call.status or 0 for call in machine.calls("AssumeRole")) == [200] * 10
        told = [json.loads(caller.stdout)["AccessKeyId"] for caller in callers]
        assert told == [machine.credentials(f"{name}-mfa")["aws_access_key_id"] for name in names]

    def test_ten_callers_for_one_role_share_one_session(self, machine: Machine, terminal: PseudoTerminal) -> None:
        log_in(machine)

        callers = [self.ask_in(terminal, machine, "admin", None) for _ in range(10)]

        assert {caller.wait(within=60) for caller in callers} == {0}
        assert len({caller.stdout for caller in callers}) == 1
        assert len(machine.calls("AssumeRole")) == 1

    def test_a_wrong_code_ends_the_callers_for_all_roles_with_one_message(
        self, machine: Machine, terminal: PseudoTerminal
    ) -> None:
        add_role(machine, "deploy")

        callers = [self.ask_in(terminal, machine, "admin", None)]
        terminal.expect(QUESTION)
        callers.append(self.ask_in(terminal, machine, "deploy", callers[0]))
        terminal.type(f"{(int(machine.phone.code()) + 500_000) % 1_000_000:06}\n")

        assert {caller.wait() for caller in callers} == {254}
        assert len({caller.stderr for caller in callers}) == 1
        assert terminal.text.count(QUESTION) == 1

    def test_a_session_of_the_role_answers_at_once_and_in_full_with_the_same_bytes(self, machine: Machine) -> None:
        take(machine, "admin")

        told = {machine.run("credential-process", "--profile", name).stdout for name in ("admin", "admin-mfa")}
        told.add(machine.run("--no-prompt", "credential-process", "--profile", "admin").stdout)

        assert len(told) == 1
        assert machine.endpoint.journal == []

    @pytest.mark.parametrize(("minutes", "is_renewed"), [(16, False), (14, True), (2, True)])
    def test_in_its_last_minutes_it_is_renewed_with_the_session_of_the_user(
        self, machine: Machine, minutes: int, is_renewed: bool
    ) -> None:
        log_in(machine)
        take(machine, "admin", left=timedelta(minutes=minutes))
        before = machine.credentials("admin-mfa")["aws_access_key_id"]

        told = answer(machine)

        assert (told["AccessKeyId"] != before) == is_renewed
        assert told["AccessKeyId"] == machine.credentials("admin-mfa")["aws_access_key_id"]

    def test_nobody_is_asked_for_the_sake_of_a_renewal(self, machine: Machine, terminal: PseudoTerminal) -> None:
        take(machine, "admin", left=timedelta(minutes=5))

        caller = self.ask_in(terminal, machine, "admin", None)

        assert caller.wait() == 0
        assert json.loads(caller.stdout)["AccessKeyId"] == machine.credentials("admin-mfa")["aws_access_key_id"]
        assert terminal.text == ""

    def test_a_renewal_that_fails_leaves_the_live_session_and_is_not_tried_by_every_call(
        self, machine: Machine
    ) -> None:
        log_in(machine)
        take(machine, "admin", left=timedelta(minutes=5))
        machine.account.roles["admin"].trust_policy = trust(principal="210987654321")

        told = {answer(machine)["AccessKeyId"] for _ in range(3)}

        assert told == {machine.credentials("admin-mfa")["aws_access_key_id"]}
        assert [call.status for call in machine.calls("AssumeRole")] == [403]

    def test_a_chain_is_renewed_as_far_as_it_has_to_be(self, machine: Machine, admin: Role) -> None:
        add_role(machine, "next", source="admin").trust_policy = trust({}, principal=admin.arn)
        log_in(machine)
        take(machine, "admin", left=timedelta(seconds=-5))
        take(machine, "next", left=timedelta(minutes=5))

        answer(machine, "next")

        assert len(machine.calls("AssumeRole")) == 2
        assert left(machine, "next-mfa") > timedelta(minutes=59)


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
        # botocore asks again when fifteen minutes are left, and so do we.
        take(machine, "admin", left=timedelta(minutes=15, seconds=8))
        line = f"credential_process = {MFA_SESSION} credential-process --profile admin"
        machine.write_config(f"{machine.config_file.read_text()}\n[profile admin-auto]\n{line}\nregion = us-east-1\n")
        before = machine.credentials("admin-mfa")["aws_access_key_id"]

        told = machine.run_program(sys.executable, "-c", LONG_LIVED_CLIENT)

        after = machine.credentials("admin-mfa")["aws_access_key_id"]
        assert told.stdout.split() == [before, after], told.stderr
        assert before != after

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


class TestBadInput:
    @pytest.mark.parametrize("command", ["login", "credential-process", "export"])
    def test_a_role_that_is_denied_is_told_with_what_to_look_at(self, machine: Machine, command: str) -> None:
        add_role(machine, "admin").trust_policy = trust(principal="210987654321")
        log_in(machine)

        ran = machine.run(command, "--profile", "admin")

        assert (ran.returncode, ran.stdout) == (254, "")
        assert f"error: AWS does not let you take the role arn:aws:iam::{ACCOUNT}:role/admin" in ran.stderr
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
        assert "if it wants a newer code: mfa-session login --profile test-user --force" in denied.stderr
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
                "duration_seconds: a role cannot be taken for 1 min",
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
        assert "--duration: a role cannot be taken for" in ran.stderr
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
