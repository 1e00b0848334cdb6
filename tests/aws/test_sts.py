"""GetCallerIdentity and GetSessionToken, asked of a strict local AWS."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mfa_session.aws.endpoints import Endpoints
from mfa_session.aws.iam import IAM
from mfa_session.aws.sts import STS
from mfa_session.aws.transport import Transport
from mfa_session.errors import (
    AccessKeyRefusedError,
    ClockSkewError,
    ExpiredSessionError,
    MFADeviceRefusedError,
    RegionDisabledError,
    TokenCodeRefusedError,
)
from mfa_session.local_aws.account import Account
from mfa_session.model.credentials import AccessKey
from mfa_session.model.mfa_device import MFADevice, TokenCode
from tests.aws.raw_server import answering, serving
from tests.faults import Endpoint

HOUR = timedelta(hours=1)


def test_a_key_belongs_to_its_user(sts: STS, iam: IAM, key: AccessKey) -> None:
    identity = sts.get_caller_identity(key)

    assert identity.arn == "arn:aws:iam::123456789012:user/test-user"


def test_the_answer_tells_what_the_clock_of_aws_shows(sts: STS, account: Account, key: AccessKey) -> None:
    account.clock.offset = timedelta(minutes=-3)

    _, time = sts.caller_and_time(key)

    assert time is not None
    assert abs(time - account.now()) < timedelta(minutes=1)


@pytest.mark.parametrize("date", ["", "Date: soon\r\n"])
def test_an_answer_without_a_time_says_nothing_of_the_clock(key: AccessKey, date: str) -> None:
    result = "<Arn>arn:aws:iam::123456789012:user/test-user</Arn>"
    document = f"<GetCallerIdentityResponse><GetCallerIdentityResult>{result}</GetCallerIdentityResult>"
    with serving(answering(f"{document}</GetCallerIdentityResponse>".encode(), headers=date)) as server:
        identity, time = STS(Transport(Endpoints(sts_url=server.url))).caller_and_time(key)

    assert (identity.user_name, time) == ("test-user", None)


def test_a_code_is_traded_for_a_session_of_its_user(
    sts: STS, key: AccessKey, device: MFADevice, code: Callable[[], TokenCode]
) -> None:
    session = sts.get_session_token(key, device, code(), HOUR)

    assert sts.get_caller_identity(session) == sts.get_caller_identity(key)


def test_a_session_lasts_as_long_as_was_asked(
    sts: STS, key: AccessKey, device: MFADevice, code: Callable[[], TokenCode]
) -> None:
    session = sts.get_session_token(key, device, code(), timedelta(hours=36))

    left = session.expiration - datetime.now(UTC)
    assert timedelta(hours=35, minutes=59) < left <= timedelta(hours=36)


def test_a_session_of_root_is_shorter_than_was_asked_and_taken(sts: STS, account: Account) -> None:
    root, phone = account.add_access_key(None), account.add_device(None, "root-account-mfa-device")
    key = AccessKey(root.access_key_id, root.secret_access_key)

    session = sts.get_session_token(key, MFADevice(phone.serial_number), TokenCode(phone.code()), timedelta(hours=12))

    assert session.expiration - datetime.now(UTC) <= HOUR


def test_the_time_of_a_session_is_in_whole_seconds_of_utc(
    sts: STS, key: AccessKey, device: MFADevice, code: Callable[[], TokenCode]
) -> None:
    session = sts.get_session_token(key, device, code(), HOUR)

    assert (session.expiration.tzinfo, session.expiration.microsecond) == (UTC, 0)


def test_a_wrong_code_is_refused_after_one_attempt(
    sts: STS, endpoint: Endpoint, key: AccessKey, device: MFADevice, code: Callable[[], TokenCode]
) -> None:
    wrong = TokenCode(f"{(int(code().digits) + 500_000) % 1_000_000:06}")

    with pytest.raises(TokenCodeRefusedError) as caught:
        sts.get_session_token(key, device, wrong, HOUR)

    assert str(caught.value) == "AWS did not accept the MFA code"
    assert "already used or too old: type the next one" in caught.value.hint
    assert len(endpoint.journal) == 1


def test_a_code_that_was_used_is_refused(
    sts: STS, key: AccessKey, device: MFADevice, code: Callable[[], TokenCode]
) -> None:
    used = code()
    sts.get_session_token(key, device, used, HOUR)

    with pytest.raises(TokenCodeRefusedError):
        sts.get_session_token(key, device, used, HOUR)


def test_the_device_of_somebody_else_is_refused_by_its_serial_number(
    sts: STS, iam: IAM, account: Account, key: AccessKey
) -> None:
    theirs = account.add_device(account.add_user("bob"), "bob-phone")

    with pytest.raises(MFADeviceRefusedError, match="arn:aws:iam::123456789012:mfa/bob-phone") as caught:
        sts.get_session_token(key, MFADevice(theirs.serial_number), TokenCode(theirs.code()), HOUR)

    assert "--serial" in caught.value.hint


def test_an_unknown_key_is_told_from_a_wrong_secret(sts: STS, key: AccessKey) -> None:
    unknown = replace(key, access_key_id="AKIAUNKNOWNUNKNOWNAB")
    mistyped = replace(key, secret_access_key="x" * 40)

    with pytest.raises(
        AccessKeyRefusedError, match=r"^AWS does not know the access key AKIA…WNAB, or it is inactive(?m:$)"
    ):
        sts.get_caller_identity(unknown)
    with pytest.raises(AccessKeyRefusedError, match=r"^the secret access key does not match AKIA…"):
        sts.get_caller_identity(mistyped)


def test_an_inactive_key_is_refused_as_an_unknown_one(sts: STS, account: Account, key: AccessKey) -> None:
    account.access_keys[key.access_key_id].active = False

    with pytest.raises(AccessKeyRefusedError, match="or it is inactive"):
        sts.get_caller_identity(key)


@pytest.mark.parametrize(
    ("offset", "message"),
    [
        (timedelta(minutes=20), "the clock of this machine is 20 min behind AWS's"),
        (timedelta(minutes=-20), "the clock of this machine is 20 min ahead of AWS's"),
        (timedelta(hours=-9), "the clock of this machine is 9 h ahead of AWS's"),
    ],
)
def test_a_clock_that_is_off_is_told_by_how_much_and_which_way(
    sts: STS, account: Account, key: AccessKey, offset: timedelta, message: str
) -> None:
    account.clock.offset = offset

    with pytest.raises(ClockSkewError) as caught:
        sts.get_caller_identity(key)

    assert str(caught.value) == message


def test_a_clock_that_aws_tolerates_gets_a_session(
    sts: STS, account: Account, key: AccessKey, device: MFADevice, code: Callable[[], TokenCode]
) -> None:
    account.clock.offset = timedelta(minutes=4)

    session = sts.get_session_token(key, device, code(), HOUR)

    assert session.expiration > datetime.now(UTC) + HOUR


def test_a_region_in_which_sts_is_off_is_named(
    endpoint: Endpoint, account: Account, key: AccessKey, device: MFADevice, code: Callable[[], TokenCode]
) -> None:
    account.disabled_regions.add("eu-south-1")
    sts = STS(Transport(Endpoints(region="eu-south-1", region_is_known=True, sts_url=endpoint.url)))

    with pytest.raises(RegionDisabledError, match="STS is turned off in eu-south-1") as caught:
        sts.get_session_token(key, device, code(), HOUR)

    assert "--region us-east-1" in caught.value.hint


def test_a_session_that_is_over_is_told_from_a_refused_key(
    sts: STS, account: Account, key: AccessKey, device: MFADevice, code: Callable[[], TokenCode]
) -> None:
    session = sts.get_session_token(key, device, code(), HOUR)
    account.end_sessions()

    with pytest.raises(ExpiredSessionError) as caught:
        sts.get_caller_identity(session)

    assert (str(caught.value), caught.value.hint) == (
        "the session has expired",
        "get a new one: mfa-session login --force",
    )
