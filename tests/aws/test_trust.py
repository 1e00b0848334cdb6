"""Whom a code is sent to: servers whose certificate is trusted, through the user's proxy, and nobody else."""

from pathlib import Path

import pytest

from mfa_session.aws.endpoints import Endpoints
from mfa_session.aws.http import Limits
from mfa_session.aws.request import APIRequest
from mfa_session.aws.transport import Transport
from mfa_session.errors import AWSUnreachableError, ConfigurationError, ReplyLostError
from mfa_session.model.credentials import AccessKey
from mfa_session.model.mfa_device import TokenCode
from tests.aws.certificates import self_signed
from tests.aws.raw_server import Connection, RawServer, answering, serving

KEY = AccessKey("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
TRADE = APIRequest(
    "sts", "GetSessionToken", KEY, {"SerialNumber": "GAHT12345678", "TokenCode": "123456"}, (TokenCode("123456"),)
)
WHO_AM_I = APIRequest("sts", "GetCallerIdentity", KEY)
IDENTITY = (
    b"<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/alice</Arn>"
    b"</GetCallerIdentityResult></GetCallerIdentityResponse>"
)
LIMITS = Limits(connect=2, read=2, whole=4)


def secure_transport(server: RawServer, *, ca_bundle: Path | None) -> Transport:
    url = f"https://127.0.0.1:{server.port}"
    return Transport(Endpoints(sts_url=url, ca_bundle=str(ca_bundle) if ca_bundle else None), limits=LIMITS)


def test_a_server_is_trusted_by_the_certificates_that_the_user_names(tmp_path: Path) -> None:
    bundle, tls = self_signed(tmp_path)

    with serving(answering(IDENTITY), tls=tls) as server:
        response = secure_transport(server, ca_bundle=bundle).send(WHO_AM_I)

    assert response.text("Arn") == "arn:aws:iam::123456789012:user/alice"


def test_nothing_is_sent_to_a_server_that_nobody_vouches_for(tmp_path: Path) -> None:
    _, tls = self_signed(tmp_path)

    with serving(answering(IDENTITY), tls=tls) as server, pytest.raises(AWSUnreachableError) as caught:
        secure_transport(server, ca_bundle=None).send(TRADE)

    assert str(caught.value) == (
        f"the certificate of 127.0.0.1:{server.port} is not trusted, nothing was sent: self-signed certificate"
    )
    assert "AWS_CA_BUNDLE" in caught.value.hint
    assert server.requests == [b""]


@pytest.mark.parametrize(
    ("address", "days", "reason"),
    [("127.0.0.2", 1, "127.0.0.1"), ("127.0.0.1", -1, "certificate has expired")],
)
def test_nothing_is_sent_to_a_server_with_the_wrong_certificate(
    tmp_path: Path, address: str, days: int, reason: str
) -> None:
    bundle, tls = self_signed(tmp_path, address=address, days=days)

    with serving(answering(IDENTITY), tls=tls) as server, pytest.raises(AWSUnreachableError, match=reason) as caught:
        secure_transport(server, ca_bundle=bundle).send(TRADE)

    assert not isinstance(caught.value, ReplyLostError)
    assert server.requests == [b""]


def test_nothing_is_sent_to_a_server_that_does_not_speak_tls(tmp_path: Path) -> None:
    bundle, _ = self_signed(tmp_path)

    def script(connection: Connection) -> None:
        connection.server.requests[-1] = connection.socket.recv(4096)
        connection.socket.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with serving(script) as server, pytest.raises(AWSUnreachableError, match="nothing was sent") as caught:
        secure_transport(server, ca_bundle=bundle).send(TRADE)

    assert not isinstance(caught.value, ReplyLostError)
    assert b"TokenCode" not in server.requests[0]


def test_nothing_is_sent_any_more_when_the_user_was_told_so(tmp_path: Path) -> None:
    bundle, tls = self_signed(tmp_path)
    heard = b""

    def shake_hands_late(connection: Connection) -> None:
        nonlocal heard
        connection.wait(0.6)
        with tls.wrap_socket(connection.socket, server_side=True) as secure:
            heard = Connection(connection.server, secure).read_request()

    with serving(shake_hands_late) as server:
        impatient = Transport(
            Endpoints(sts_url=f"https://127.0.0.1:{server.port}", ca_bundle=str(bundle)),
            limits=Limits(connect=5, read=5, whole=0.3),
        )
        with pytest.raises(AWSUnreachableError, match="could not be reached within"):
            impatient.send(TRADE)
        server.handled.wait(5)

    assert b"TokenCode" not in heard
    assert server.requests != [b""]  # it did get as far as the headers


def test_a_missing_file_of_certificates_is_an_error_of_the_configuration(tmp_path: Path) -> None:
    transport = Transport(Endpoints(ca_bundle=str(tmp_path / "missing.pem")))

    with pytest.raises(ConfigurationError, match="does not exist") as caught:
        transport.send(TRADE)

    assert "AWS_CA_BUNDLE" in caught.value.hint


def test_a_file_without_certificates_is_told(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.touch()
    _, tls = self_signed(tmp_path)

    with serving(answering(IDENTITY), tls=tls) as server, pytest.raises(AWSUnreachableError, match="nothing was sent"):
        secure_transport(server, ca_bundle=empty).send(TRADE)

    assert not any(server.requests)


def refuse_the_tunnel(connection: Connection) -> None:
    connection.read_request()
    connection.socket.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")


def test_aws_is_asked_through_the_proxy_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(refuse_the_tunnel) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://alice:secret@127.0.0.1:{proxy.port}")

        with pytest.raises(AWSUnreachableError) as caught:
            Transport(Endpoints()).send(TRADE)

    assert "through the proxy: Tunnel connection failed: 407 Proxy Authentication Required" in str(caught.value)
    assert "HTTPS_PROXY" in caught.value.hint
    assert proxy.requests[0].startswith(b"CONNECT sts.us-east-1.amazonaws.com:443 ")


@pytest.mark.parametrize(
    ("endpoints", "api_request", "host"),
    [
        (Endpoints(region="eu-west-1"), WHO_AM_I, b"sts.eu-west-1.amazonaws.com"),
        (Endpoints(region="cn-north-1"), WHO_AM_I, b"sts.cn-north-1.amazonaws.com.cn"),
        (Endpoints(region="us-gov-west-1"), WHO_AM_I, b"sts.us-gov-west-1.amazonaws.com"),
        (Endpoints(region="us-west-2", use_fips=True), WHO_AM_I, b"sts-fips.us-west-2.amazonaws.com"),
        (Endpoints(region="us-west-2", use_dualstack=True), WHO_AM_I, b"sts.us-west-2.api.aws"),
        (Endpoints(region="eu-west-1"), APIRequest("iam", "ListMFADevices", KEY), b"iam.amazonaws.com"),
        (Endpoints(region="cn-north-1"), APIRequest("iam", "ListMFADevices", KEY), b"iam.cn-north-1.amazonaws.com.cn"),
        (Endpoints(region="us-gov-west-1"), APIRequest("iam", "ListMFADevices", KEY), b"iam.us-gov.amazonaws.com"),
    ],
)
def test_every_part_of_aws_has_its_own_hosts(
    monkeypatch: pytest.MonkeyPatch, endpoints: Endpoints, api_request: APIRequest, host: bytes
) -> None:
    with serving(refuse_the_tunnel) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)

        with pytest.raises(AWSUnreachableError):
            Transport(endpoints).send(api_request)

    assert proxy.requests[0].startswith(b"CONNECT " + host + b":443 ")


def test_this_machine_is_never_asked_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(answering(IDENTITY)) as server, serving(answering(b"")) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)

        Transport(Endpoints(sts_url=server.url)).send(WHO_AM_I)

        assert proxy.requests == []


def test_a_host_that_needs_no_proxy_is_asked_without(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(refuse_the_tunnel) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", ".invalid")

        with pytest.raises(AWSUnreachableError, match=r"cannot resolve sts\.invalid"):
            Transport(Endpoints(sts_url="https://sts.invalid")).send(TRADE)

        assert proxy.requests == []
