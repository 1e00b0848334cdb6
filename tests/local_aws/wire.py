"""A request as it goes over the wire, signed by botocore; a test may change any part of it before it is sent."""

import http.client
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode
from xml.etree import ElementTree

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from mfa_session.local_aws.credentials import LongTermKey, Session
from tests.faults import Endpoint

_VERSIONS = {"sts": "2011-06-15", "iam": "2010-05-08"}


@dataclass
class Received:
    """An answer, read to its end."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def text(self, name: str) -> str:
        """The text of the first element of this *name*."""
        found = ElementTree.fromstring(self.body).find(f".//{{*}}{name}")
        assert found is not None, self.body
        return found.text or ""

    @property
    def error(self) -> tuple[str, str]:
        """The code and the message of an error of the query protocol."""
        error = ElementTree.fromstring(self.body).find("{*}Error")
        assert error is not None, self.body
        return error.findtext("{*}Code", ""), error.findtext("{*}Message", "")


@dataclass
class Wire:
    """A request that is ready to be sent to *host*."""

    host: str
    headers: dict[str, str]
    body: bytes
    method: str = "POST"
    target: str = "/"
    more_headers: list[tuple[str, str]] = field(default_factory=list)

    def send(self) -> Received:
        connection = http.client.HTTPConnection(self.host, timeout=5)
        try:
            connection.putrequest(self.method, self.target, skip_host=True, skip_accept_encoding=True)
            for name, value in [*self.headers.items(), *self.more_headers]:
                connection.putheader(name, value)
            connection.endheaders(self.body)
            response = connection.getresponse()
            return Received(response.status, response.headers, response.read())
        finally:
            connection.close()


def signed(
    endpoint: Endpoint,
    credentials: LongTermKey | Session,
    action: str = "GetCallerIdentity",
    parameters: Mapping[str, str] | None = None,
    *,
    service: str = "sts",
    region: str = "us-east-1",
    at: datetime | None = None,
    scope: str | None = None,
) -> Wire:
    """Return a call of *action*, signed as botocore does it; *at* is when, *scope* for which service if another."""
    form = {"Action": action, "Version": _VERSIONS[service], **(parameters or {})}
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    request = AWSRequest("POST", endpoint.url + "/", headers, urlencode(form).encode())
    token = credentials.session_token if isinstance(credentials, Session) else None
    keys = Credentials(credentials.access_key_id, credentials.secret_access_key, token)
    signer = _SignerAt(at or endpoint.account.now(), keys, scope or service, region)
    signer.add_auth(request)
    prepared = request.prepare()
    return Wire(endpoint.host, {"Host": endpoint.host, **dict(prepared.headers)}, prepared.body)


class _SignerAt(SigV4Auth):  # type: ignore[misc]  # botocore has no types
    """botocore's signature of another moment than now."""

    def __init__(self, moment: datetime, keys: Credentials, service: str, region: str) -> None:
        super().__init__(keys, service, region)
        self._moment = f"{moment:%Y%m%dT%H%M%SZ}"

    def _modify_request_before_signing(self, request: AWSRequest) -> None:
        request.context["timestamp"] = self._moment
        super()._modify_request_before_signing(request)
