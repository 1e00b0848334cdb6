"""An open line to AWS: what of botocore is needed is imported, and questions can be put.

botocore signs, finds the host and carries; the question and the answer are ours. Its clients would look
for keys, profiles and settings of their own, send a code again when the answer is lost, and take twice as
long to load.
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
from mfa_session.aws.http import HTTPCall, Limits, OverdueError
from mfa_session.aws.no_response import no_response
from mfa_session.aws.request import APIRequest
from mfa_session.aws.response import APIResponse, read_response
from mfa_session.errors import ReplyLostError, ThrottledError
from mfa_session.model.credentials import SessionCredentials

# Before the second attempt and before the third, for questions that may be put again.
_PAUSES_IN_SECONDS = (0.2, 1.0)

_log = logging.getLogger(__name__)
_log_of_signing = logging.getLogger("botocore.auth")


class Transport:
    """The way to STS and IAM, as *endpoints* say."""

    def __init__(self, endpoints: Endpoints, *, limits: Limits | None = None) -> None:
        self._endpoints = endpoints
        self._hosts = Hosts(endpoints)
        self._limits = limits or Limits()

    def ask(self, request: APIRequest) -> APIResponse:
        """Put *question*, as often as it may be put, and return the answer.

        Raises:
            AWSError: AWS refused, could not be reached, or answered with something else than an answer.
            ConfigurationError: there is no way to AWS with these settings.
        """
        exchange = HTTPCall(self._limits, ca_bundle=self._endpoints.ca_bundle)
        for pause in _PAUSES_IN_SECONDS if request.retryable else ():
            try:
                return self._put(request, exchange)
            except (ReplyLostError, ThrottledError):
                if exchange.seconds_left <= pause:
                    raise
                time.sleep(pause)
        return self._put(request, exchange)

    def _put(self, request: APIRequest, exchange: HTTPCall) -> APIResponse:
        http_request = self._signed(request)
        begun = time.monotonic()
        try:
            reply = exchange.send(http_request)
        except (BotoCoreError, OverdueError) as error:
            # Cut off: its traceback holds the http_request.
            raise no_response(error, request=request, exchange=exchange) from None
        finally:
            took = 1000 * (time.monotonic() - begun)
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
    """Return the body of the http_request, as AWS's query protocol has it."""
    fields = {"Action": request.operation, "Version": API_VERSIONS[request.service], **request.parameters}
    return urlencode(fields).encode("ascii")


@contextlib.contextmanager
def _silent(log: logging.Logger) -> Iterator[None]:
    """Keep *log* from what it would tell at its lowest level: a session token, and a hash of all but a token code."""
    was_disabled = log.disabled
    log.disabled = True
    try:
        yield
    finally:
        log.disabled = was_disabled


class _Signer(NamedTuple):
    """The credentials that sign, under the names by which botocore asks for them."""

    access_key: str
    secret_key: str
    token: str | None


def _signer(request: APIRequest) -> _Signer:
    credentials = request.credentials
    token = credentials.session_token if isinstance(credentials, SessionCredentials) else None
    return _Signer(credentials.access_key_id, credentials.secret_access_key, token)
