"""Signatures: whether a request was signed with the secret it claims, for us, now and unchanged.

AWS Signature Version 4 in its ``Authorization`` header form
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
"""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self
from urllib.parse import parse_qsl, quote

from mfa_session.local_aws.requests import HTTPRequest
from mfa_session.local_aws.responses import RefusedError

_ALGORITHM = "AWS4-HMAC-SHA256"
_PARAMETER = re.compile(r"\s*(\w+)=([^,\s]*)\s*,?")
_CREDENTIAL = re.compile(r"(?P<key>[^/]+)/(?P<date>\d{8})/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")
# What S3 takes in the place of the hash of a body, and no other service.
_UNSIGNED = "UNSIGNED-PAYLOAD"

_COMPACT = "%Y%m%dT%H%M%SZ"

# How far X-Amz-Date may be from AWS's own time.
_ALLOWED_SKEW = timedelta(minutes=5)


@dataclass(frozen=True)
class Signature:
    """What an ``Authorization`` header claims."""

    access_key_id: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    value: str

    @classmethod
    def of(cls, request: HTTPRequest) -> Self:
        """Read the signature of *request*, without believing it.

        Raises:
            RefusedError: there is none, or it is not complete.
        """
        header = request.header("Authorization")
        if header is None:
            raise RefusedError(403, "MissingAuthenticationToken", "Request is missing Authentication Token")
        algorithm, _, rest = header.partition(" ")
        if algorithm != _ALGORITHM:
            raise RefusedError(400, "IncompleteSignature", f"Unsupported AWS 'algorithm': '{algorithm}'.")
        given = dict(_PARAMETER.findall(rest))
        missing = [name for name in ("Credential", "Signature", "SignedHeaders") if not given.get(name)]
        if missing:
            text = " ".join(f"Authorization header requires '{name}' parameter." for name in missing)
            raise RefusedError(400, "IncompleteSignature", text)
        scope = _CREDENTIAL.fullmatch(given["Credential"])
        if scope is None:
            message = "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term"
            raise RefusedError(400, "IncompleteSignature", message)
        headers = tuple(given["SignedHeaders"].split(";"))
        return cls(scope["key"], scope["date"], scope["region"], scope["service"], headers, given["Signature"])

    def check(self, request: HTTPRequest, *, secret_access_key: str, now: datetime) -> None:
        """Make sure that *request* was signed so with *secret_access_key*, at most five minutes from *now*.

        Raises:
            RefusedError: it was not.
        """
        self._check_time(request, now)
        self._check_signed_headers(request)
        calculated = self._calculate(request, secret_access_key)
        if not hmac.compare_digest(calculated.encode(), self.value.encode()):
            raise _mismatch(
                "The request signature we calculated does not match the signature you provided. "
                "Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
            )

    def _check_time(self, request: HTTPRequest, now: datetime) -> None:
        stamp = request.header("X-Amz-Date") or ""
        try:
            signed_at = datetime.strptime(stamp, _COMPACT).replace(tzinfo=UTC)
        except ValueError:
            message = "Date must be in ISO-8601 'basic format'. Got '{}'. See http://en.wikipedia.org/wiki/ISO_8601"
            raise RefusedError(400, "IncompleteSignature", message.format(stamp)) from None
        if not stamp.startswith(self.date):
            raise _mismatch(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
                f"'{self.date}' != '{stamp[:8]}', from '{stamp}'."
            )
        earliest, latest = now - _ALLOWED_SKEW, now + _ALLOWED_SKEW
        if signed_at < earliest.replace(microsecond=0):
            raise _mismatch(
                f"Signature expired: {stamp} is now earlier than {earliest:{_COMPACT}} ({now:{_COMPACT}} - 5 min.)"
            )
        if signed_at > latest:
            raise _mismatch(
                f"Signature not yet current: {stamp} is still later than {latest:{_COMPACT}} "
                f"({now:{_COMPACT}} + 5 min.)"
            )

    def _check_signed_headers(self, request: HTTPRequest) -> None:
        if "host" not in self.signed_headers:
            raise _mismatch("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
        sent = {name.lower() for name, _ in request.headers}
        unsigned = sorted(name for name in sent if name.startswith("x-amz-") and name not in self.signed_headers)
        if unsigned:
            names = ", ".join(unsigned)
            raise _mismatch(f"There were headers present in the request which were not signed: {names}")

    def _calculate(self, request: HTTPRequest, secret_access_key: str) -> str:
        scope = f"{self.date}/{self.region}/{self.service}/aws4_request"
        digest = hashlib.sha256(self._canonical(request).encode("utf-8", "surrogateescape")).hexdigest()
        text = "\n".join((_ALGORITHM, request.header("X-Amz-Date") or "", scope, digest))
        key = f"AWS4{secret_access_key}".encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        return hmac.digest(key, text.encode(), "sha256").hex()

    def _canonical(self, request: HTTPRequest) -> str:
        headers = [f"{name}:{_canonical_value(request, name)}\n" for name in self.signed_headers]
        payload = hashlib.sha256(request.body).hexdigest()
        if self.service == "s3" and request.header("X-Amz-Content-SHA256") == _UNSIGNED:
            payload = _UNSIGNED
        elif request.header("X-Amz-Content-SHA256") not in (None, payload):
            raise RefusedError(
                400,
                "XAmzContentSHA256Mismatch",
                "The provided 'x-amz-content-sha256' header does not match what was computed.",
            )
        return "\n".join(
            (
                request.method,
                request.path,
                _canonical_query(request.query),
                "".join(headers),
                ";".join(self.signed_headers),
                payload,
            )
        )


def _canonical_value(request: HTTPRequest, name: str) -> str:
    return ",".join(" ".join(value.split()) for value in request.header_values(name))


def _canonical_query(query: str) -> str:
    pairs = [(quote(name, safe="-_.~"), quote(value, safe="-_.~")) for name, value in parse_qsl(query, True)]
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def _mismatch(message: str) -> RefusedError:
    return RefusedError(403, "SignatureDoesNotMatch", message)
