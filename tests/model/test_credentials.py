"""Credentials that came into being are right, and cannot be shown by accident."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest

from mfa_session.errors import AWSAnswerError, UsageError
from mfa_session.model.credentials import AccessKey, SessionCredentials, moment, timestamp

KEY_ID = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
END = datetime(2026, 11, 24, 1, 29, 50, tzinfo=UTC)


def session(
    key_id: str = "ASIAIOSFODNN7EXAMPLE", secret: str = SECRET, token: str = "FwoGZXIvYXdz+/==", end: datetime = END
) -> SessionCredentials:
    return SessionCredentials(key_id, secret, token, end)


@pytest.fixture
def clock_of_tokyo() -> Iterator[None]:
    if not hasattr(time, "tzset"):
        pytest.skip("the zone of Windows is the same for all programs")
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("TZ", "JST-9")
        time.tzset()
        yield
    time.tzset()


def test_a_secret_never_stands_in_a_repr() -> None:
    shown = repr(AccessKey(KEY_ID, SECRET)) + repr(session())

    assert SECRET not in shown
    assert "FwoG" not in shown


def test_a_masked_key_id_keeps_its_kind_and_its_last_four_characters() -> None:
    assert AccessKey(KEY_ID, SECRET).masked_id == "AKIA…MPLE"


@pytest.mark.parametrize(
    "key_id", ["", "AKIA", "akiaiosfodnn7example", KEY_ID + "\n", " " + KEY_ID, "AIDAIOSFODNN7EXAMPLE"]
)
def test_what_is_no_access_key_id_is_refused(key_id: str) -> None:
    with pytest.raises(UsageError, match=r"^this is not an access key ID(?m:$)") as refused:
        AccessKey(key_id, SECRET)

    assert refused.value.hint == ("an access key ID is AKIA and 12 or more capital letters and digits, without blanks")


def test_a_temporary_key_is_refused_as_a_long_term_one() -> None:
    with pytest.raises(UsageError) as refused:
        AccessKey("ASIAIOSFODNN7EXAMPLE", SECRET)

    assert str(refused.value) == "this is a temporary access key (ASIA…), which cannot get a session"
    assert refused.value.hint == ("use the long-term key (AKIA…) of your IAM user: IAM console, Security credentials")


@pytest.mark.parametrize("secret", ["", "with blank", "line\nbreak", "ｆｕｌｌ", "a" * 129, "tab\t"])
def test_a_secret_that_aws_never_made_is_refused_without_being_quoted(secret: str) -> None:
    with pytest.raises(UsageError) as refused:
        AccessKey(KEY_ID, secret)

    assert str(refused.value) == "this is not a secret access key: it has blanks or too many characters"
    assert refused.value.hint == "a secret access key is 40 characters of letters, digits, / and +; copy it alone"


def test_a_secret_and_a_token_may_be_as_long_as_their_limits() -> None:
    assert AccessKey(KEY_ID, "a" * 128).secret_access_key == "a" * 128
    assert session(secret="a" * 128, token="x" * 6144).session_token == "x" * 6144


@pytest.mark.parametrize(
    ("part", "wrong"),
    [
        ("AccessKeyId", {"key_id": KEY_ID}),
        ("AccessKeyId", {"key_id": "ASIAIOSFODNN7EXAMPLE\n"}),
        ("SecretAccessKey", {"secret": "abc\n[evil]"}),
        ("SecretAccessKey", {"secret": ""}),
        ("SessionToken", {"token": "abc def"}),
        ("SessionToken", {"token": "a\rb"}),
        ("SessionToken", {"token": "x" * 6145}),
    ],
)
def test_a_part_of_a_session_that_could_harm_a_file_is_refused_by_name(part: str, wrong: dict[str, str]) -> None:
    with pytest.raises(AWSAnswerError) as refused:
        session(**wrong)  # type: ignore[arg-type]  # only texts are varied here

    assert str(refused.value) == f"no valid {part} among the temporary credentials"
    assert refused.value.hint == "check which endpoint answers: AWS_ENDPOINT_URL, endpoint_url, a proxy"


def test_a_session_without_a_time_zone_is_refused() -> None:
    with pytest.raises(AWSAnswerError, match=r"^no valid Expiration among"):
        session(end=END.replace(tzinfo=None))


def test_a_session_expires_within_a_margin_up_to_and_including_it() -> None:
    margin = timedelta(minutes=15)

    assert not session().expire_within(margin, now=END - margin - timedelta(seconds=1))
    assert session().expire_within(margin, now=END - margin)
    assert session().expire_within(margin, now=END)


def test_the_document_is_one_line_that_every_sdk_reads() -> None:
    document = session(secret='quote"and\\backslash').document()

    assert "\n" not in document
    assert document.isascii()
    assert json.loads(document) == {
        "Version": 1,
        "AccessKeyId": "ASIAIOSFODNN7EXAMPLE",
        "SecretAccessKey": 'quote"and\\backslash',
        "SessionToken": "FwoGZXIvYXdz+/==",
        "Expiration": "2026-11-24T01:29:50Z",
    }


def test_a_timestamp_is_in_utc_whatever_the_zone_of_the_moment() -> None:
    tokyo = timezone(timedelta(hours=9))

    assert timestamp(END.astimezone(tokyo)) == "2026-11-24T01:29:50Z"
    assert moment("2026-11-24T01:29:50Z") == END


@pytest.mark.usefixtures("clock_of_tokyo")
def test_a_timestamp_is_in_utc_whatever_the_zone_of_the_machine() -> None:
    assert timestamp(END) == "2026-11-24T01:29:50Z"
    assert moment("2026-11-24T01:29:50Z") == END


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-24T01:29:50",
        "2026-11-24T01:29:50+0000",
        "2026-02-30T00:00:00Z",
        "2026-11-24T1:29:50Z",
        "２０２６-11-24T01:29:50Z",
        "soon",
    ],
)
def test_any_other_text_is_no_moment(text: str) -> None:
    assert moment(text) is None


def test_a_moment_long_ago_is_read_back_as_it_was_written() -> None:
    long_ago = datetime(999, 1, 2, tzinfo=UTC)

    assert timestamp(long_ago) == "0999-01-02T00:00:00Z"
    assert moment(timestamp(long_ago)) == long_ago
