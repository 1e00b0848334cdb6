"""The endpoint itself: its address, its journal, and what it thinks of strange HTTP."""

import http.client
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from mfa_session.local_aws.account import Account
from mfa_session.local_aws.credentials import LongTermKey
from mfa_session.local_aws.endpoint import Call
from mfa_session.local_aws.mfa_devices import VirtualDevice
from tests.faults import Endpoint
from tests.local_aws.clients import client
from tests.local_aws.wire import signed


def raw(endpoint: Endpoint, request: bytes) -> bytes:
    """Send *request* as it is, and return all that comes back."""
    host, _, port = endpoint.host.partition(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_it_is_on_the_loopback_at_a_port_of_the_kernels_choice(account: Account) -> None:
    with Endpoint(account) as one, Endpoint(account) as other:
        assert one.url.startswith("http://127.0.0.1:")
        assert one.url != other.url


def test_it_leaves_no_thread_and_no_port_behind(account: Account, key: LongTermKey) -> None:
    before = threading.active_count()

    with Endpoint(account) as endpoint:
        sts = client(endpoint, "sts", key)
        sts.get_caller_identity()

    assert threading.active_count() == before
    with pytest.raises(ConnectionRefusedError):
        raw(endpoint, b"")
    sts.close()


def test_the_journal_has_every_call_with_its_caller_and_its_outcome(
    endpoint: Endpoint, account: Account, key: LongTermKey, phone: VirtualDevice
) -> None:
    signed(endpoint, key, "ListAccessKeys", service="iam").send()
    signed(endpoint, key, "GetSessionToken", {"SerialNumber": phone.serial_number, "TokenCode": phone.code()}).send()
    [session] = account.sessions.values()
    signed(endpoint, session, "ListAccessKeys", service="iam").send()

    assert endpoint.journal == [
        Call("ListAccessKeys", key.access_key_id, "test-user", None, 403, "AccessDenied"),
        Call("GetSessionToken", key.access_key_id, "test-user", None, 200, None),
        Call("ListAccessKeys", session.access_key_id, "test-user", True, 200, None),
    ]


def test_the_journal_holds_no_secret(
    endpoint: Endpoint, account: Account, key: LongTermKey, phone: VirtualDevice
) -> None:
    code = phone.code()
    signed(endpoint, key, "GetSessionToken", {"SerialNumber": phone.serial_number, "TokenCode": code}).send()
    [session] = account.sessions.values()

    written = repr((endpoint.journal, key, session, phone))

    for secret in (code, key.secret_access_key, session.secret_access_key, session.session_token, phone.base32_seed):
        assert secret not in written


def test_of_many_calls_at_once_with_one_code_one_gets_a_session(
    endpoint: Endpoint, key: LongTermKey, phone: VirtualDevice
) -> None:
    wire = signed(endpoint, key, "GetSessionToken", {"SerialNumber": phone.serial_number, "TokenCode": phone.code()})

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: wire.send().status, range(32)))

    assert sorted(answers) == [200] + [403] * 31
    assert len(endpoint.journal) == 32


def test_several_calls_may_share_a_connection(endpoint: Endpoint, key: LongTermKey) -> None:
    wire = signed(endpoint, key)
    connection = http.client.HTTPConnection(endpoint.host, timeout=5)
    connection.connect()
    kept = connection.sock

    for _ in range(3):
        connection.request("POST", "/", wire.body, wire.headers)
        assert connection.getresponse().read()

    assert connection.sock is kept
    connection.close()


def test_an_unknown_action_is_named_with_its_version(endpoint: Endpoint, key: LongTermKey) -> None:
    answer = signed(endpoint, key, "GetTheMoon").send()

    assert answer.status == 400
    assert answer.error == ("InvalidAction", "Could not find operation GetTheMoon for version 2011-06-15")


def test_an_action_of_another_version_is_unknown(endpoint: Endpoint, key: LongTermKey) -> None:
    answer = signed(endpoint, key, parameters={"Version": "2010-05-08"}).send()

    assert answer.error == ("InvalidAction", "Could not find operation GetCallerIdentity for version 2010-05-08")


def test_a_name_that_leads_here_is_not_ours(endpoint: Endpoint, key: LongTermKey) -> None:
    wire = signed(endpoint, key)
    wire.headers["Host"] = "attacker.example"

    assert wire.send().status == 421
    assert not endpoint.journal


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"POST / HTTP/1.1\r\nHost: %s\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"411"),
        (b"POST / HTTP/1.1\r\nHost: %s\r\nContent-Length: -1\r\n\r\n", b"411"),
        (b"POST / HTTP/1.1\r\nHost: %s\r\nContent-Length: 1000001\r\n\r\n", b"413"),
        (b"POST / HTTP/1.1\r\n\r\n", b"421"),
        (b"BREW / HTTP/1.1\r\nHost: %s\r\n\r\n", b"501"),
        (b"GET / HTTP/1.1\r\nHost: %s\r\n" + b"A: b\r\n" * 101 + b"\r\n", b"431"),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", b"414"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"400"),
    ],
    ids=["chunked", "negative", "too long", "no host", "no method", "headers", "address", "TLS"],
)
def test_strange_http_is_refused_and_harms_nothing(
    endpoint: Endpoint, key: LongTermKey, head: bytes, status: bytes
) -> None:
    answer = raw(endpoint, head.replace(b"%s", endpoint.host.encode()))

    assert status in answer
    assert signed(endpoint, key).send().status == 200


def test_a_body_that_ends_early_is_no_call(endpoint: Endpoint) -> None:
    request = b"POST / HTTP/1.1\r\nHost: " + endpoint.host.encode() + b"\r\nContent-Length: 100\r\n\r\nAction=Get"

    assert raw(endpoint, request) == b""
    assert not endpoint.journal


def test_a_body_that_is_no_form_is_a_call_of_no_action(endpoint: Endpoint, key: LongTermKey) -> None:
    wire = signed(endpoint, key)
    wire.body = bytes(range(256))
    wire.headers["Content-Length"] = "256"

    assert wire.send().status == 403
