"""GetCallerIdentity and GetSessionToken, at a moment at which the clock of AWS has stopped."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from mfa_session.local_aws.account import Account, User
from mfa_session.local_aws.credentials import LongTermKey, Session
from mfa_session.local_aws.fixtures import demo_account
from mfa_session.local_aws.mfa_devices import Clock, VirtualDevice
from mfa_session.model.credentials import moment
from mfa_session.model.mfa_device import STEP
from tests.faults import Endpoint
from tests.local_aws.wire import Received, signed

NOON = datetime(2026, 11, 23, 12, 0, 10, tzinfo=UTC)

WRONG_CODE = "MultiFactorAuthentication failed with invalid MFA one time pass code. "
WRONG_SERIAL = (
    "MultiFactorAuthentication failed, unable to validate MFA code.  "
    "Please verify your MFA serial number is valid and associated with this user."
)
UNKNOWN_KEY = ("InvalidClientTokenId", "The security token included in the request is invalid.")


@pytest.fixture
def account() -> Account:
    return demo_account(clock=Clock(lambda: NOON))


def get_session_token(endpoint: Endpoint, key: LongTermKey | Session, **parameters: str) -> Received:
    return signed(endpoint, key, "GetSessionToken", parameters).send()


def with_code(endpoint: Endpoint, key: LongTermKey | Session, device: VirtualDevice, code: str) -> Received:
    return get_session_token(endpoint, key, SerialNumber=device.serial_number, TokenCode=code)


class TestGetCallerIdentity:
    def test_a_user_is_told_their_arn_with_its_path(self, endpoint: Endpoint, account: Account) -> None:
        alice = account.add_user("alice", path="/engineering/")

        answer = signed(endpoint, account.add_access_key(alice)).send()

        assert answer.text("Arn") == "arn:aws:iam::123456789012:user/engineering/alice"
        assert (answer.text("Account"), answer.text("UserId")) == ("123456789012", alice.user_id)

    def test_a_session_is_told_the_arn_of_its_user(self, endpoint: Endpoint, user: User, session: Session) -> None:
        answer = signed(endpoint, session).send()

        assert answer.text("Arn") == user.arn

    def test_root_is_root(self, endpoint: Endpoint, account: Account) -> None:
        answer = signed(endpoint, account.add_access_key(None)).send()

        assert answer.text("Arn") == "arn:aws:iam::123456789012:root"

    def test_no_policy_denies_it(self, endpoint: Endpoint, key: LongTermKey, user: User) -> None:
        everything = {"Effect": "Deny", "Action": "*", "Resource": "*"}
        user.grants.inline["nothing"] = json.dumps({"Version": "2012-10-17", "Statement": everything})

        assert signed(endpoint, key).send().status == 200
        assert get_session_token(endpoint, key).status == 200

    def test_another_partition_has_other_arns(self, endpoint: Endpoint, account: Account) -> None:
        account.partition = "aws-cn"

        answer = signed(endpoint, account.add_access_key(account.add_user("alice"))).send()

        assert answer.text("Arn") == "arn:aws-cn:iam::123456789012:user/alice"


class TestAccessKeys:
    def test_an_unknown_key_is_refused(self, endpoint: Endpoint) -> None:
        answer = signed(endpoint, LongTermKey("AKIAEXAMPLEEXAMPLE00", "x" * 40, None, NOON)).send()

        assert (answer.status, answer.error) == (403, UNKNOWN_KEY)

    def test_an_inactive_key_is_as_if_it_were_not_there(self, endpoint: Endpoint, key: LongTermKey) -> None:
        key.active = False

        assert signed(endpoint, key).send().error == UNKNOWN_KEY

    def test_a_new_key_is_unknown_until_it_has_spread(self, endpoint: Endpoint, account: Account, user: User) -> None:
        account.propagation = timedelta(seconds=10)
        key = account.add_access_key(user)

        account.clock.offset = timedelta(seconds=9)
        assert signed(endpoint, key).send().error == UNKNOWN_KEY
        account.clock.offset = timedelta(seconds=10)
        assert signed(endpoint, key).send().status == 200

    def test_the_key_of_the_preset_is_old_enough(self, endpoint: Endpoint, account: Account, key: LongTermKey) -> None:
        account.propagation = timedelta(seconds=15)

        assert signed(endpoint, key).send().status == 200


class TestTokenCode:
    def test_the_code_of_the_phone_gives_a_session_with_mfa(
        self, endpoint: Endpoint, account: Account, key: LongTermKey, phone: VirtualDevice
    ) -> None:
        answer = with_code(endpoint, key, phone, phone.code())

        assert answer.status == 200
        assert account.sessions[answer.text("AccessKeyId")].mfa_at == NOON

    def test_without_a_code_there_is_a_session_without_mfa(
        self, endpoint: Endpoint, account: Account, key: LongTermKey
    ) -> None:
        answer = get_session_token(endpoint, key)

        assert account.sessions[answer.text("AccessKeyId")].mfa_at is None

    @pytest.mark.parametrize("steps", [-1, 0, 1])
    def test_the_step_before_and_the_step_after_are_good_too(
        self, endpoint: Endpoint, key: LongTermKey, phone: VirtualDevice, steps: int
    ) -> None:
        assert with_code(endpoint, key, phone, phone.code(NOON + steps * STEP)).status == 200

    @pytest.mark.parametrize("steps", [-2, 2])
    def test_two_steps_away_is_wrong(
        self, endpoint: Endpoint, key: LongTermKey, phone: VirtualDevice, steps: int
    ) -> None:
        answer = with_code(endpoint, key, phone, phone.code(NOON + steps * STEP))

        assert (answer.status, answer.error) == (403, ("AccessDenied", WRONG_CODE))

    def test_a_used_code_is_wrong_in_the_very_same_words(
        self, endpoint: Endpoint, key: LongTermKey, phone: VirtualDevice
    ) -> None:
        with_code(endpoint, key, phone, phone.code())

        assert with_code(endpoint, key, phone, phone.code()).error == ("AccessDenied", WRONG_CODE)

    def test_the_next_step_has_a_code_that_was_not_used(
        self, endpoint: Endpoint, account: Account, key: LongTermKey, phone: VirtualDevice
    ) -> None:
        with_code(endpoint, key, phone, phone.code())
        account.clock.offset = STEP

        assert with_code(endpoint, key, phone, phone.code()).status == 200

    def test_a_code_is_used_for_one_device_only(
        self, endpoint: Endpoint, account: Account, key: LongTermKey, phone: VirtualDevice, user: User
    ) -> None:
        twin = account.add_hardware_token(user, "GAHT12345678")
        twin.seed = phone.seed
        with_code(endpoint, key, phone, phone.code())

        assert with_code(endpoint, key, twin, twin.code()).status == 200

    def test_a_phone_whose_clock_is_off_shows_wrong_codes(
        self, endpoint: Endpoint, key: LongTermKey, phone: VirtualDevice
    ) -> None:
        phone.drift = timedelta(minutes=3)

        assert with_code(endpoint, key, phone, phone.code()).error == ("AccessDenied", WRONG_CODE)

    def test_a_wrong_code_uses_nothing_up(self, endpoint: Endpoint, key: LongTermKey, phone: VirtualDevice) -> None:
        wrong = "000000" if phone.code() != "000000" else "000001"

        assert with_code(endpoint, key, phone, wrong).error == ("AccessDenied", WRONG_CODE)
        assert with_code(endpoint, key, phone, phone.code()).status == 200

    @pytest.mark.parametrize(
        ("code", "complaints"),
        [
            ("abcdef", [r"satisfy regular expression pattern: [\d]*"]),
            ("12345", ["have length greater than or equal to 6"]),
            ("1234567", ["have length less than or equal to 6"]),
            ("１２３４５６", [r"satisfy regular expression pattern: [\d]*"]),
            ("abc", ["have length greater than or equal to 6", r"satisfy regular expression pattern: [\d]*"]),
        ],
    )
    def test_a_malformed_code_is_quoted_in_the_complaint(
        self, endpoint: Endpoint, key: LongTermKey, phone: VirtualDevice, code: str, complaints: list[str]
    ) -> None:
        answer = with_code(endpoint, key, phone, code)

        detected = "1 validation error detected" if len(complaints) == 1 else "2 validation errors detected"
        words = [f"Value '{code}' at 'tokenCode' failed to satisfy constraint: Member must {c}" for c in complaints]
        assert answer.status == 400
        assert answer.error == ("ValidationError", f"{detected}: {'; '.join(words)}")


class TestSerialNumber:
    @pytest.mark.parametrize(
        "serial",
        [
            "arn:aws:iam::123456789012:mfa/nobody",
            "arn:aws:iam::210987654321:mfa/test-user-phone",
            "GAHT12345678",
        ],
    )
    def test_an_unknown_one_is_refused(
        self, endpoint: Endpoint, key: LongTermKey, phone: VirtualDevice, serial: str
    ) -> None:
        answer = get_session_token(endpoint, key, SerialNumber=serial, TokenCode=phone.code())

        assert (answer.status, answer.error) == (403, ("AccessDenied", WRONG_SERIAL))

    def test_that_of_another_user_is_refused(self, endpoint: Endpoint, account: Account, key: LongTermKey) -> None:
        theirs = account.add_device(account.add_user("bob"), "bobs-phone")

        assert with_code(endpoint, key, theirs, theirs.code()).error == ("AccessDenied", WRONG_SERIAL)

    def test_that_of_a_security_key_is_refused(
        self, endpoint: Endpoint, account: Account, key: LongTermKey, user: User
    ) -> None:
        fido = account.add_security_key(user, "yubikey")

        answer = get_session_token(endpoint, key, SerialNumber=fido.serial_number, TokenCode="123456")

        assert fido.serial_number == "arn:aws:iam::123456789012:u2f/user/test-user/yubikey"
        assert answer.error == ("AccessDenied", WRONG_SERIAL)

    def test_that_of_a_hardware_token_is_as_good_as_an_arn(
        self, endpoint: Endpoint, account: Account, key: LongTermKey, user: User
    ) -> None:
        token = account.add_hardware_token(user, "GAHT12345678")

        assert with_code(endpoint, key, token, token.code()).status == 200

    @pytest.mark.parametrize("alone", ["SerialNumber", "TokenCode"])
    def test_one_without_the_other_is_refused(
        self, endpoint: Endpoint, key: LongTermKey, phone: VirtualDevice, alone: str
    ) -> None:
        value = {"SerialNumber": phone.serial_number, "TokenCode": phone.code()}[alone]

        assert get_session_token(endpoint, key, **{alone: value}).error == (
            "AccessDenied",
            "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.",
        )

    @pytest.mark.parametrize("serial", ["short", "x" * 257, "with a blank in it"])
    def test_a_malformed_one_is_a_validation_error(self, endpoint: Endpoint, key: LongTermKey, serial: str) -> None:
        code, message = get_session_token(endpoint, key, SerialNumber=serial, TokenCode="123456").error

        assert code == "ValidationError"
        assert f"Value '{serial}' at 'serialNumber' failed to satisfy constraint" in message


class TestDuration:
    @pytest.mark.parametrize(
        ("seconds", "asked"), [(43200, {}), (900, {"DurationSeconds": "900"}), (129600, {"DurationSeconds": "129600"})]
    )
    def test_a_session_lasts_as_long_as_was_asked_for_and_twelve_hours_if_nothing_was(
        self, endpoint: Endpoint, key: LongTermKey, seconds: int, asked: dict[str, str]
    ) -> None:
        answer = get_session_token(endpoint, key, **asked)

        assert moment(answer.text("Expiration")) == NOON + timedelta(seconds=seconds)

    @pytest.mark.parametrize(
        ("seconds", "complaint"),
        [("899", "have value greater than or equal to 900"), ("129601", "have value less than or equal to 129600")],
    )
    def test_no_session_is_shorter_or_longer_than_aws_gives(
        self, endpoint: Endpoint, key: LongTermKey, seconds: str, complaint: str
    ) -> None:
        answer = get_session_token(endpoint, key, DurationSeconds=seconds)

        assert answer.status == 400
        assert answer.error == (
            "ValidationError",
            f"1 validation error detected: Value '{seconds}' at 'durationSeconds' "
            f"failed to satisfy constraint: Member must {complaint}",
        )

    def test_a_duration_that_is_no_number_is_refused(self, endpoint: Endpoint, key: LongTermKey) -> None:
        assert get_session_token(endpoint, key, DurationSeconds="1h").error[0] == "ValidationError"

    @pytest.mark.parametrize(("asked", "given"), [("900", 900), ("3600", 3600), ("43200", 3600), (None, 3600)])
    def test_root_gets_an_hour_at_most_and_no_error(
        self, endpoint: Endpoint, account: Account, asked: str | None, given: int
    ) -> None:
        parameters = {"DurationSeconds": asked} if asked else {}

        answer = get_session_token(endpoint, account.add_access_key(None), **parameters)

        assert moment(answer.text("Expiration")) == NOON + timedelta(seconds=given)

    def test_root_has_devices_of_its_own(self, endpoint: Endpoint, account: Account) -> None:
        device = account.add_device(None, "root-account-mfa-device")

        answer = with_code(endpoint, account.add_access_key(None), device, device.code())

        assert account.sessions[answer.text("AccessKeyId")].mfa_at == NOON
