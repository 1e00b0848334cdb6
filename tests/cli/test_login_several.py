"""`login` of several profiles: one question for each device, and one failure that stops nobody else."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from mfa_session.local_aws.mfa_devices import VirtualDevice
from mfa_session.model.credentials import timestamp
from tests.machine import Machine
from tests.terminal import PseudoTerminal

ACCOUNT = "123456789012"


def policy(**statement: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", **statement}})


@pytest.fixture
def bob(machine: Machine) -> VirtualDevice:
    """Return the phone of another user of the account, whose key is on this machine too."""
    user = machine.account.add_user("bob")
    machine.account.groups["developers"].members.append("bob")
    key = machine.account.add_access_key(user)
    machine.write_credentials(
        f"{machine.credentials_file.read_text()}\n[bob]\naws_access_key_id = {key.access_key_id}\n"
        f"aws_secret_access_key = {key.secret_access_key}\n"
    )
    device = machine.account.add_device(user, "bob-phone")
    machine.write_config(f"{machine.config_file.read_text()}\n[profile bob]\nmfa_serial = {device.serial_number}\n")
    return device


@pytest.fixture
def machine(machine: Machine) -> Machine:
    """Return a machine on which ``test-user`` may take two roles."""
    machine.lay_down_the_key()
    machine.account.groups["developers"].grants.inline["roles"] = policy(Action="sts:AssumeRole", Resource="*")
    config = f"[profile test-user]\nregion = us-east-1\nmfa_serial = {machine.phone.serial_number}\n"
    for name in ("admin", "deploy"):
        role = machine.account.add_role(name, policy(Principal={"AWS": ACCOUNT}, Action="sts:AssumeRole"))
        config += f"\n[profile {name}]\nrole_arn = {role.arn}\nsource_profile = test-user\n"
    machine.write_config(config)
    return machine


@pytest.fixture
def terminal(machine: Machine) -> Iterator[PseudoTerminal]:
    with machine.terminal() as terminal:
        yield terminal


def live(machine: Machine, name: str) -> bool:
    return "aws_session_token" in machine.credentials(f"{name}-mfa")


def live_session(machine: Machine, name: str) -> str:
    """Return the section of a session that a role has already."""
    role = machine.account.roles[name]
    session = machine.account.begin_session(machine.account.identity_of_role(role, "before"), timedelta(hours=1))
    return (
        f"\n[{name}-mfa]\naws_access_key_id = {session.access_key_id}\n"
        f"aws_secret_access_key = {session.secret_access_key}\naws_session_token = {session.session_token}\n"
        f"x_security_token_expires = {timestamp(session.expiration)}\nmfa_session_source = {name}\n"
    )


def test_each_device_is_asked_for_once_and_the_progress_is_told(
    machine: Machine, terminal: PseudoTerminal, bob: VirtualDevice
) -> None:
    login = machine.start(terminal, "login", *(f"--profile={name}" for name in ("deploy", "bob", "test-user", "admin")))
    terminal.expect("MFA code for bob (bob-phone")
    terminal.type(bob.code() + "\n")
    terminal.expect("mfa-session: 1 of 4: bob-mfa is valid until")
    terminal.expect("MFA code for test-user (test-user-phone")
    terminal.type(machine.fresh_code() + "\n")
    terminal.expect("mfa-session: 2 of 4: test-user-mfa is valid until")
    terminal.expect("mfa-session: 3 of 4: deploy-mfa is valid until")
    terminal.expect("mfa-session: 4 of 4: admin-mfa is valid until")

    assert login.wait() == 0
    assert terminal.text.count("MFA code for") == 2


def test_all_are_all_that_status_lists(machine: Machine, terminal: PseudoTerminal) -> None:
    login = machine.start(terminal, "login", "--all", "--quiet")
    terminal.expect("MFA code for test-user")
    terminal.type(machine.fresh_code() + "\n")

    assert login.wait() == 0
    assert all(live(machine, name) for name in ("test-user", "admin", "deploy"))
    assert re.fullmatch(r"MFA code for test-user .*:\nMFA code: \n*", terminal.text)


def test_a_user_who_is_not_named_is_asked_once_for_the_roles(machine: Machine, terminal: PseudoTerminal) -> None:
    login = machine.start(terminal, "login", "--profile", "admin", "--profile", "deploy")
    terminal.expect("MFA code for test-user")
    terminal.type(machine.fresh_code() + "\n")
    terminal.expect("3 of 3: deploy-mfa is valid")

    assert login.wait() == 0
    assert [call.action for call in machine.endpoint.journal] == ["GetSessionToken", "AssumeRole", "AssumeRole"]


def test_nobody_is_asked_for_roles_that_are_live(machine: Machine) -> None:
    machine.write_credentials(
        machine.credentials_file.read_text() + live_session(machine, "admin") + live_session(machine, "deploy")
    )

    ran = machine.run("login", "--profile", "admin", "--profile", "deploy")

    assert ran.returncode == 0
    assert ran.stderr.startswith("mfa-session: 1 of 2: admin-mfa is valid until")
    assert machine.endpoint.journal == []


def test_one_that_fails_does_not_stop_the_others_and_gives_the_exit_code(machine: Machine) -> None:
    machine.log_in()
    machine.account.roles.pop("admin")

    ran = machine.run("login", *(f"--profile={name}" for name in ("admin", "nobody", "deploy")))

    assert ran.returncode == 253
    assert "mfa-session: error: nobody: there is no profile nobody" in ran.stderr
    assert "mfa-session: error: admin: AWS does not let you assume the role" in ran.stderr
    assert "mfa-session: 2 of 2: deploy-mfa is valid until" in ran.stderr


def test_the_roles_of_a_user_who_could_not_log_in_are_left_out(
    machine: Machine, terminal: PseudoTerminal, bob: VirtualDevice
) -> None:
    machine.write_credentials(machine.credentials_file.read_text() + live_session(machine, "deploy"))

    login = machine.start(terminal, "login", *(f"--profile={name}" for name in ("test-user", "bob", "admin", "deploy")))
    terminal.expect("MFA code for test-user")
    terminal.press("^D")
    terminal.expect("test-user: cancelled.\n")
    terminal.expect("MFA code for bob (bob-phone")
    terminal.type(bob.code() + "\n")
    terminal.expect("mfa-session: 2 of 4: bob-mfa is valid until")
    terminal.expect("mfa-session: 3 of 4: admin is left out: its user could not log in")
    terminal.expect("mfa-session: 4 of 4: deploy-mfa is valid until")

    assert login.wait() == 1
    assert terminal.text.count("MFA code for test-user") == 1


def test_profiles_with_one_key_share_the_session_of_one_code(machine: Machine, terminal: PseudoTerminal) -> None:
    machine.write_credentials(
        machine.credentials_file.read_text() + machine.credentials_file.read_text().replace("test-user", "default")
    )

    login = machine.start(terminal, "login", "--profile", "default", "--profile", "test-user")
    terminal.expect("(test-user-phone")
    terminal.type(machine.fresh_code() + "\n")
    terminal.expect("2 of 2: test-user-mfa is valid")

    assert login.wait() == 0
    keys = {machine.credentials(name)["aws_access_key_id"] for name in ("default-mfa", "test-user-mfa")}
    assert len(keys) == len(machine.calls("GetSessionToken")) == 1


def test_force_asks_once_and_gets_everything_anew(machine: Machine, terminal: PseudoTerminal) -> None:
    machine.write_credentials(machine.credentials_file.read_text() + live_session(machine, "admin"))

    login = machine.start(terminal, "login", "--profile", "test-user", "--profile", "admin", "--force")
    terminal.expect("MFA code for test-user")
    terminal.type(machine.fresh_code() + "\n")

    assert login.wait() == 0
    assert [call.action for call in machine.endpoint.journal] == ["GetSessionToken", "AssumeRole"]


def test_a_profile_that_is_named_twice_is_one(machine: Machine) -> None:
    machine.log_in()

    ran = machine.run("login", "--profile", "test-user", "--profile", "test-user-mfa")

    assert ran.stderr.startswith("mfa-session: 1 of 1: test-user-mfa is valid")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ("--profile", "admin", "--profile", "deploy", "--token-code", "123456"),
            "for several profiles there are only",
        ),
        (("--all", "--duration", "1h"), "for several profiles there are only"),
        (("--all", "--default"), "for several profiles there are only"),
        (("--all", "--profile", "admin"), "--all and --profile contradict each other"),
    ],
)
def test_what_can_be_only_for_one_profile_is_refused(machine: Machine, options: tuple[str, ...], said: str) -> None:
    ran = machine.run("login", *options)

    assert ran.returncode == 2
    assert said in ran.stderr


def test_where_there_is_no_profile_it_is_said_how_to_begin(machine: Machine) -> None:
    machine.write_config("")
    machine.write_credentials("")

    ran = machine.run("login", "--all")

    assert ran.returncode == 253
    assert "mfa-session login --profile NAME" in ran.stderr
