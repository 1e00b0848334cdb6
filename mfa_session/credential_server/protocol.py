"""The container credentials protocol: how AWS tools ask for credentials over HTTP, and what they are told.

Every SDK speaks it, and asks again before the credentials end.
https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
"""

import json
import secrets
from dataclasses import dataclass, field
from http import HTTPStatus

from mfa_session.model.credentials import SessionCredentials, timestamp

# Where to ask. SDKs take plain http for nothing but the loopback.
_LOOPBACK = "127.0.0.1"
_PATH = "/credentials"

_TOKEN_BYTES = 32


def _new_token() -> str:
    return secrets.token_urlsafe(_TOKEN_BYTES)


@dataclass(frozen=True, slots=True)
class CredentialEndpoint:
    """Where one program and all that it starts may ask: a *port* of the loopback, and the *token* that opens it."""

    port: int
    token: str = field(default_factory=_new_token, repr=False)
    path: str = _PATH

    @property
    def host(self) -> str:
        """The only ``Host`` that a request may name: a web page that another name leads here is turned away."""
        return f"{_LOOPBACK}:{self.port}"

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables by which AWS tools find the door, and the key to it."""
        return {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://{self.host}{self.path}",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": self.token,
        }


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it was sent: nothing in it is decoded, and the *headers* are in their order."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def header(self, name: str) -> list[str]:
        """Return every value of the header *name*, however that is capitalized."""
        return [value for key, value in self.headers if key.lower() == name.lower()]


@dataclass(frozen=True, slots=True)
class Response:
    """What is sent back: a status, and a JSON document that may hold a secret."""

    status: HTTPStatus
    document: str = field(repr=False)

    @classmethod
    def credentials(cls, session: SessionCredentials) -> "Response":
        """Return the answer that hands *session* out."""
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
        """Return the answer that hands nothing out, and says why; the AWS CLI and most SDKs show it as it is."""
        return cls(status, json.dumps({"code": code, "message": message}))
