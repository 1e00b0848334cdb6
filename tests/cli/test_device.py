"""`device add` leads from a key to a session; whoever gives up on the way leaves nothing behind."""

import re
import signal
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest

from mfa_session.policies.templates import EnforcingPolicy, aws_mfa_only_policy, aws_self_manage_policy, safe_policy
from tests import qr_reader
from tests.cli.enrolment import adding, app, seed_in
from tests.cli.refusals import CANCELLED, CONFIGURATION, GENERAL, INTERRUPTED, USAGE
from tests.faults import Slow
from tests.machine import PHONE, Machine

PREFIX = "arn:aws:iam::123456789012:mfa"


@pytest.fixture
def key_prompt(machine: Machine) -> Machine:
    """The machine of a user who has a key, and no device."""
    machine.user.devices.clear()
    machine.account.devices.clear()
    machine.lay_down_the_key()
    return machine


def enforce(machine: Machine, document: str) -> None:
    [policy] = machine.account.managed_policies.values()
    policy.in_force = policy.add_version(document, machine.account.now())


class TestAdd:
    @pytest.mark.parametrize("policy", [safe_policy, aws_self_manage_policy, aws_mfa_only_policy])
    def test_every_known_policy_lets_the_first_device_in(
        self, key_prompt: Machine, policy: Callable[[], EnforcingPolicy]
    ) -> None:
        enforce(key_prompt, policy().document)

        with adding(key_prompt) as add:
            add.wait_for_the_question()
            add.type_codes(app(key_prompt, add.device.seed))
            add.keep_the_key_where_it_is()
            assert add.program.wait() == 0

        assert key_prompt.credentials("test-user-mfa")["mfa_session_source"] == "test-user"

    def test_a_user_without_a_key_is_asked_for_one_first(self, key_prompt: Machine) -> None:
        key_prompt.credentials_file.unlink()

        with adding(key_prompt) as add:
            add.terminal.expect("Access key ID for test-user: ")
            add.terminal.type(f"{key_prompt.key.access_key_id}\n")
            add.terminal.expect("Secret access key (not shown): ")
            add.terminal.type(f"{key_prompt.key.secret_access_key}\n")
            add.wait_for_the_question()
            add.type_codes(app(key_prompt, add.device.seed))

            assert add.program.wait() == 0
        assert key_prompt.config("test-user")["mfa_session_store"] == "file"
        assert key_prompt.credentials("test-user-mfa")

    def test_a_second_device_is_added_on_a_session_with_the_first_and_used_from_then_on(self, machine: Machine) -> None:
        machine.lay_down_the_key()

        with adding(machine, "--name", "test-user-tablet") as add:
            add.terminal.expect("(test-user-phone")
            add.terminal.type(f"{machine.phone.code()}\n")
            add.wait_for_the_question()
            add.type_codes(app(machine, add.device.seed))
            add.keep_the_key_where_it_is()

            assert add.program.wait() == 0
        assert list(machine.user.devices) == [PHONE, f"{PREFIX}/test-user-tablet"]
        assert machine.config("test-user")["mfa_serial"] == f"{PREFIX}/test-user-tablet"

    def test_a_role_profile_stands_for_the_user_who_takes_the_role(self, key_prompt: Machine) -> None:
        key_prompt.write_config(
            "[profile test-user]\n"
            "[profile admin]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = test-user\n"
        )

        with adding(key_prompt, "--profile", "admin") as add:
            add.wait_for_the_question()
            add.type_codes(app(key_prompt, add.device.seed))
            add.keep_the_key_where_it_is()
            add.program.wait()

        assert "mfa_serial" in key_prompt.config("test-user")
        assert "mfa_serial" not in key_prompt.config("admin")

    def test_without_a_terminal_nothing_is_begun(self, key_prompt: Machine) -> None:
        ran = key_prompt.run("device", "add", "--profile", "test-user")

        assert (ran.returncode, ran.stdout) == (GENERAL, "")
        assert ran.stderr == (
            "mfa-session: error: there is no terminal to ask on\n"
            "mfa-session: hint: run in a terminal: mfa-session device add --profile test-user\n"
        )
        assert key_prompt.endpoint.journal == []

    @pytest.mark.parametrize("name", ["", "two words", "a/b", "ä", "x" * 129])
    def test_a_name_that_iam_would_not_take_is_refused(self, key_prompt: Machine, name: str) -> None:
        ran = key_prompt.run("device", "add", "--profile", "test-user", "--name", name)

        assert ran.returncode == USAGE
        assert ran.stderr.startswith("mfa-session: error: --name: this is not a name for an MFA device\n")
        assert key_prompt.endpoint.journal == []


