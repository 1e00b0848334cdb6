"""Whatever a login is given, and whatever AWS says to it, ends in one line and one hint, and no file has changed."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.cli.refusals import CONFIGURATION, GENERAL, SERVICE, USAGE, refusal, refusal_of_a_code
from tests.faults import (
    DropReply,
    EndlessBody,
    ExpiredSession,
    Fault,
    GarbageBody,
    HostileFields,
    HTMLBody,
    Redirect,
    ResetConnection,
    ServerError,
    Slow,
    Throttle,
    TruncatedXML,
)
from tests.machine import PHONE, Machine


@pytest.fixture(autouse=True)
def key_in_the_file(machine: Machine) -> None:
    machine.lay_down_the_key()


class TestTheProfile:
    def test_that_is_not_there_is_answered_with_one_that_is(self, machine: Machine) -> None:
        ended = refusal_of_a_code(machine, "--profile", "tset-user")

        assert ended.exit_code == CONFIGURATION
        assert ended.error == "there is no profile tset-user in the AWS files"
        assert ended.hint.startswith("did you mean test-user?")

    def test_with_a_name_that_would_move_the_cursor_is_shown_and_does_nothing(self, machine: Machine) -> None:
        ended = refusal_of_a_code(machine, "--profile", "\x1b[2J")

        assert ended.error == "there is no profile \\x1b[2J in the AWS files"


class TestTheKey:
    @pytest.mark.parametrize(
        ("spoil", "error"),
        [
            (lambda machine: setattr(machine.key, "active", False), "AWS does not know the access key AKIA…"),
            (lambda machine: machine.account.access_keys.clear(), "AWS does not know the access key AKIA…"),
        ],
        ids=["inactive", "deleted"],
    )
    def test_that_aws_does_not_take(self, machine: Machine, spoil: Callable[[Machine], None], error: str) -> None:
        spoil(machine)

        ended = refusal_of_a_code(machine)

        assert ended.exit_code == SERVICE
        assert ended.error.startswith(error)
        assert "region" not in ended.hint

    def test_may_be_of_another_part_of_aws_where_no_region_is_named(self, machine: Machine) -> None:
        machine.account.access_keys.clear()
        machine.write_config("[profile test-user]\n")

        assert "China, GovCloud or the European Sovereign Cloud" in refusal_of_a_code(machine).hint

    def test_with_another_secret(self, machine: Machine) -> None:
        text = machine.credentials_file.read_text()
        machine.write_credentials(text.replace(machine.key.secret_access_key, "another"))

        ended = refusal_of_a_code(machine)

        assert ended.exit_code == SERVICE
        assert ended.error == f"the secret access key does not match AKIA…{machine.key.access_key_id[-4:]}"

    def test_of_root(self, machine: Machine) -> None:
        key = machine.account.add_access_key(None)
        machine.write_credentials(
            f"[test-user]\naws_access_key_id={key.access_key_id}\naws_secret_access_key={key.secret_access_key}\n"
        )

        ended = refusal_of_a_code(machine)

        assert ended.exit_code == SERVICE
        assert ended.error == "this access key belongs to the root user of the account"

    def test_of_a_role(self, machine: Machine) -> None:
        machine.write_credentials("[test-user]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_session_token = x\n")

        ended = refusal_of_a_code(machine)

        assert ended.exit_code == CONFIGURATION
        assert re.search(r"line 2 of .+/credentials: this is a temporary access key", ended.error)

    @pytest.mark.parametrize("section", ["", "[test-user]\nregion = eu-west-1\n"], ids=["no file", "no lines"])
    def test_that_is_nowhere(self, machine: Machine, section: str) -> None:
        machine.write_credentials(section)

        ended = refusal_of_a_code(machine)

        assert ended.exit_code == CONFIGURATION
        assert ended.error == "there is no access key for profile test-user"
        assert ended.hint == "give it in a terminal: mfa-session login --profile test-user"


class TestTheClock:
    @pytest.mark.parametrize(("ahead", "way"), [(20, "behind"), (-20, "ahead of")])
    @pytest.mark.parametrize("options", [(), ("--serial", PHONE)], ids=["looking for the device", "knowing it"])
    def test_that_is_off_is_told_by_how_much_and_which_way(
        self, machine: Machine, ahead: int, way: str, options: tuple[str, ...]
    ) -> None:
        machine.account.clock.offset = timedelta(minutes=ahead)

        ended = refusal_of_a_code(machine, *options)

        assert ended.exit_code == SERVICE
        assert ended.error == f"the clock of this machine is 20 min {way} AWS's"


class TestTheDevice:
    def test_that_is_not_there(self, machine: Machine) -> None:
        machine.user.devices.clear()

        ended = refusal_of_a_code(machine)

        assert ended.exit_code == SERVICE
        assert ended.error == "user test-user of account 123456789012 has no MFA device"

    def test_that_shows_no_codes(self, machine: Machine) -> None:
        machine.user.devices.clear()
        machine.account.add_security_key(machine.user, "yubikey")

        ended = refusal_of_a_code(machine)

        assert ended.exit_code == SERVICE
        assert "security keys or passkeys" in ended.error
        assert "aws login" in ended.hint

    def test_of_several_has_to_be_named_where_nobody_can_choose(self, machine: Machine) -> None:
        second = machine.account.add_device(machine.user, "second").serial_number

        ended = refusal_of_a_code(machine)

        assert ended.exit_code == GENERAL
        assert all(device in ended.error for device in (PHONE, second))
        assert "--serial ARN" in ended.hint

    def test_that_a_policy_hides_has_to_be_named_where_nobody_can_be_asked(self, machine: Machine) -> None:
        machine.account.groups["developers"].grants.attached.clear()

        ended = refusal_of_a_code(machine)

        assert ended.exit_code == GENERAL
        assert ended.error == "your MFA devices cannot be listed: denied by a policy"
        assert "often arn:aws:iam::123456789012:mfa/test-user" in ended.hint

    @pytest.mark.parametrize(
        "serial",
        ["arn:aws:iam::123456789012:mfa/nobody", "arn:aws-cn:iam::123456789012:mfa/test-user-phone", "GAHT12345678"],
        ids=["nobody's", "of another partition", "another token"],
    )
    def test_that_aws_does_not_know_as_this_users(self, machine: Machine, serial: str) -> None:
        ended = refusal_of_a_code(machine, "--serial", serial)

        assert ended.exit_code == SERVICE
        assert ended.error == f"AWS does not know {serial} as an MFA device of this user"


class TestTheCode:
    def test_that_is_wrong(self, machine: Machine) -> None:
        ended = refusal(machine, "--token-code", "000000")

        assert ended.exit_code == SERVICE
        assert ended.error == "AWS did not accept the MFA code"

    def test_that_is_used(self, machine: Machine) -> None:
        code = machine.phone.code()
        machine.phone.accepts(code)

        assert refusal(machine, "--token-code", code).error == "AWS did not accept the MFA code"


class TestAnOption:
    @pytest.mark.parametrize(
        ("options", "error"),
        [
            (("--token-code", "12345"), "--token-code: a token code is six digits"),
            (("--token-code", ""), "--token-code: a token code is six digits"),
            (("--serial", "phone"), "--serial: this is not the serial number of an MFA device"),
            (("--serial", ""), "--serial: this is not the serial number of an MFA device"),
            (("--duration", "14m"), "--duration: a session cannot last 14 min"),
            (("--duration", "37h"), "--duration: a session cannot last 37 h"),
            (("--duration", "long"), "--duration: this is not a span of time"),
            (("--min-remaining", "soon"), "--min-remaining: this is not a span of time"),
            (("--output", "json\n[evil]"), "--output: this is not an output format of the AWS CLI"),
            (("--session-profile", "a b"), "not every AWS tool can read a profile called a b"),
            (("--session-profile", ""), "not every AWS tool can read a profile called "),
            (("--session-profile", "test-user"), "the session of test-user cannot be written over test-user itself"),
            (("--profile", "default", "--default"), "the session of default cannot be written over default itself"),
            (("--nonsense",), "no such option: --nonsense"),
        ],
        ids=str,
    )
    def test_that_cannot_be_is_refused_before_anybody_is_asked(
        self, machine: Machine, options: tuple[str, ...], error: str
    ) -> None:
        machine.write_config(machine.config_file.read_text() + "[default]\n")

        ended = refusal(machine, *options)

        assert (ended.exit_code, ended.error) == (USAGE, error)
        assert machine.endpoint.journal == []

    def test_that_is_no_region(self, machine: Machine) -> None:
        ended = refusal_of_a_code(machine, "--region", "tokyo\n")

        assert (ended.exit_code, ended.error) == (CONFIGURATION, "tokyo\\n is not a region")

    def test_that_stands_in_the_config_file_names_its_profile(self, machine: Machine) -> None:
        machine.write_config("[profile test-user]\nmfa_session_duration = 3d\n")

        ended = refusal_of_a_code(machine)

        assert ended.exit_code == CONFIGURATION
        assert ended.error == "profile test-user: mfa_session_duration: this is not a span of time"


class TestAWS:
    @pytest.mark.parametrize(
        ("fault", "error"),
        [
            (GarbageBody(), "is not from AWS: it cannot be read"),
            (HTMLBody(), "is not from AWS: it is a web page"),
            (HTMLBody(status=503), "had an internal error (HTTP 503); the MFA code may have been used"),
            (EndlessBody(megabytes=1000), "is not from AWS: it is longer than a megabyte"),
            (TruncatedXML(), "is not from AWS: it cannot be read"),
            (Redirect("https://example.com/"), "is not from AWS: it redirects to another address"),
            (ExpiredSession(), "is not from AWS: its session has already expired"),
            (HostileFields({"Expiration": "2199-01-01T00:00:00Z"}), "its session lasts longer than requested"),
            (HostileFields({"SecretAccessKey": "x\n[other]\naws_access_key_id = x"}), "no valid SecretAccessKey"),
            (HostileFields({"SessionToken": "x\r\ny"}), "no valid SessionToken"),
            (HostileFields({"AccessKeyId": "AKIAIOSFODNN7EXAMPLE"}), "no valid AccessKeyId"),
            (DropReply(), "closed the connection without a response; the MFA code may have been used"),
            (ResetConnection(), "closed the connection without a response; the MFA code may have been used"),
            (ServerError(), "AWS had an internal error (InternalFailure); the MFA code may have been used"),
            (Throttle(), "too many requests: Rate exceeded"),
        ],
        ids=lambda part: type(part).__name__ if not isinstance(part, str) else part[:30],
    )
    def test_that_answers_so_is_not_believed(self, machine: Machine, fault: Fault, error: str) -> None:
        machine.endpoint.faults.add("GetSessionToken", fault)

        ended = refusal_of_a_code(machine)

        assert ended.exit_code == SERVICE
        assert error in ended.error
        assert len(machine.calls("GetSessionToken")) == 1

    def test_that_is_slow_is_not_waited_for_longer_than_fifteen_seconds(self, machine: Machine) -> None:
        machine.endpoint.faults.add("GetSessionToken", Slow(seconds=17))

        ended = refusal_of_a_code(machine)

        assert ended.exit_code == SERVICE
        assert ended.error.endswith("within 15 s; the MFA code may have been used")

    def test_that_cannot_be_reached(self, machine: Machine) -> None:
        machine.environment["AWS_ENDPOINT_URL"] = "http://127.0.0.1:1"

        ended = refusal_of_a_code(machine)

        assert ended.exit_code == SERVICE
        assert ended.error == "127.0.0.1:1 cannot be reached: connection refused"
        assert "AWS_ENDPOINT_URL" in ended.hint

    def test_that_has_no_such_host(self, machine: Machine) -> None:
        machine.environment["AWS_ENDPOINT_URL"] = "https://sts.mars-north-1.invalid"

        ended = refusal_of_a_code(machine)

        assert ended.exit_code == SERVICE
        assert ended.error == "cannot resolve sts.mars-north-1.invalid, or there is no network"

    def test_that_would_be_told_the_code_unencrypted(self, machine: Machine) -> None:
        machine.environment["AWS_ENDPOINT_URL"] = "http://sts.example.com"

        ended = refusal_of_a_code(machine)

        assert ended.exit_code == CONFIGURATION
        assert ended.error == "AWS_ENDPOINT_URL would send the MFA code unencrypted"

    def test_whose_sts_is_off_in_the_region(self, machine: Machine) -> None:
        machine.account.disabled_regions.add("ap-northeast-1")

        ended = refusal_of_a_code(machine)

        assert ended.exit_code == SERVICE
        assert ended.error == "STS is turned off in ap-northeast-1 for this account"
        assert "--region us-east-1" in ended.hint
