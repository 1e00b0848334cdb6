"""Devices, codes and time steps are what RFC 6238 and AWS say they are."""

import time
from datetime import UTC, datetime

import pytest

from mfa_session.errors import AWSAnswerError, UsageError
from mfa_session.model.mfa_device import MFADevice, TokenCode, VirtualMFADevice, start_of, time_step

PHONE = "arn:aws:iam::123456789012:mfa/alice-phone"


@pytest.mark.parametrize(
    "typed", ["123456", "123 456", " 123456\n", "123-456", "１２３４５６", "１２３　４５６", "1 2 3 4 5 6"]
)
def test_whatever_means_six_digits_is_a_token_code(typed: str) -> None:
    assert TokenCode(typed).digits == "123456"


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "12345a", "١٢٣٤٥٦", "123.456", "+12345"])
def test_anything_else_is_none_and_is_not_quoted(typed: str) -> None:
    with pytest.raises(UsageError) as refused:
        TokenCode(typed)

    assert not typed or typed not in str(refused.value) + refused.value.hint


def test_a_text_of_many_accents_takes_no_time_to_refuse() -> None:
    begun = time.thread_time()

    with pytest.raises(UsageError):
        TokenCode("1" + "\u0301\u0316" * 100_000)

    assert time.thread_time() - begun < 1


def test_a_token_code_never_stands_in_a_repr() -> None:
    assert "123456" not in repr(TokenCode("123456"))


@pytest.mark.parametrize("serial", ["", "short", "has blank 12", "GAHT\n12345678", "x" * 257, "ＧＡＨＴ１２３４５"])
def test_what_get_session_token_would_not_take_is_no_device(serial: str) -> None:
    with pytest.raises(UsageError, match=r"^this is not the serial number of an MFA device(?m:$)") as refused:
        MFADevice(serial)

    assert refused.value.hint == (
        "it is an ARN, such as arn:aws:iam::123456789012:mfa/alice, or the number on a hardware token"
    )


@pytest.mark.parametrize(
    ("serial", "kind", "shows_codes", "name", "account"),
    [
        (PHONE, "virtual", True, "alice-phone", "123456789012"),
        ("arn:aws-cn:iam::123456789012:mfa/team/alice", "virtual", True, "alice", "123456789012"),
        ("GAHT12345678", "hardware", True, "GAHT12345678", None),
        ("arn:aws:iam::123456789012:u2f/user/alice/key-ABC", "fido", False, "key-ABC", "123456789012"),
        ("arn:aws:iam::123456789012:sms-mfa/alice", "sms", False, "alice", "123456789012"),
        ("arn:aws:iam::123456789012:new-kind/alice", "new-kind", False, "alice", "123456789012"),
        ("arn:aws:somewhere", "unknown", False, "arn:aws:somewhere", None),
    ],
)
def test_a_device_tells_what_its_serial_number_tells(
    serial: str, kind: str, shows_codes: bool, name: str, account: str | None
) -> None:
    device = MFADevice(serial)

    assert (device.kind, device.shows_codes, device.name, device.account_id) == (kind, shows_codes, name, account)


def test_a_device_is_the_same_whenever_it_was_enabled() -> None:
    assert MFADevice(PHONE, datetime(2026, 11, 23, tzinfo=UTC)) == MFADevice(PHONE)


def test_an_app_reads_the_label_and_the_seed_of_a_new_device() -> None:
    created = VirtualMFADevice(MFADevice("arn:aws:iam::123456789012:mfa/a+b=c,d@e"), "A" * 64)

    assert created.key_uri == f"otpauth://totp/a%2Bb%3Dc%2Cd@e@123456789012?secret={'A' * 64}&issuer=AWS"


@pytest.mark.parametrize("seed", ["", "ABCDEFG", "A" * 63 + "1", "A" * 63 + "\n", "a" * 64, "A" * 300])
def test_what_is_no_base_32_is_no_seed_and_is_not_quoted(seed: str) -> None:
    with pytest.raises(AWSAnswerError) as refused:
        VirtualMFADevice(MFADevice(PHONE), seed)

    assert not seed or seed not in str(refused.value)


def test_a_step_begins_every_thirty_seconds() -> None:
    moment = datetime(2026, 11, 23, 12, 0, 29, 999999, tzinfo=UTC)

    assert start_of(time_step(moment)) == datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
    assert start_of(time_step(moment) + 1) == datetime(2026, 11, 23, 12, 0, 30, tzinfo=UTC)
    assert time_step(start_of(time_step(moment) + 1)) == time_step(moment) + 1


@pytest.mark.parametrize(("blanks", "is_code"), [(94, True), (95, False)])
def test_a_token_code_has_a_hundred_characters_at_the_most(blanks: int, is_code: bool) -> None:
    typed = "12345" + " " * blanks + "6"

    if is_code:
        assert TokenCode(typed).digits == "123456"
    else:
        with pytest.raises(UsageError, match=r"^a token code is six digits(?m:$)") as refused:
            TokenCode(typed)
        assert refused.value.hint == "type the code that the MFA device shows now"


def test_a_seed_that_is_none_is_told_without_a_quotation() -> None:
    with pytest.raises(AWSAnswerError, match=r"^no valid seed for the new MFA device(?m:$)") as refused:
        VirtualMFADevice(MFADevice(PHONE), "not a seed")

    assert refused.value.hint == "check which endpoint answers: AWS_ENDPOINT_URL, endpoint_url, a proxy"


def test_a_moment_before_1970_lies_in_a_step_before_the_first() -> None:
    assert time_step(datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)) == -1


@pytest.mark.parametrize("year", [1970, 2026, 3059, 9999])
def test_the_last_moment_of_a_step_lies_in_it(year: int) -> None:
    first, last = datetime(year, 1, 1, tzinfo=UTC), datetime(year, 1, 1, 0, 0, 29, 999_999, tzinfo=UTC)

    assert time_step(last) == time_step(first)