class TestGivingUp:
    @pytest.mark.parametrize("how", ["^C", "^D", "^\\", "SIGTERM"])
    def test_the_device_is_deleted_again(self, key_prompt: Machine, how: str) -> None:
        with adding(key_prompt) as add:
            add.wait_for_the_question()
            if how == "SIGTERM":
                add.program.send_signal(signal.SIGTERM)
            else:
                add.terminal.press(how)

            assert add.program.wait() == (CANCELLED if how == "^D" else INTERRUPTED)
            assert "\nCancelled; the new device was removed.\n" in add.terminal.text
        assert not key_prompt.account.devices

    def test_whoever_closes_the_window_has_given_up(self, key_prompt: Machine) -> None:
        with adding(key_prompt) as add:
            add.wait_for_the_question()
            add.terminal.hang_up()
            add.program.wait()

        assert not key_prompt.account.devices

    @pytest.mark.parametrize("again", ["^C", "SIGTERM"])
    def test_who_gives_up_twice_does_not_keep_the_device_from_being_deleted(
        self, key_prompt: Machine, again: str
    ) -> None:
        key_prompt.endpoint.faults.add("DeleteVirtualMFADevice", Slow(1.0))

        with adding(key_prompt) as add:
            add.wait_for_the_question()
            add.program.send_signal(signal.SIGTERM)
            add.terminal.wait_until(lambda: bool(key_prompt.calls("DeleteVirtualMFADevice")), "the deletion")
            if again == "SIGTERM":
                add.program.send_signal(signal.SIGTERM)
            else:
                add.terminal.press(again)

            assert add.program.wait() == INTERRUPTED
            add.terminal.expect("Cancelled; ")
        assert not key_prompt.account.devices

    def test_a_device_that_may_not_be_deleted_is_named_and_the_next_attempt_takes_another_name(
        self, key_prompt: Machine
    ) -> None:
        enforce(key_prompt, safe_policy().document)

        with adding(key_prompt, columns=300) as add:
            add.wait_for_the_question()
            left_over = add.device.serial_number
            add.terminal.press("^C")
            add.terminal.expect(f"Cancelled; the device {left_over} is not deleted, and not assigned")
            assert add.program.wait() == INTERRUPTED
        with adding(key_prompt) as add:
            add.wait_for_the_question()
            assert add.device.serial_number == f"{left_over}-2"
            add.type_codes(app(key_prompt, add.device.seed))
            add.keep_the_key_where_it_is()
            assert add.program.wait() == 0
        removed = key_prompt.run("device", "remove", "--profile", "test-user", "--serial", left_over, "--yes")

        assert removed.returncode == 0
        assert list(key_prompt.account.devices) == [f"{left_over}-2"]


