"""`device list`, `resync` and `remove`: the devices that a user has."""

import json
from collections.abc import Sequence
from datetime import timedelta

import pytest

from mfa_session.model.credentials import timestamp
from mfa_session.model.mfa_device import STEP
from tests.cli.refusals import CANCELLED, GENERAL, SERVICE, USAGE, files
from tests.machine import PHONE, Machine

PREFIX = "arn:aws:iam::123456789012:mfa"
YUBIKEY = "arn:aws:iam::123456789012:u2f/user/test-user/yubikey"
OF_TEST_USER = ("--profile", "test-user")


def deny(machine: Machine, *actions: str) -> None:
    statement = {"Effect": "Deny", "Action": actions, "Resource": "*"}
    machine.user.grants.inline["deny"] = json.dumps({"Version": "2012-10-17", "Statement": statement})


def remember(machine: Machine, serial: str) -> None:
    machine.write_config(f"[profile test-user]\nmfa_serial = {serial}\n")


class TestList:
    @pytest.fixture(autouse=True)
    def key_in_the_file(self, machine: Machine) -> None:
        machine.lay_down_the_key()

    def test_it_tells_the_kind_and_the_date_of_each_and_which_one_the_profile_uses(self, machine: Machine) -> None:
        machine.account.add_hardware_token(machine.user, "GAHT12345678")
        machine.account.add_security_key(machine.user, "yubikey")
        remember(machine, PHONE)
        day = f"{machine.account.now():%Y-%m-%d}"

        ran = machine.run("device", "list", *OF_TEST_USER, TZ="UTC")

        assert (ran.returncode, ran.stderr) == (0, "")
        assert ran.stdout == (
            "   KIND      ENABLED     SERIAL NUMBER\n"
            f"*  virtual   {day}  arn:aws:iam::123456789012:mfa/test-user-phone\n"
            f"   hardware  {day}  GAHT12345678\n"
            f"x  fido      {day}  arn:aws:iam::123456789012:u2f/user/test-user/yubikey\n"
            "* used by profile test-user\n"
            "x security key or passkey: not usable with the CLI\n"
        )

    def test_json_has_every_key_of_every_device(self, machine: Machine) -> None:
        machine.account.add_security_key(machine.user, "yubikey")

        ran = machine.run("device", "list", *OF_TEST_USER, "--json")

        assert machine.phone.enable_date is not None
        phone, yubikey = json.loads(ran.stdout)["devices"]
        assert phone == {
            "serial_number": PHONE,
            "kind": "virtual",
            "created": timestamp(machine.phone.enable_date),
            "shows_codes": True,
            "used_by_profile": True,
        }
        assert (yubikey["kind"], yubikey["shows_codes"], yubikey["used_by_profile"]) == ("fido", False, False)

    def test_of_several_none_is_used_before_one_was_chosen(self, machine: Machine) -> None:
        machine.account.add_device(machine.user, "test-user-tablet")

        ran = machine.run("device", "list", *OF_TEST_USER, "--json")

        assert [each["used_by_profile"] for each in json.loads(ran.stdout)["devices"]] == [False, False]

    def test_a_remembered_device_that_is_gone_is_told(self, machine: Machine) -> None:
        remember(machine, f"{PREFIX}/lost")

        ran = machine.run("device", "list", *OF_TEST_USER)

        assert ran.returncode == 0
        assert ran.stderr == (
            "mfa-session: mfa_serial of profile test-user names a device that user test-user does not have: "
            f"{PREFIX}/lost\n"
            "mfa-session: hint: choose another: mfa-session login --profile test-user --force --serial ARN\n"
        )

    def test_a_user_without_any_is_told_how_to_add_one(self, machine: Machine) -> None:
        machine.user.devices.clear()

        ran = machine.run("device", "list", *OF_TEST_USER)

        assert (ran.returncode, ran.stdout) == (0, "")
        assert ran.stderr == (
            "mfa-session: user test-user has no MFA device; to add one: mfa-session device add --profile test-user\n"
        )
        assert json.loads(machine.run("device", "list", *OF_TEST_USER, "--json").stdout)["devices"] == []

    def test_a_live_session_does_without_the_key(self, machine: Machine) -> None:
        machine.log_in()
        section = machine.credentials_file.read_text()
        machine.write_credentials(section[section.index("[test-user-mfa]") :])

        ran = machine.run("device", "list", *OF_TEST_USER)

        assert ran.returncode == 0
        assert PHONE in ran.stdout

    def test_what_a_policy_forbids_is_told_with_the_action(self, machine: Machine) -> None:
        deny(machine, "iam:ListMFADevices")

        ran = machine.run("device", "list", *OF_TEST_USER)

        assert (ran.returncode, ran.stdout) == (SERVICE, "")
        assert ran.stderr.startswith("mfa-session: error: AWS does not allow iam:ListMFADevices")


