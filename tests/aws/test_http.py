"""What becomes of a question on a bad way: one request at most, bounded, and told for what it is."""

import contextlib
import socket
import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from mfa_session.aws.endpoints import Endpoints
from mfa_session.aws.http import Limits
from mfa_session.aws.request import APIRequest
from mfa_session.aws.sts import STS
from mfa_session.aws.transport import Transport
from mfa_session.errors import AWSAnswerError, AWSUnreachableError, ReplyLostError, ThrottledError
from mfa_session.model.credentials import AccessKey
from mfa_session.model.mfa_device import MFADevice, TokenCode
from tests.aws.raw_server import Connection, RawServer, Script, answering, serving
from tests.faults import DropReply, Endpoint, ResetConnection, ServerError, Throttle

KEY = AccessKey("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
PHONE = MFADevice("arn:aws:iam::123456789012:mfa/alice")
CODE = TokenCode("123456")
HOUR = timedelta(hours=1)

# Short enough to wait for, where the limit is what is tested.
SHORT_READ = Limits(read=1.0)
SHORT_WHOLE = Limits(whole=1.0)

TRADE = APIRequest("sts", "GetSessionToken", KEY, {"SerialNumber": PHONE.serial_number, "TokenCode": "123456"}, (CODE,))
WAIT_FOR_THE_NEXT = "wait until the device shows the next code, and run the command again"


def trade(server: RawServer, *, limits: Limits | None = None) -> None:
    Transport(Endpoints(sts_url=server.url), limits=limits).send(TRADE)


def close_unheard(connection: Connection) -> None:
    connection.reset()


def close_before_the_answer(connection: Connection) -> None:
    connection.read_request()


def reset_before_the_answer(connection: Connection) -> None:
    connection.read_request()
    connection.reset()


def close_within_the_answer(connection: Connection) -> None:
    connection.read_request()
    connection.socket.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n<GetSessionTokenResponse>")


def close_within_a_chunk(connection: Connection) -> None:
    connection.read_request()
    connection.socket.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n200\r\n<GetSession")


def be_silent(connection: Connection) -> None:
    connection.read_request()
    connection.wait()


def stop_within_the_answer(connection: Connection) -> None:
    connection.read_request()
    connection.socket.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n<GetSessionTokenResponse>")
    connection.wait()


def trickle(head: bytes, drop: bytes) -> Script:
    def script(connection: Connection) -> None:
        connection.read_request()
        connection.socket.sendall(head)
        while not connection.wait(0.05):
            connection.socket.sendall(drop)

    return script


@pytest.mark.parametrize(
    ("script", "message"),
    [
        pytest.param(close_before_the_answer, "closed the connection without a response", id="closed"),
        pytest.param(reset_before_the_answer, "closed the connection without a response", id="reset"),
        pytest.param(close_within_the_answer, "did not complete its response", id="closed within the answer"),
        pytest.param(close_within_a_chunk, "did not complete its response", id="closed within a chunk"),
    ],
)
def test_a_code_whose_answer_is_lost_may_have_been_used(script: Script, message: str) -> None:
    with serving(script) as server, pytest.raises(ReplyLostError) as caught:
        trade(server)

    assert str(caught.value) == f"127.0.0.1:{server.port} {message}; the MFA code may have been used"
    assert caught.value.hint == WAIT_FOR_THE_NEXT
    assert len(server.requests) == 1


def test_a_silent_server_is_not_waited_for_longer_than_the_limit() -> None:
    begun = time.monotonic()

    with serving(be_silent) as server, pytest.raises(ReplyLostError, match=r"^no response from") as caught:
        trade(server, limits=SHORT_READ)

    assert "the MFA code may have been used" in str(caught.value)
    assert SHORT_READ.read <= time.monotonic() - begun < 10


def test_a_server_that_stops_within_its_answer_is_waited_for_as_long() -> None:
    with (
        serving(stop_within_the_answer) as server,
        pytest.raises(ReplyLostError, match="did not complete its response"),
    ):
        trade(server, limits=SHORT_READ)

    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(trickle(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n"), id="headers"),
        pytest.param(trickle(b"HTTP/1.1 200 ", b"O"), id="status line"),
        pytest.param(trickle(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"<"), id="body"),
        pytest.param(trickle(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n<\r\n"), id="chunks"),
    ],
)
def test_an_answer_that_trickles_ends_with_the_whole_limit(script: Script) -> None:
    begun = time.monotonic()

    with serving(script) as server, pytest.raises(ReplyLostError, match=r"^no complete response from"):
        trade(server, limits=SHORT_WHOLE)

    assert SHORT_WHOLE.whole <= time.monotonic() - begun < 10
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n", id="no end announced"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n", id="a gigabyte announced"),
    ],
)
def test_no_more_than_a_megabyte_of_an_answer_is_read(head: bytes) -> None:
    taken = 0

    def pour(connection: Connection) -> None:
        nonlocal taken
        connection.read_request()
        connection.socket.sendall(head)
        while not connection.server.over.is_set():
            taken += connection.socket.send(bytes(65536))

    with serving(pour) as server, pytest.raises(AWSAnswerError, match="longer than a megabyte"):
        trade(server)

    assert taken < 16 << 20  # what the buffers of the kernel swallow on top


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"])
def test_a_redirect_is_not_followed(status: str) -> None:
    with serving(answering(b"")) as elsewhere:
        with (
            serving(answering(b"", status=status, headers=f"Location: {elsewhere.url}/\r\n")) as server,
            pytest.raises(AWSAnswerError, match="redirects to another address"),
        ):
            trade(server)

        assert elsewhere.requests == []