class TestPictures:
    def test_it_says_what_authenticator_apps_read(self, key_prompt: Machine) -> None:
        with adding(key_prompt) as add:
            add.wait_for_the_question()

            uri = urlsplit(qr_reader.read_from_screen(add.terminal))

            assert (uri.scheme, uri.netloc) == ("otpauth", "totp")
            assert re.fullmatch(r"/test-user-[0-9]{8}@123456789012", uri.path)
            assert parse_qs(uri.query) == {"secret": [add.device.base32_seed], "issuer": ["AWS"]}

    @pytest.mark.parametrize("environment", [{}, {"NO_COLOR": "1"}], ids=str)
    def test_it_is_read_off_a_screen_of_24_lines_and_80_columns(
        self, key_prompt: Machine, environment: dict[str, str]
    ) -> None:
        with adding(key_prompt, rows=24, columns=80, environment=environment) as add:
            add.wait_for_the_question()

            assert seed_in(qr_reader.read_from_screen(add.terminal)) == add.device.seed

    def test_it_has_colours_of_its_own_unless_none_are_wanted(self, key_prompt: Machine) -> None:
        with adding(key_prompt) as coloured, adding(key_prompt, environment={"NO_COLOR": "1"}) as plain:
            coloured.wait_for_the_question()
            plain.wait_for_the_question()

            assert coloured.terminal.raw.count(b"\x1b[") > 40
            assert plain.terminal.raw.count(b"\x1b[") == 0

    @pytest.mark.parametrize("option", ["--show-secret-key", "--show-seed"])  # the second is its old name
    def test_the_seed_stands_on_the_screen_only_if_that_is_wanted(self, key_prompt: Machine, option: str) -> None:
        with adding(key_prompt) as silent, adding(key_prompt, option) as telling:
            silent.wait_for_the_question()
            telling.wait_for_the_question()

            seeds = [device.base32_seed for device in key_prompt.account.devices.values()]
            assert not any(seed in silent.terminal.text for seed in seeds)
            assert sum(f"Or type this key into the app: {seed}\n" in telling.terminal.text for seed in seeds) == 1

    def test_a_file_holds_it_for_the_owner_alone_and_until_the_end_alone(self, key_prompt: Machine) -> None:
        picture = key_prompt.home / "code.png"

        with adding(key_prompt, "--qr-file", str(picture)) as add:
            add.wait_for_the_question()
            uri, mode = qr_reader.read_from_file(picture), picture.stat().st_mode & 0o777
            add.type_codes(app(key_prompt, seed_in(uri)))
            add.keep_the_key_where_it_is()
            assert add.program.wait() == 0

            assert "█" not in add.terminal.text
            assert f"mfa-session: {picture} is deleted\n" in add.terminal.text
        assert (mode, picture.exists()) == (0o600, False)

    def test_a_file_is_deleted_when_the_enrolment_is_given_up(self, key_prompt: Machine) -> None:
        picture = key_prompt.home / "code.png"

        with adding(key_prompt, "--qr-file", "code.png") as add:
            add.wait_for_the_question()
            was_there = picture.exists()
            add.terminal.press("^C")
            add.program.wait()

        assert (was_there, picture.exists()) == (True, False)

    def test_a_file_that_is_there_already_stays_and_no_device_is_made(self, key_prompt: Machine) -> None:
        (key_prompt.home / "code.png").write_text("a photograph")

        with adding(key_prompt, "--qr-file", "code.png") as add:
            assert add.program.wait() == USAGE
            assert "mfa-session: error: code.png already exists\n" in add.terminal.text

        assert (key_prompt.home / "code.png").read_text() == "a photograph"
        assert key_prompt.endpoint.journal == []

    def test_a_file_that_cannot_be_made_is_told_before_a_device_is_made(self, key_prompt: Machine) -> None:
        with adding(key_prompt, "--qr-file", "nowhere/code.png") as add:
            assert add.program.wait() == CONFIGURATION
            assert "mfa-session: error: cannot create nowhere/code.png: " in add.terminal.text

        assert key_prompt.endpoint.journal == []

    @pytest.mark.parametrize(
        ("columns", "environment", "said"),
        [
            (60, {}, "the terminal is 60 columns wide"),
            (80, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, "its character set has no blocks"),
        ],
    )
    def test_a_terminal_that_cannot_show_it_is_told_before_a_device_is_made(
        self, key_prompt: Machine, columns: int, environment: dict[str, str], said: str
    ) -> None:
        with adding(key_prompt, columns=columns, environment=environment) as add:
            assert add.program.wait() == CONFIGURATION
            assert said in add.terminal.text
            assert "--qr-file FILE" in add.terminal.text

        assert key_prompt.endpoint.journal == []