class TestResync:
    @pytest.fixture(autouse=True)
    def key_in_the_file(self, machine: Machine) -> None:
        machine.lay_down_the_key()

    def test_a_phone_that_is_minutes_off_can_log_in_again(self, machine: Machine) -> None:
        machine.phone.drift = timedelta(minutes=7)
        now = machine.account.now()
        refused = machine.log_in()

        with machine.terminal() as terminal:
            resync = machine.start(terminal, "device", "resync", *OF_TEST_USER)
            terminal.expect("Enter two MFA codes of test-user-phone")
            terminal.type(f"{machine.phone.code(now - STEP)}\n{machine.phone.code(now)}\n")
            terminal.expect("mfa-session: MFA device test-user-phone is resynchronized\n")
            assert resync.wait() == 0
        machine.forget_used_codes()
        login = machine.run("login", *OF_TEST_USER, "--token-code", machine.phone.code(now + STEP))

        assert (refused.returncode, login.returncode) == (SERVICE, 0)

    @pytest.mark.parametrize(
        ("serial", "code", "said"),
        [
            ("short", USAGE, "--serial: this is not the serial number of an MFA device"),
            (YUBIKEY, SERVICE, "has no codes, and cannot be out of sync"),
        ],
    )
    def test_what_cannot_be_out_of_step_is_refused(self, machine: Machine, serial: str, code: int, said: str) -> None:
        ran = machine.run("device", "resync", *OF_TEST_USER, "--serial", serial)

        assert ran.returncode == code
        assert said in ran.stderr
        assert machine.endpoint.journal == []

    def test_without_a_terminal_it_says_what_to_run(self, machine: Machine) -> None:
        ran = machine.run("device", "resync", *OF_TEST_USER)

        assert ran.returncode == GENERAL
        assert "run in a terminal: mfa-session device resync --profile test-user\n" in ran.stderr