@pytest.mark.parametrize(
    ("script", "message"),
    [
        pytest.param(answering(b""), "it cannot be read", id="empty"),
        pytest.param(
            answering(b"<html><body>Log in to the WiFi</body></html>"), "it does not answer GetSessionToken", id="HTML"
        ),
        pytest.param(answering(b"<!doctype html><p>hello"), "it is a web page", id="HTML 5"),
        pytest.param(answering(b"<a/>", status="403 Forbidden"), "an error without a code (HTTP 403)", id="403"),
        pytest.param(answering(b"Not found", status="404 Not Found"), "it cannot be read", id="404"),
        pytest.param(
            lambda connection: connection.socket.sendall(b"SSH-2.0-OpenSSH_9.6\r\n"), "it is not HTTP", id="SSH"
        ),
    ],
)
def test_what_is_no_answer_of_aws_is_told_by_who_gave_it(script: Script, message: str) -> None:
    with serving(script) as server, pytest.raises(AWSAnswerError) as caught:
        trade(server)

    assert str(caught.value).startswith(f"the response of 127.0.0.1:{server.port} is not from AWS: {message}")
    assert "AWS_ENDPOINT_URL" in caught.value.hint


def test_nothing_is_sent_to_a_port_where_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(AWSUnreachableError) as caught:
        trade(RawServer(port))

    assert not isinstance(caught.value, ReplyLostError)
    assert str(caught.value) == f"127.0.0.1:{port} cannot be reached: connection refused"


def test_a_host_that_takes_no_connection_is_not_waited_for_longer_than_the_limit() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, contextlib.ExitStack() as queue:
        address = listener.getsockname()
        for _ in range(4):  # as many as the kernel accepts for a server that never does
            waiting = queue.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(address)

        with pytest.raises(AWSUnreachableError, match="could not be reached within 1 s") as caught:
            trade(RawServer(address[1]), limits=Limits(connect=1))

    assert not isinstance(caught.value, ReplyLostError)


def test_a_host_without_an_address_is_told_with_the_region() -> None:
    transport = Transport(Endpoints(sts_url="https://sts.invalid"))

    with pytest.raises(AWSUnreachableError) as caught:
        transport.send(TRADE)

    assert not isinstance(caught.value, ReplyLostError)
    assert str(caught.value) == "cannot resolve sts.invalid, or there is no network"
    assert "--region" in caught.value.hint


@pytest.mark.parametrize("page", [b"", b"<html>Bad gateway</html>", b"<!DOCTYPE html><p>", b"upstream error"])
def test_the_page_of_a_broken_gateway_may_have_cost_the_code(page: bytes) -> None:
    with serving(answering(page, status="502 Bad Gateway")) as server, pytest.raises(ReplyLostError) as caught:
        trade(server)

    assert str(caught.value) == (
        f"127.0.0.1:{server.port} had an internal error (HTTP 502); the MFA code may have been used"
    )


def test_a_dropped_reply_is_not_asked_for_again(
    sts: STS, endpoint: Endpoint, key: AccessKey, device: MFADevice, code: Callable[[], TokenCode]
) -> None:
    endpoint.faults.add("GetSessionToken", DropReply())

    with pytest.raises(ReplyLostError, match="the MFA code may have been used"):
        sts.get_session_token(key, device, code(), HOUR)

    assert len(endpoint.journal) == 1


def test_an_error_of_the_server_may_have_cost_the_code(
    sts: STS, endpoint: Endpoint, key: AccessKey, device: MFADevice, code: Callable[[], TokenCode]
) -> None:
    endpoint.faults.add("GetSessionToken", ServerError())

    with pytest.raises(ReplyLostError) as caught:
        sts.get_session_token(key, device, code(), HOUR)

    assert str(caught.value) == "AWS had an internal error (InternalFailure); the MFA code may have been used"
    assert len(endpoint.journal) == 1


def test_a_code_is_not_sent_again_when_aws_asks_to_slow_down(
    sts: STS, endpoint: Endpoint, key: AccessKey, device: MFADevice, code: Callable[[], TokenCode]
) -> None:
    endpoint.faults.add("GetSessionToken", Throttle())

    with pytest.raises(ThrottledError) as caught:
        sts.get_session_token(key, device, code(), HOUR)

    assert (str(caught.value), caught.value.hint) == (
        "too many requests: Rate exceeded",
        "wait a minute, and run the command again",
    )
    assert len(endpoint.journal) == 1


def test_a_question_without_a_code_is_put_again(sts: STS, endpoint: Endpoint, key: AccessKey) -> None:
    endpoint.faults.add("GetCallerIdentity", ServerError(503), ResetConnection())

    identity = sts.get_caller_identity(key)

    assert identity.user_name == "test-user"
    assert len(endpoint.journal) == 3


def test_attempts_end_with_the_whole_limit() -> None:
    begun = time.monotonic()

    with serving(be_silent) as server:
        transport = Transport(Endpoints(sts_url=server.url), limits=SHORT_WHOLE)
        with pytest.raises(ReplyLostError):
            transport.send(APIRequest("sts", "GetCallerIdentity", KEY, idempotent=True))

    assert time.monotonic() - begun < 10


def test_a_connection_that_aws_has_closed_meanwhile_does_not_cost_a_code(
    sts: STS, endpoint: Endpoint, key: AccessKey, device: MFADevice, code: Callable[[], TokenCode]
) -> None:
    sts.get_caller_identity(key)
    endpoint._server.hang_up()

    session = sts.get_session_token(key, device, code(), HOUR)

    assert session.access_key_id.startswith("ASIA")
