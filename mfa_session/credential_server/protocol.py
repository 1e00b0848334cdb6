"""The container credentials protocol: HTTP requests for credentials, and the responses.

Every AWS SDK speaks it, and asks again before the credentials expire.
https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html

A request is parsed strictly (RFC 9112): anything that two programs could read in two
ways is refused. It has no body, and a connection carries one request.
"""

import json
import re
import secrets
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

from mfa_session.model.credentials import SessionCredentials, timestamp

# SDKs accept plain http for loopback addresses only.
LOOPBACK = "127.0.0.1"
_PATH = "/credentials"

_TOKEN_BYTES = 32

# A request of an SDK has some four hundred bytes.
MAX_BYTES = 8192

_END = b"\r\n\r\n"
_NAME = r"([!#$%&'*+.^_`|~0-9A-Za-z-]+)"
_REQUEST_LINE = re.compile(_NAME + r" ([!-~]+) HTTP/1\.1")
_HEADER = re.compile(_NAME + r":([\t -~\x80-\xff]*)")


def _new_token() -> str:
    return secrets.token_urlsafe(_TOKEN_BYTES)


@dataclass(frozen=True, slots=True)
class CredentialEndpoint:
    """The address for one program and its children: a loopback *port*, and the *token* that a request must carry.

    *tunnel_port* is the port of a remote host's loopback address that SSH forwards here.
    """

    port: int
    token: str = field(default_factory=_new_token, repr=False)
    path: str = _PATH
    tunnel_port: int | None = None

    @property
    def hosts(self) -> set[str]:
        """The accepted values of the ``Host`` header: the loopback address, with or without its port.

        AWS Common Runtime clients leave the port out. A host *name* is never accepted: a web page could make
        a name of its own resolve to this machine (DNS rebinding).
        """
        return {LOOPBACK, *(f"{LOOPBACK}:{port}" for port in (self.port, self.tunnel_port) if port)}

    @property
    def url(self) -> str:
        """The URL for the program: on the remote host where there is a tunnel."""
        return f"http://{LOOPBACK}:{self.tunnel_port or self.port}{self.path}"

    def variables(self, *, token_file: Path | None) -> dict[str, str]:
        """Return the environment variables for AWS SDKs; some read the token from *token_file* only."""
        variables = {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": self.url,
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": self.token,
        }
        if token_file is not None:
            variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = str(token_file)
        return variables


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it was sent: nothing is decoded, and the *headers* are in their order."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def header(self, name: str) -> list[str]:
        """Return every value of the header *name*, in any capitalization."""
        return [value for key, value in self.headers if key.lower() == name.lower()]


@dataclass(frozen=True, slots=True)
class Response:
    """What is sent back: a status, and a JSON document that may hold a secret."""

    status: HTTPStatus
    document: str = field(repr=False)

    @classmethod
    def credentials(cls, session: SessionCredentials) -> "Response":
        """Return the response with the credentials of *session*."""
        return cls(
            HTTPStatus.OK,
            json.dumps(
                {
                    "AccessKeyId": session.access_key_id,
                    "SecretAccessKey": session.secret_access_key,
                    "Token": session.session_token,
                    "Expiration": timestamp(session.expiration),
                }
            ),
        )

    @classmethod
    def refusal(cls, status: HTTPStatus, code: str, message: str) -> "Response":
        """Return an error response; the AWS CLI and most SDKs show *message*."""
        return cls(status, json.dumps({"code": code, "message": message}))

    def encoded(self) -> bytes:
        """Return the response as bytes of HTTP/1.1; the connection is closed after it."""
        body = self.document.encode()
        lines = [
            f"HTTP/1.1 {self.status.value} {self.status.phrase}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            "Cache-Control: no-store",
            "X-Content-Type-Options: nosniff",
            "Connection: close",
        ]
        if self.status is HTTPStatus.METHOD_NOT_ALLOWED:
            lines.append("Allow: GET")
        return "\r\n".join(lines).encode("ascii") + _END + body


class RefusedRequestError(Exception):
    """The bytes received are not a request that this server accepts; *response* says why."""

    def __init__(self, response: Response) -> None:
        super().__init__(response)
        self.response = response


def parse_request(received: bytes) -> Request | None:
    """Return the request that *received* begins with, or ``None`` while it is incomplete.

    Raises:
        RefusedRequestError: it is malformed or too long.
    """
    head, end, _ = received[:MAX_BYTES].partition(_END)
    if not end:
        if len(received) >= MAX_BYTES:
            raise _refused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"the request is longer than {MAX_BYTES} bytes")
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    request_line = _REQUEST_LINE.fullmatch(first)
    headers = [_HEADER.fullmatch(line) for line in lines]
    if request_line is None or not all(headers):
        raise _refused(HTTPStatus.BAD_REQUEST, "not a valid HTTP/1.1 request")
    request = Request(
        request_line[1], request_line[2], tuple((found[1], found[2].strip(" \t")) for found in headers if found)
    )
    if request.header("Transfer-Encoding") or any(length != "0" for length in request.header("Content-Length")):
        raise _refused(HTTPStatus.BAD_REQUEST, "a request must not have a body")
    return request


def _refused(status: HTTPStatus, message: str) -> RefusedRequestError:
    return RefusedRequestError(Response.refusal(status, "BadRequest", message))
