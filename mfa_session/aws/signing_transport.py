"""Signed requests of the AWS Query API. Imports botocore.

botocore finds the host, signs and connects. Its clients are not used: they would look for keys, profiles
and settings of their own, send a code again when the response is lost, and take twice as long to load.
"""

import contextlib
import logging
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError

from mfa_session.aws.endpoint_rules import API_VERSIONS, Hosts
from mfa_session.aws.endpoints import Endpoints
from mfa_session.aws.error_codes import refusal
from mfa_session.aws.http import HTTPCall, Limits, OverdueError, no_response
from mfa_session.aws.request import APIRequest
from mfa_session.aws.response import APIResponse, read_response
from mfa_session.errors import ReplyLostError, ThrottledError
from mfa_session.model.credentials import SessionCredentials

# Before the second attempt and before the third of a retryable request.
_PAUSES_IN_SECONDS = (0.2, 1.0)

_log = logging.getLogger(__name__)
_log_of_signing = logging.getLogger("botocore.auth")


class SigningTransport:
    """Signs requests, sends them to *endpoints* and reads the responses."""

    def __init__(self, endpoints: Endpoints, *, limits: Limits | None = None) -> None:
        self._endpoints = endpoints
        self._hosts = Hosts(endpoints)
        self._limits = limits or Limits()

    def send(self, request: APIRequest) -> APIResponse:
        """Send *request*, up to three times if it is retryable, and return the response."""
        exchange = HTTPCall(self._limits, ca_bundle=self._endpoints.ca_bundle)
        for pause in _PAUSES_IN_SECONDS if request.retryable else ():
            try:
                return self._send_once(request, exchange)
            except (ReplyLostError, ThrottledError):
                if exchange.seconds_left <= pause:
                    raise
                time.sleep(pause)
        return self._send_once(request, exchange)

    def _send_once(self, request: APIRequest, exchange: HTTPCall) -> APIResponse:
        http_request = self._signed(request)
        started = time.monotonic()
        try:
            reply = exchange.send(http_request)
        except (BotoCoreError, OverdueError) as error:
            # `from None`: its traceback holds the request.
            raise no_response(error, request=request, exchange=exchange) from None
        finally:
            took = 1000 * (time.monotonic() - started)
            _log.debug("%s to %s: %s, %.0f ms", request.operation, exchange.host, exchange.stage.name, took)
        if reply.status != 200:
            raise refusal(reply, request=request, host=exchange.host, endpoints=self._endpoints, now=datetime.now(UTC))
        response = read_response(reply.body, host=exchange.host, operation=request.operation)
        return replace(response, date=reply.date)

    def _signed(self, request: APIRequest) -> Any:
        host = self._hosts.of(request.service)
        http_request = AWSRequest(
            method="POST",
            url=host.url,
            data=_form(request),
            headers={"Content-Type": "application/x-www-form-urlencoded; charset=utf-8", "User-Agent": "mfa-session"},
        )
        with _silent(_log_of_signing):
            SigV4Auth(_signer(request), request.service, host.signing_region).add_auth(http_request)
        return http_request.prepare()


def _form(request: APIRequest) -> bytes:
    """Return the body of *request* in AWS's query protocol."""
    fields = {"Action": request.operation, "Version": API_VERSIONS[request.service], **request.parameters}
    return urlencode(fields).encode("ascii")


@contextlib.contextmanager
def _silent(log: logging.Logger) -> Iterator[None]:
    """Disable *log*, whose debug messages hold a session token, and a hash of all but a token code."""
    was_disabled = log.disabled
    log.disabled = True
    try:
        yield
    finally:
        log.disabled = was_disabled


class _Signer(NamedTuple):
    """The credentials that sign, under botocore's names."""

    access_key: str
    secret_key: str
    token: str | None


def _signer(request: APIRequest) -> _Signer:
    credentials = request.credentials
    token = credentials.session_token if isinstance(credentials, SessionCredentials) else None
    return _Signer(credentials.access_key_id, credentials.secret_access_key, token)
