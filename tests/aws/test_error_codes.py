"""What AWS says no with, word for word as it was recorded, and what the user is told."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from xml.sax.saxutils import escape

import pytest

from mfa_session.aws.endpoints import Endpoints
from mfa_session.aws.request import APIRequest
from mfa_session.aws.transport import Transport
from mfa_session.errors import (
    AccessDeniedError,
    AccessKeyRefusedError,
    AWSError,
    ClockSkewError,
    DurationRefusedError,
    ExpiredSessionError,
    MFADeviceRefusedError,
    NotAnIAMUserError,
    RegionDisabledError,
    ReplyLostError,
    ThrottledError,
    TokenCodeRefusedError,
)
from mfa_session.model.credentials import AccessKey, SessionCredentials
from mfa_session.model.mfa_device import TokenCode
from tests.aws.raw_server import answering, serving

KEY = AccessKey("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
SESSION = SessionCredentials("ASIAIOSFODNN7EXAMPLE", "s" * 40, "t" * 300, datetime.now(UTC) + timedelta(hours=1))
CODE = TokenCode("123456")

WHO_AM_I = APIRequest("sts", "GetCallerIdentity", KEY)
WHO_IS_THE_SESSION = APIRequest("sts", "GetCallerIdentity", SESSION)
TRADE = APIRequest("sts", "GetSessionToken", KEY, {"SerialNumber": "GAHT12345678", "TokenCode": "123456"}, (CODE,))
ROLE = APIRequest(
    "sts", "AssumeRole", SESSION, {"RoleArn": "arn:aws:iam::123456789012:role/r", "RoleSessionName": "me"}
)
KEYS = APIRequest("iam", "ListAccessKeys", KEY)
KEYS_WITH_A_SESSION = APIRequest("iam", "ListAccessKeys", SESSION)

CHINA = "account in China"


def refusal(
    api_request: APIRequest, code: str, message: str, *, status: int = 403, date: str = "", region: str = ""
) -> AWSError:
    """Return what becomes of *question* when AWS refuses it so."""
    document = (
        f"<ErrorResponse><Error><Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error></ErrorResponse>"
    )
    headers = f"Date: {date}\r\n" if date else ""
    with serving(answering(document.encode(), status=f"{status} No", headers=headers)) as server:
        endpoints = Endpoints(
            region=region or "us-east-1", region_is_known=bool(region), sts_url=server.url, iam_url=server.url
        )
        with pytest.raises(AWSError) as caught:
            Transport(endpoints).send(api_request)
    return caught.value


@pytest.mark.parametrize(
    ("api_request", "status", "code", "text", "kind", "message", "hint"),
    [
        pytest.param(
            TRADE,
            403,
            "AccessDenied",
            "MultiFactorAuthentication failed with invalid MFA one time pass code. ",
            TokenCodeRefusedError,
            "AWS did not accept the MFA code",
            "already used or too old: type the next one",
            id="wrong code",
        ),
        pytest.param(
            TRADE,
            403,
            "AccessDenied",
            "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number"
            " is valid and associated with this user.",
            MFADeviceRefusedError,
            "AWS does not know GAHT12345678 as an MFA device of this user",
            "mfa-session device list",
            id="wrong device",
        ),
        pytest.param(
            TRADE,
            400,
            "ValidationError",
            "1 validation error detected: Value '123456' at 'tokenCode' failed to satisfy constraint:"
            " Member must satisfy regular expression pattern: [\\d]*",
            TokenCodeRefusedError,
            "AWS did not accept the MFA code",
            "already used or too old: type the next one",
            id="malformed code",
        ),
        pytest.param(
            TRADE,
            400,
            "ValidationError",
            "1 validation error detected: Value 'x' at 'serialNumber' failed to satisfy constraint:"
            " Member must have length greater than or equal to 9",
            MFADeviceRefusedError,
            "AWS does not know GAHT12345678 as an MFA device of this user",
            "--serial",
            id="malformed serial number",
        ),
        pytest.param(
            TRADE,
            400,
            "ValidationError",
            "1 validation error detected: Value '129601' at 'durationSeconds' failed to satisfy constraint:"
            " Member must have value less than or equal to 129600",
            DurationRefusedError,
            "AWS refuses this duration: 1 validation error detected: value '…' at 'durationSeconds'"
            " failed to satisfy constraint: Member must have value less than or equal to 129600",
            "--duration 1h",
            id="too long",
        ),
        pytest.param(
            ROLE,
            400,
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
            DurationRefusedError,
            "AWS refuses this duration: The requested DurationSeconds exceeds the 1 hour session limit"
            " for roles assumed by role chaining",
            "--duration 1h",
            id="too long for a chain",
        ),
        pytest.param(
            TRADE,
            403,
            "AccessDenied",
            "Cannot call GetSessionToken with session credentials",
            NotAnIAMUserError,
            "this access key is temporary, and cannot get another session",
            "long-term access key",
            id="session for a session",
        ),
        pytest.param(
            TRADE,
            403,
            "InvalidClientTokenId",
            "The security token included in the request is invalid.",
            AccessKeyRefusedError,
            "AWS does not know the access key AKIA…MPLE, or it is inactive",
            "a key created seconds ago works after 15 s",
            id="unknown key",
        ),
        pytest.param(
            KEYS_WITH_A_SESSION,
            403,
            "InvalidClientTokenId",
            "The security token included in the request is invalid",
            ExpiredSessionError,
            "AWS does not accept the session: it has ended, its access key was deleted, or it was made without MFA",
            "mfa-session login --force",
            id="session without MFA",
        ),
        pytest.param(
            TRADE,
            403,
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret"
            " Access Key and signing method. Consult the service documentation for details.",
            AccessKeyRefusedError,
            "the secret access key does not match AKIA…MPLE",
            "mfa-session keys add",
            id="wrong secret",
        ),
        pytest.param(
            WHO_IS_THE_SESSION,
            403,
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided.",
            ExpiredSessionError,
            "the secret key of the session does not match its key ID",
            "mfa-session login --force",
            id="wrong secret of a session",
        ),
        pytest.param(
            TRADE,
            403,
            "SignatureDoesNotMatch",
            "Signature expired: 20220127T001427Z is now earlier than 20220127T014428Z (20220127T015928Z - 15 min.)",
            ClockSkewError,
            "the clock of this machine is 1 h 45 min behind AWS's",
            "set the clock",
            id="slow clock",
        ),
        pytest.param(
            TRADE,
            403,
            "SignatureDoesNotMatch",
            "Signature not yet current: 20220127T015928Z is still later than 20220127T012928Z"
            " (20220127T011428Z + 15 min.)",
            ClockSkewError,
            "the clock of this machine is 45 min ahead of AWS's",
            "set the clock",
            id="fast clock",
        ),
        pytest.param(
            WHO_IS_THE_SESSION,
            403,
            "ExpiredToken",
            "The security token included in the request is expired",
            ExpiredSessionError,
            "the session has expired",
            "mfa-session login",
            id="expired session",
        ),
        pytest.param(
            WHO_IS_THE_SESSION,
            400,
            "ExpiredTokenException",
            "The security token included in the request is expired",
            ExpiredSessionError,
            "the session has expired",
            "mfa-session login",
            id="expired session, as modelled",
        ),
        pytest.param(
            TRADE,
            403,
            "RegionDisabledException",
            "STS is not activated in this region for account:123456789012. Your account administrator can activate STS"
            " in this region using the IAM Console.",
            RegionDisabledError,
            "STS is turned off in us-east-1 for this account",
            "IAM console > Account settings",
            id="region off",
        ),
        pytest.param(
            TRADE,
            400,
            "Throttling",
            "Rate exceeded",
            ThrottledError,
            "too many requests: Rate exceeded",
            "wait a minute",
            id="throttled",
        ),
        pytest.param(
            TRADE,
            429,
            "SlowDownPlease",
            "",
            ThrottledError,
            "too many requests: SlowDownPlease",
            "wait a minute",
            id="throttled by status",
        ),
        pytest.param(
            KEYS,
            403,
            "AccessDenied",
            "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: iam:ListAccessKeys on resource:"
            " user alice with an explicit deny in an identity-based policy",
            AccessDeniedError,
            "AWS does not allow iam:ListAccessKeys, with an explicit deny in an identity-based policy",
            "mfa-session login",
            id="explicit deny",
        ),
        pytest.param(
            KEYS,
            403,
            "AccessDenied",
            "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: iam:ListAccessKeys on resource:"
            " user alice with an explicit deny in an identity-based policy:"
            " arn:aws:iam::123456789012:policy/enforce-mfa",
            AccessDeniedError,
            "AWS does not allow iam:ListAccessKeys, with an explicit deny in an identity-based policy:"
            " arn:aws:iam::123456789012:policy/enforce-mfa",
            "mfa-session login",
            id="explicit deny, with its policy",
        ),
        pytest.param(
            KEYS_WITH_A_SESSION,
            403,
            "AccessDenied",
            "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: iam:ListAccessKeys on resource:"
            " user alice because no identity-based policy allows the iam:ListAccessKeys action",
            AccessDeniedError,
            "AWS does not allow iam:ListAccessKeys, because no identity-based policy allows the iam:ListAccessKeys"
            " action",
            "ask the account's administrator",
            id="implicit deny",
        ),
        pytest.param(
            KEYS,
            403,
            "AccessDenied",
            "Access Denied",
            AccessDeniedError,
            "AWS does not allow ListAccessKeys: Access Denied",
            "mfa-session login",
            id="denied without a word",
        ),
        pytest.param(
            KEYS_WITH_A_SESSION,
            400,
            "ValidationError",
            "Must specify userName when calling with non-User credentials",
            AWSError,
            "AWS refused ListAccessKeys: ValidationError: Must specify userName when calling with non-User credentials",
            "API reference",
            id="user name missing",
        ),
        pytest.param(
            TRADE,
            503,
            "ServiceUnavailable",
            "",
            ReplyLostError,
            "AWS had an internal error (ServiceUnavailable); the MFA code may have been used",
            "wait until the device shows the next code",
            id="unavailable",
        ),
    ],
)
def test_a_refusal_of_aws_is_told_in_short_with_what_to_do(
    api_request: APIRequest, status: int, code: str, text: str, kind: type[AWSError], message: str, hint: str
) -> None:
    error = refusal(api_request, code, text, status=status)

    assert (type(error), str(error)) == (kind, message)
    assert hint in error.hint


@pytest.mark.parametrize("code", ["AccessDenied", "Throttling", "RequestExpired", "NewlyInvented"])
def test_the_error_has_the_code_that_aws_gave(code: str) -> None:
    assert refusal(KEYS, code, "no").code == code


def test_what_may_have_been_done_without_an_answer_is_told() -> None:
    error = refusal(APIRequest("iam", "CreateAccessKey", SESSION), "InternalFailure", "", status=500)

    assert str(error) == "AWS had an internal error (InternalFailure); CreateAccessKey may have succeeded"
    assert error.hint == "wait a minute, and run the command again"


@pytest.mark.parametrize("code", ["RequestTimeTooSkewed", "RequestInTheFuture", "SignatureDoesNotMatch"])
def test_a_clock_is_compared_with_the_date_of_the_answer_where_the_message_has_no_time(code: str) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(hours=3, seconds=30), usegmt=True)

    error = refusal(WHO_AM_I, code, "Signature expired", date=date)

    assert str(error) == "the clock of this machine is 3 h behind AWS's"


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("Signature expired: who knows", ""),
        ("Signature expired: who knows", "yesterday"),
        ("Signature expired: who knows", "Thu, 99 Foo 2022 00:00:00 GMT"),
        ("Signature expired: 99999999T999999Z is now earlier than 1 (99999999T999999Z - 15 min.)", ""),
    ],
)
def test_a_clock_that_cannot_be_compared_is_told_to_be_off_all_the_same(text: str, date: str) -> None:
    error = refusal(WHO_AM_I, "SignatureDoesNotMatch", text, date=date)

    assert (type(error), str(error)) == (ClockSkewError, "the clock of this machine is too far from AWS's")


def test_an_unknown_key_may_be_of_another_part_of_aws_where_no_region_is_known() -> None:
    unknown = refusal(WHO_AM_I, "InvalidClientTokenId", "The security token included in the request is invalid.")
    known = refusal(
        WHO_AM_I, "InvalidClientTokenId", "The security token included in the request is invalid.", region="cn-north-1"
    )

    assert CHINA in unknown.hint
    assert CHINA not in known.hint


@pytest.mark.parametrize("code", ["AccessDenied", "ValidationError", "Throttling", "SomethingNew", "123456"])
@pytest.mark.parametrize(
    "text",
    [
        "Value '123456' is wrong",
        "your code 123456 is wrong",
        "User: 123456 is not authorized to perform: sts:123456 because 123456",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY is a funny secret",
    ],
)
def test_no_error_quotes_a_code_or_a_secret(code: str, text: str) -> None:
    error = refusal(TRADE, code, text)

    assert "123456" not in f"{error} {error.hint}"
    assert "wJalrXUtnFEMI" not in f"{error} {error.hint}"


def test_what_aws_says_is_kept_short_and_cannot_move_the_cursor() -> None:
    error = refusal(WHO_AM_I, "SomethingNew", "a\u202eb\n\n" + "long " * 1000)

    assert str(error).startswith("AWS refused GetCallerIdentity: SomethingNew: a\\u202eb long long")
    assert len(str(error)) < 400
