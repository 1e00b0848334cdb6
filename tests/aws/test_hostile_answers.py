"""Answers that look like AWS's and are not: nothing of them gets past the check."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from mfa_session.aws.endpoints import Endpoints
from mfa_session.aws.iam import IAM
from mfa_session.aws.sts import STS
from mfa_session.aws.transport import Transport
from mfa_session.errors import AWSAnswerError
from mfa_session.model.caller_identity import CallerIdentity
from mfa_session.model.credentials import AccessKey, SessionCredentials, timestamp
from mfa_session.model.mfa_device import MFADevice, TokenCode
from tests.aws.raw_server import RawServer, answering, serving

KEY = AccessKey("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
HOUR = timedelta(hours=1)

GOOD = {
    "AccessKeyId": "ASIAIOSFODNN7EXAMPLE",
    "SecretAccessKey": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY",
    "SessionToken": "AQoEXAMPLEH4aoAH0gNCAPyJxz4BlCFFxWNE1OPTgk5TthT+FvwqnKwRcOIfrRh3c",
}


def in_an_hour(*, later: timedelta = timedelta(0)) -> str:
    return timestamp(datetime.now(UTC) + HOUR + later)


def trade(response: dict[str, str], *, duration: timedelta = HOUR) -> SessionCredentials:
    fields = "".join(f"<{name}>{value}</{name}>" for name, value in response.items())
    return _ask_with(f"<GetSessionTokenResult><Credentials>{fields}</Credentials></GetSessionTokenResult>", duration)


def _ask_with(result: str, duration: timedelta = HOUR) -> SessionCredentials:
    document = f"<GetSessionTokenResponse>{result}</GetSessionTokenResponse>".encode()
    with serving(answering(document)) as server:
        sts = STS(Transport(Endpoints(sts_url=server.url)))
        return sts.get_session_token(KEY, MFADevice("GAHT12345678"), TokenCode("123456"), duration)


def test_a_good_answer_is_taken() -> None:
    credentials = trade({**GOOD, "Expiration": in_an_hour()})

    assert credentials.access_key_id == "ASIAIOSFODNN7EXAMPLE"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("AccessKeyId", "AKIAIOSFODNN7EXAMPLE"),
        ("AccessKeyId", "ASIAIOSFODNN7EXAMPLE&#10;[default]"),
        ("AccessKeyId", ""),
        ("SecretAccessKey", "secret&#10;credential_process = /bin/evil"),
        ("SecretAccessKey", "two words"),
        ("SecretAccessKey", "ünïcode"),
        ("SessionToken", "token&#13;"),
        ("SessionToken", "t" * 7000),
        ("SessionToken", "&#x2028;"),
    ],
)
def test_a_field_that_would_harm_a_file_is_refused_and_not_quoted(field: str, value: str) -> None:
    with pytest.raises(AWSAnswerError, match=f"no valid {field}") as caught:
        trade({**GOOD, "Expiration": in_an_hour(), field: value})

    assert "127.0.0.1:" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("missing", ["AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"])
def test_a_field_that_is_missing_is_named(missing: str) -> None:
    response = {**GOOD, "Expiration": in_an_hour()}
    del response[missing]

    with pytest.raises(AWSAnswerError, match=f"it has no {missing}"):
        trade(response)


@pytest.mark.parametrize(
    "result",
    [
        "",
        "<GetSessionTokenResult/>",
        "<SomethingElse/>",
        "<GetSessionTokenResult><Credentials>none</Credentials></GetSessionTokenResult>",
        "<GetSessionTokenResult><member/><member/></GetSessionTokenResult>",
        "<a>" * 1_000 + "</a>" * 1_000,
        "<a>" * 100_000 + "</a>" * 100_000,
    ],
    ids=["nothing", "empty", "another", "text", "list", "hole", "abyss"],
)
def test_an_answer_without_credentials_is_refused(result: str) -> None:
    with pytest.raises(AWSAnswerError, match="is not from AWS"):
        _ask_with(result)


def test_an_answer_of_many_parts_is_not_read_because_each_would_take_hundreds_of_bytes() -> None:
    with pytest.raises(AWSAnswerError, match="it has too many parts"):
        _ask_with("<a>" * 300_000)


@pytest.mark.parametrize(
    ("expiration", "reason"),
    [
        ("2001-01-01T00:00:00Z", "already expired"),
        ("9999-12-31T23:59:59Z", "lasts longer than requested"),
        ("9999-12-31T23:59:59-23:59", "its Expiration is not a time"),
        ("0001-01-01T00:00:00+23:59", "its Expiration is not a time"),
        ("tomorrow", "its Expiration is not a time"),
        ("", "its Expiration is not a time"),
        ("99999999999999999999", "its Expiration is not a time"),
        ("NaN", "its Expiration is not a time"),
        ("0001-01-01T00:00:00+14:00", "its Expiration is not a time"),
        ("2099-01-01T00:00:00", "its Expiration is not a time"),
        ("<a>2099-01-01T00:00:00Z</a>", "it has no Expiration"),
    ],
)
def test_a_time_that_cannot_be_true_is_refused(expiration: str, reason: str) -> None:
    with pytest.raises(AWSAnswerError, match=reason):
        trade({**GOOD, "Expiration": expiration})


def test_a_session_may_last_longer_by_what_aws_tolerates_of_a_clock() -> None:
    trade({**GOOD, "Expiration": in_an_hour(later=timedelta(minutes=14))})
    with pytest.raises(AWSAnswerError, match="lasts longer"):
        trade({**GOOD, "Expiration": in_an_hour(later=timedelta(minutes=16))})


def who_am_i(arn: str) -> CallerIdentity:
    result = f"<GetCallerIdentityResult>{arn}</GetCallerIdentityResult>"
    document = f"<GetCallerIdentityResponse>{result}</GetCallerIdentityResponse>"
    with serving(answering(document.encode())) as server:
        return STS(Transport(Endpoints(sts_url=server.url))).get_caller_identity(KEY)


@pytest.fixture
def pages() -> Iterator[RawServer]:
    """A list of devices that never ends."""
    page = (
        b"<ListMFADevicesResponse><ListMFADevicesResult><IsTruncated>true</IsTruncated><Marker>again</Marker>"
        b"<MFADevices><member><SerialNumber>GAHT12345678</SerialNumber></member></MFADevices>"
        b"</ListMFADevicesResult></ListMFADevicesResponse>"
    )
    with serving(answering(page)) as server:
        yield server


def test_a_list_without_end_is_given_up(pages: RawServer) -> None:
    with pytest.raises(AWSAnswerError, match="more than 20 pages"):
        IAM(Transport(Endpoints(iam_url=pages.url))).list_mfa_devices(KEY, "alice")

    assert len(pages.requests) == 20


@pytest.mark.parametrize(
    "serial_number", ["<SerialNumber>short</SerialNumber>", "<SerialNumber>a b c d e f g</SerialNumber>", ""]
)
def test_a_device_that_cannot_be_one_is_refused(serial_number: str) -> None:
    document = (
        "<ListMFADevicesResponse><ListMFADevicesResult><IsTruncated>false</IsTruncated>"
        f"<MFADevices><member>{serial_number}</member></MFADevices></ListMFADevicesResult></ListMFADevicesResponse>"
    )

    with serving(answering(document.encode())) as server, pytest.raises(AWSAnswerError, match="is not from AWS"):
        IAM(Transport(Endpoints(iam_url=server.url))).list_mfa_devices(KEY, "alice")


@pytest.mark.parametrize("arn", ["", "<Arn>alice</Arn>", "<Arn>arn:aws:iam::123456789012:user/a&#27;[2J</Arn>"])
def test_an_identity_that_cannot_be_one_is_refused_by_who_gave_it(arn: str) -> None:
    with pytest.raises(AWSAnswerError, match=r"127\.0\.0\.1:"):
        who_am_i(arn)


def test_an_identity_of_a_role_is_an_identity() -> None:
    arn = "arn:aws-cn:sts::123456789012:assumed-role/admin/alice"

    identity = who_am_i(f"<Arn>{arn}</Arn>")

    assert identity == CallerIdentity(arn)
