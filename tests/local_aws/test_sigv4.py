"""What a request must be signed with, and what must not change on its way."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest

from mfa_session.local_aws.account import Account
from mfa_session.local_aws.credentials import LongTermKey
from mfa_session.local_aws.fixtures import demo_account
from mfa_session.local_aws.mfa_devices import Clock
from tests.faults import Endpoint
from tests.local_aws.clients import client, refused
from tests.local_aws.wire import Wire, signed

NOW = datetime(2022, 1, 27, 1, 49, 28, tzinfo=UTC)
FIVE_MINUTES = timedelta(minutes=5)
SECOND = timedelta(seconds=1)


@pytest.fixture
def account() -> Account:
    """An account whose AWS has stopped its clock."""
    return demo_account(clock=Clock(lambda: NOW))


@pytest.fixture
def wire(endpoint: Endpoint, key: LongTermKey) -> Wire:
    return signed(endpoint, key)


def test_a_request_signed_by_botocore_is_answered(wire: Wire) -> None:
    assert wire.send().status == 200


def test_the_answer_is_dated_by_the_clock_of_aws(wire: Wire) -> None:
    assert parsedate_to_datetime(wire.send().headers["Date"]) == NOW


def test_another_secret_does_not_sign_for_a_key(endpoint: Endpoint, key: LongTermKey) -> None:
    answer = signed(endpoint, replace(key, secret_access_key="x" * 40)).send()

    code, message = answer.error
    assert (answer.status, code) == (403, "SignatureDoesNotMatch")
    assert message.startswith("The request signature we calculated does not match the signature you provided.")


@pytest.mark.parametrize("off", [-FIVE_MINUTES, timedelta(0), FIVE_MINUTES])
def test_a_signature_of_up_to_five_minutes_away_is_good(endpoint: Endpoint, key: LongTermKey, off: timedelta) -> None:
    assert signed(endpoint, key, at=NOW + off).send().status == 200


def test_an_older_signature_has_expired_and_both_times_are_told(endpoint: Endpoint, key: LongTermKey) -> None:
    answer = signed(endpoint, key, at=datetime(2022, 1, 27, 0, 14, 27, tzinfo=UTC)).send()

    assert answer.status == 403
    assert answer.error == (
        "SignatureDoesNotMatch",
        "Signature expired: 20220127T001427Z is now earlier than 20220127T014428Z (20220127T014928Z - 5 min.)",
    )


def test_a_signature_of_the_future_is_not_yet_current(endpoint: Endpoint, key: LongTermKey) -> None:
    answer = signed(endpoint, key, at=NOW + FIVE_MINUTES + SECOND).send()

    assert answer.status == 403
    assert answer.error == (
        "SignatureDoesNotMatch",
        "Signature not yet current: 20220127T015429Z is still later than 20220127T015428Z (20220127T014928Z + 5 min.)",
    )


def test_one_second_more_than_five_minutes_is_too_old(endpoint: Endpoint, key: LongTermKey) -> None:
    code, message = signed(endpoint, key, at=NOW - FIVE_MINUTES - SECOND).send().error

    assert (code, message.split(":")[0]) == ("SignatureDoesNotMatch", "Signature expired")


def test_the_clock_can_be_set_while_the_endpoint_serves(account: Account, wire: Wire) -> None:
    account.clock.offset = timedelta(minutes=20)

    assert "Signature expired" in wire.send().error[1]


@pytest.mark.parametrize(
    "change",
    [
        {"body": b"Action=GetSessionToken&Version=2011-06-15"},
        {"target": "/?Action=GetSessionToken"},
        {"target": "/elsewhere"},
        {"method": "PUT"},
    ],
    ids=str,
)
def test_a_request_that_was_changed_after_signing_is_refused(wire: Wire, change: dict[str, object]) -> None:
    changed = replace(wire, **change)  # type: ignore[arg-type]  # each change fits its own field
    changed.headers["Content-Length"] = str(len(changed.body))

    assert changed.send().error[0] == "SignatureDoesNotMatch"


def test_a_signed_header_that_was_changed_is_noticed(wire: Wire) -> None:
    wire.headers["Content-Type"] = "text/plain"

    assert wire.send().error[0] == "SignatureDoesNotMatch"


def test_an_amazon_header_that_was_not_signed_is_refused(wire: Wire) -> None:
    wire.more_headers.append(("X-Amz-Target", "elsewhere"))

    assert wire.send().error == (
        "SignatureDoesNotMatch",
        "There were headers present in the request which were not signed: x-amz-target",
    )


def test_the_host_must_be_signed(wire: Wire) -> None:
    wire.headers["Authorization"] = wire.headers["Authorization"].replace("host;", "")

    assert wire.send().error == (
        "SignatureDoesNotMatch",
        "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
    )


def test_the_day_of_the_scope_must_be_that_of_the_date(wire: Wire) -> None:
    wire.headers["Authorization"] = wire.headers["Authorization"].replace("/20220127/", "/20220126/")

    assert wire.send().error[1].startswith("Date in Credential scope does not match YYYYMMDD")


def test_a_signature_for_another_service_is_not_taken(endpoint: Endpoint, key: LongTermKey) -> None:
    assert signed(endpoint, key, scope="ec2").send().error[0] == "SignatureDoesNotMatch"


def test_a_request_without_a_signature_is_refused(wire: Wire) -> None:
    del wire.headers["Authorization"]

    answer = wire.send()

    assert (answer.status, answer.error[0]) == (403, "MissingAuthenticationToken")


@pytest.mark.parametrize(
    "authorization",
    [
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLEEXAMPLE00/20220127/us-east-1/sts/aws4_request",
        "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLEEXAMPLE00, SignedHeaders=host, Signature=00",
        "AWS3-HTTPS AWSAccessKeyId=AKIAEXAMPLEEXAMPLE00",
    ],
)
def test_an_incomplete_signature_is_refused(wire: Wire, authorization: str) -> None:
    wire.headers["Authorization"] = authorization

    answer = wire.send()

    assert (answer.status, answer.error[0]) == (400, "IncompleteSignature")


def test_a_date_that_is_none_is_refused(wire: Wire) -> None:
    wire.headers["X-Amz-Date"] = "yesterday"

    assert wire.send().error[0] == "IncompleteSignature"


def test_a_payload_hash_that_is_not_that_of_the_body_is_refused(wire: Wire) -> None:
    wire.headers["Authorization"] = wire.headers["Authorization"].replace(
        "x-amz-date", "x-amz-content-sha256;x-amz-date"
    )
    wire.headers["X-Amz-Content-SHA256"] = "UNSIGNED-PAYLOAD"

    assert wire.send().error[0] == "XAmzContentSHA256Mismatch"


def test_a_session_needs_its_own_token(endpoint: Endpoint, account: Account, key: LongTermKey) -> None:
    identity = account.identity_of(account.users["test-user"])
    session, other = (account.begin_session(identity, timedelta(hours=1)) for _ in range(2))
    session.session_token = "another"

    wire = signed(endpoint, session)
    session.session_token = other.session_token

    assert wire.send().error == ("InvalidClientTokenId", "The security token included in the request is invalid.")


def test_a_session_without_a_token_is_unknown(endpoint: Endpoint, account: Account) -> None:
    session = account.begin_session(account.identity_of(None), timedelta(hours=1))
    as_if_long_term = LongTermKey(session.access_key_id, session.secret_access_key, None, NOW)

    assert signed(endpoint, as_if_long_term).send().error[0] == "InvalidClientTokenId"


def test_a_long_term_key_with_a_session_token_is_unknown(
    endpoint: Endpoint, account: Account, key: LongTermKey
) -> None:
    session = account.begin_session(account.identity_of(None), timedelta(hours=1))
    session.access_key_id, session.secret_access_key = key.access_key_id, key.secret_access_key

    assert signed(endpoint, session).send().error[0] == "InvalidClientTokenId"


def test_s3_has_its_own_words(endpoint: Endpoint, account: Account, key: LongTermKey) -> None:
    account.clock.offset = datetime.now(UTC) - NOW

    with refused("SignatureDoesNotMatch", status=403):
        client(endpoint, "s3", replace(key, secret_access_key="x" * 40)).list_buckets()
    with refused("InvalidAccessKeyId", status=403):
        client(endpoint, "s3", replace(key, access_key_id="AKIAEXAMPLEEXAMPLE00")).list_buckets()
    account.clock.offset += timedelta(minutes=20)
    with refused("RequestTimeTooSkewed", status=403):
        client(endpoint, "s3", key).list_buckets()
