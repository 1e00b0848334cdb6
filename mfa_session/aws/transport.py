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
from mfa_session.aws.http import Exchange, Limits, OverdueError
from mfa_session.aws.no_response import no_answer
from mfa_session.aws.request import Question
from mfa_session.aws.response import Answer, read_answer
from mfa_session.errors import ReplyLostError, ThrottledError
from mfa_session.model.credentials import SessionCredentials

# Before the second attempt and before the third, for questions that may be put again.
_PAUSES_IN_SECONDS = (0.2, 1.0)

_log = logging.getLogger(__name__)
_log_of_signing = logging.getLogger("botocore.auth")


class Line:
    """The way to STS and IAM, as *endpoints* say."""

    def __init__(self, endpoints: Endpoints, *, limits: Limits | None = None) -> None:
        self._endpoints = endpoints
        self._hosts = Hosts(endpoints)
        self._limits = limits or Limits()

    def ask(self, question: Question) -> Answer:
        """Put *question*, as often as it may be put, and return the answer.

        Raises:
            AWSError: AWS refused, could not be reached, or answered with something else than an answer.
            ConfigurationError: there is no way to AWS with these settings.
        """
        exchange = Exchange(self._limits, ca_bundle=self._endpoints.ca_bundle)
        for pause in _PAUSES_IN_SECONDS if question.may_be_put_again else ():
            try:
                return self._put(question, exchange)
            except (ReplyLostError, ThrottledError):
                if exchange.seconds_left <= pause:
                    raise
                time.sleep(pause)
        return self._put(question, exchange)

    def _put(self, question: Question, exchange: Exchange) -> Answer:
        request = self._signed(question)
        begun = time.monotonic()
        try:
            reply = exchange.send(request)
        except (BotoCoreError, OverdueError) as error:
            # Cut off: its traceback holds the request.
            raise no_answer(error, question=question, exchange=exchange) from None
        finally:
            took = 1000 * (time.monotonic() - begun)
            _log.debug("%s to %s: %s, %.0f ms", question.operation, exchange.host, exchange.stage.name, took)
        if reply.status != 200:
            raise refusal(
                reply, question=question, host=exchange.host, endpoints=self._endpoints, now=datetime.now(UTC)
            )
        answer = read_answer(reply.body, host=exchange.host, operation=question.operation)
        return replace(answer, date=reply.date)

    def _signed(self, question: Question) -> Any:
        host = self._hosts.of(question.service)
        request = AWSRequest(
            method="POST",
            url=host.url,
            data=_form(question),
            headers={"Content-Type": "application/x-www-form-urlencoded; charset=utf-8", "User-Agent": "mfa-session"},
        )
        with _silent(_log_of_signing):
            SigV4Auth(_signer(question), question.service, host.signing_region).add_auth(request)
        return request.prepare()


def _form(question: Question) -> bytes:
    """Return the body of the request, as AWS's query protocol has it."""
    fields = {"Action": question.operation, "Version": API_VERSIONS[question.service], **question.parameters}
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


def _signer(question: Question) -> _Signer:
    credentials = question.credentials
    token = credentials.session_token if isinstance(credentials, SessionCredentials) else None
    return _Signer(credentials.access_key_id, credentials.secret_access_key, token)
