"""Devices, codes and time steps are what RFC 6238 and AWS say they are."""

from datetime import UTC, datetime

import pytest

from mfa_session.errors import UsageError
from mfa_session.mfa import MFADevice, TokenCode, start_of, time_step

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


def test_a_token_code_never_stands_in_a_repr() -> None:
    assert "123456" not in repr(TokenCode("123456"))


@pytest.mark.parametrize("serial", ["", "short", "has blank 12", "GAHT\n12345678", "x" * 257, "ＧＡＨＴ１２３４５"])
def test_what_get_session_token_would_not_take_is_no_device(serial: str) -> None:
    with pytest.raises(UsageError):
        MFADevice(serial)


@pytest.mark.parametrize(
    ("serial", "shows_codes", "name", "account"),
    [
        (PHONE, True, "alice-phone", "123456789012"),
        ("arn:aws-cn:iam::123456789012:mfa/team/alice", True, "alice", "123456789012"),
        ("GAHT12345678", True, "GAHT12345678", None),
        ("arn:aws:iam::123456789012:u2f/user/alice/key-ABC", False, "key-ABC", "123456789012"),
        ("arn:aws:iam::123456789012:sms-mfa/alice", False, "alice", "123456789012"),
    ],
)
def test_a_device_tells_what_its_serial_number_tells(
    serial: str, shows_codes: bool, name: str, account: str | None
) -> None:
    device = MFADevice(serial)

    assert (device.shows_codes, device.name, device.account_id) == (shows_codes, name, account)


def test_a_step_begins_every_thirty_seconds() -> None:
    moment = datetime(2026, 11, 23, 12, 0, 29, 999999, tzinfo=UTC)

    assert start_of(time_step(moment)) == datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
    assert start_of(time_step(moment) + 1) == datetime(2026, 11, 23, 12, 0, 30, tzinfo=UTC)
    assert time_step(start_of(time_step(moment) + 1)) == time_step(moment) + 1