class TestRemove:
    @pytest.fixture(autouse=True)
    def logged_in(self, admin: Machine) -> None:
        """There is a session with MFA."""

    @pytest.mark.parametrize("option", ["--force", "--insist"])  # the second is its old name
    def test_the_last_one_that_shows_codes_stays_without_force(self, machine: Machine, option: str) -> None:
        machine.account.add_security_key(machine.user, "yubikey")

        refused = machine.run("device", "remove", *OF_TEST_USER, "--serial", PHONE, "--yes")
        stays = list(machine.user.devices)
        forced = machine.run("device", "remove", *OF_TEST_USER, "--serial", PHONE, "--yes", option)

        assert (refused.returncode, forced.returncode) == (GENERAL, 0)
        assert "test-user-phone is the last MFA device with codes of user test-user" in refused.stderr
        assert "to remove it anyway: --force" in refused.stderr
        assert stays == [PHONE, YUBIKEY]
        assert list(machine.user.devices) == [YUBIKEY]

    def test_it_is_taken_away_with_mfa_and_deleted_and_forgotten(self, machine: Machine) -> None:
        machine.account.add_device(machine.user, "test-user-tablet")
        remember(machine, PHONE)

        ran = machine.run("device", "remove", *OF_TEST_USER, "--serial", PHONE, "--yes")

        assert (ran.returncode, ran.stdout) == (0, "")
        assert ran.stderr == "mfa-session: MFA device test-user-phone is removed\n"
        assert list(machine.account.devices) == [f"{PREFIX}/test-user-tablet"]
        assert "mfa_serial" not in machine.config("test-user")
        assert [call.mfa for call in machine.calls("DeactivateMFADevice")] == [True]

    def test_another_one_than_the_profile_uses_is_not_the_profiles_business(self, machine: Machine) -> None:
        machine.account.add_device(machine.user, "test-user-tablet")
        remember(machine, PHONE)

        machine.run("device", "remove", *OF_TEST_USER, "--serial", f"{PREFIX}/test-user-tablet", "--yes")

        assert machine.config("test-user")["mfa_serial"] == PHONE

    @pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", CANCELLED), ("", CANCELLED)])
    def test_somebody_chooses_and_agrees(self, machine: Machine, answer: str, code: int) -> None:
        machine.account.add_device(machine.user, "test-user-tablet")

        with machine.terminal() as terminal:
            remove = machine.start(terminal, "device", "remove", *OF_TEST_USER)
            terminal.expect("Which MFA device should be removed?")
            terminal.type("2\n")
            terminal.expect(f"Remove MFA device {PREFIX}/test-user-tablet? [y/N] ")
            terminal.type(f"{answer}\n")

            assert remove.wait() == code
        assert len(machine.user.devices) == (1 if answer == "y" else 2)

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            ((), "the user has several MFA devices"),
            (("--serial", PHONE), "removing MFA device test-user-phone: confirmation required"),
        ],
    )
    def test_without_a_terminal_both_have_to_be_said_beforehand(
        self, machine: Machine, options: Sequence[str], said: str
    ) -> None:
        machine.account.add_device(machine.user, "test-user-tablet")

        ran = machine.run("device", "remove", *OF_TEST_USER, *options)

        assert ran.returncode == GENERAL
        assert said in ran.stderr
        assert len(machine.user.devices) == 2

    def test_a_device_that_may_not_be_deleted_is_removed_from_the_user_all_the_same(self, machine: Machine) -> None:
        machine.account.add_device(machine.user, "test-user-tablet")
        remember(machine, PHONE)
        deny(machine, "iam:DeleteVirtualMFADevice")

        ran = machine.run("device", "remove", *OF_TEST_USER, "--serial", PHONE, "--yes")

        assert ran.returncode == 0
        assert "test-user-phone is removed from the user, but not deleted, and its name stays taken" in ran.stderr
        assert PHONE not in machine.user.devices
        assert "mfa_serial" not in machine.config("test-user")

    def test_a_device_that_may_not_be_taken_away_stays(self, machine: Machine) -> None:
        deny(machine, "iam:DeactivateMFADevice")
        before = files(machine)

        ran = machine.run("device", "remove", *OF_TEST_USER, "--serial", PHONE, "--yes", "--force")

        assert ran.returncode == SERVICE
        assert ran.stderr.startswith("mfa-session: error: AWS does not allow iam:DeactivateMFADevice")
        assert files(machine) == before

    def test_without_a_session_it_is_asked_for_a_code(self, machine: Machine) -> None:
        machine.lay_down_the_key()
        machine.account.add_device(machine.user, "test-user-tablet")
        remember(machine, PHONE)

        with machine.terminal() as terminal:
            options = ("--serial", f"{PREFIX}/test-user-tablet", "--yes")
            remove = machine.start(terminal, "device", "remove", *OF_TEST_USER, *options)
            terminal.expect("(test-user-phone")
            terminal.type(f"{machine.phone.code()}\n")

            assert remove.wait() == 0
        assert list(machine.user.devices) == [PHONE]


def test_help_has_an_example_of_every_command(machine: Machine) -> None:
    for command in ("list", "add", "resync", "remove"):
        ran = machine.run("device", command, "--help")

        assert ran.returncode == 0
        assert f"Example: mfa-session device {command}" in ran.stdout
