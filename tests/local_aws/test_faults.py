"""What befalls one call, seen from the caller's side."""

import http.client
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from mfa_session.local_aws.account import Account
from mfa_session.local_aws.credentials import LongTermKey
from mfa_session.local_aws.mfa_devices import VirtualDevice
from tests.faults import (
    DropReply,
    EndlessBody,
    Endpoint,
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
    WrongDate,
)
from tests.local_aws.clients import client, refused
from tests.local_aws.wire import Received, Wire, signed

Ask = Callable[[], Wire]


@pytest.fixture
def ask(endpoint: Endpoint, key: LongTermKey, phone: VirtualDevice) -> Ask:
    """Prepare GetSessionToken with the code of the moment."""
    return lambda: signed(
        endpoint, key, "GetSessionToken", {"SerialNumber": phone.serial_number, "TokenCode": phone.code()}
    )


def befallen(endpoint: Endpoint, ask: Ask, fault: Fault) -> Received:
    endpoint.faults.add("GetSessionToken", fault)
    return ask().send()


def test_a_fault_befalls_one_call_of_its_action_and_no_other(endpoint: Endpoint, key: LongTermKey) -> None:
    endpoint.faults.add("GetSessionToken", ServerError())
    sts = client(endpoint, "sts", key)

    sts.get_caller_identity()
    with refused("InternalFailure", status=500):
        sts.get_session_token()
    sts.get_session_token()


def test_faults_of_one_action_come_in_their_order(endpoint: Endpoint, key: LongTermKey) -> None:
    endpoint.faults.add("GetSessionToken", ServerError(503), Throttle())
    sts = client(endpoint, "sts", key)

    with refused("ServiceUnavailable", status=503):
        sts.get_session_token()
    with refused("Throttling", "Rate exceeded", status=400):
        sts.get_session_token()


def test_a_dropped_reply_was_a_session_and_has_cost_its_code(endpoint: Endpoint, account: Account, ask: Ask) -> None:
    wire = ask()
    endpoint.faults.add("GetSessionToken", DropReply())

    with pytest.raises(http.client.RemoteDisconnected):
        wire.send()

    assert len(account.sessions) == 1
    assert wire.send().error[1] == "MultiFactorAuthentication failed with invalid MFA one time pass code. "
    assert [call.status for call in endpoint.journal] == [None, 403]


def test_a_reset_connection_has_done_nothing(endpoint: Endpoint, account: Account, ask: Ask) -> None:
    wire = ask()
    endpoint.faults.add("GetSessionToken", ResetConnection())

    with pytest.raises(ConnectionResetError):
        wire.send()

    assert not account.sessions
    assert wire.send().status == 200


def test_a_slow_answer_comes_late_and_whole(endpoint: Endpoint, ask: Ask) -> None:
    begun = time.monotonic()

    answer = befallen(endpoint, ask, Slow(0.3))

    assert answer.status == 200
    assert time.monotonic() - begun >= 0.3


def test_an_endpoint_that_closes_does_not_wait_for_a_slow_answer(account: Account, key: LongTermKey) -> None:
    begun = time.monotonic()

    with Endpoint(account) as endpoint:
        endpoint.faults.add("GetCallerIdentity", Slow(60))
        connection = http.client.HTTPConnection(endpoint.host, timeout=5)
        wire = signed(endpoint, key)
        connection.request("POST", "/", wire.body, wire.headers)

    assert time.monotonic() - begun < 5
    connection.close()


def test_garbage_is_no_text(endpoint: Endpoint, ask: Ask) -> None:
    body = befallen(endpoint, ask, GarbageBody()).body

    with pytest.raises(UnicodeDecodeError):
        body.decode("utf-8")


def test_a_page_of_a_proxy_comes_with_status_200(endpoint: Endpoint, ask: Ask) -> None:
    answer = befallen(endpoint, ask, HTMLBody())

    assert answer.status == 200
    assert answer.headers.get_content_type() == "text/html"
    assert answer.body.startswith(b"<!DOCTYPE html>")


def test_truncated_xml_fits_its_length(endpoint: Endpoint, ask: Ask) -> None:
    answer = befallen(endpoint, ask, TruncatedXML())

    assert answer.body.startswith(b"<GetSessionTokenResponse")
    assert b"</GetSessionTokenResponse>" not in answer.body


def test_an_endless_body_announces_no_length_and_has_the_size_that_was_asked_for(endpoint: Endpoint, ask: Ask) -> None:
    answer = befallen(endpoint, ask, EndlessBody(megabytes=3))

    assert "Content-Length" not in answer.headers
    assert len(answer.body) == 3_000_000


def test_an_endpoint_outlives_a_client_that_hangs_up_on_an_endless_body(
    endpoint: Endpoint, key: LongTermKey, capfd: pytest.CaptureFixture[str]
) -> None:
    endpoint.faults.add("GetCallerIdentity", EndlessBody())
    connection = http.client.HTTPConnection(endpoint.host, timeout=5)
    wire = signed(endpoint, key)
    connection.request("POST", "/", wire.body, wire.headers)
    connection.getresponse().read(10)
    connection.close()

    assert wire.send().status == 200
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("text", ["a\nb", "a\rb", "a\tb", "", "\u202e", "<b>&amp;", "\\1", "x" * 10_000])
@pytest.mark.parametrize("field", ["AccessKeyId", "SecretAccessKey", "SessionToken"])
def test_a_hostile_field_reaches_a_real_client_as_it_is(
    endpoint: Endpoint, key: LongTermKey, field: str, text: str
) -> None:
    endpoint.faults.add("GetSessionToken", HostileFields({field: text}))

    credentials = client(endpoint, "sts", key).get_session_token()["Credentials"]

    assert credentials[field] == text


def test_a_session_can_be_over_before_it_begins(endpoint: Endpoint, key: LongTermKey) -> None:
    endpoint.faults.add("GetSessionToken", ExpiredSession())

    credentials = client(endpoint, "sts", key).get_session_token()["Credentials"]

    assert credentials["Expiration"] < datetime.now(UTC)


def test_the_date_of_an_answer_can_be_wrong(endpoint: Endpoint, ask: Ask) -> None:
    answer = befallen(endpoint, ask, WrongDate("Thu, 24 Aug 2006 21:53:20 GMT"))

    assert answer.status == 200
    assert answer.headers.get_all("Date") == ["Thu, 24 Aug 2006 21:53:20 GMT"]


def test_a_redirect_leads_where_it_is_told(endpoint: Endpoint, account: Account, ask: Ask) -> None:
    answer = befallen(endpoint, ask, Redirect("http://127.0.0.1:9/elsewhere"))

    assert (answer.status, answer.headers["Location"]) == (307, "http://127.0.0.1:9/elsewhere")
    assert not account.sessions


@pytest.mark.parametrize("fault", [GarbageBody(), HTMLBody(), ServerError(), Throttle()], ids=repr)
def test_what_answers_in_the_place_of_aws_does_nothing(
    endpoint: Endpoint, account: Account, ask: Ask, fault: Fault
) -> None:
    befallen(endpoint, ask, fault)

    assert not account.sessions


@pytest.mark.parametrize("fault", [Slow(0), TruncatedXML(), HostileFields({}), ExpiredSession()], ids=repr)
def test_what_spoils_an_answer_leaves_the_session_given(
    endpoint: Endpoint, account: Account, ask: Ask, fault: Fault
) -> None:
    befallen(endpoint, ask, fault)

    assert len(account.sessions) == 1
