"""An open line to AWS: botocore is imported and has read what it needs; questions can be put."""

import contextlib
import logging
import time
from datetime import UTC, datetime
from typing import Any

import botocore.exceptions
from botocore import xform_name

from mfa_session.aws.answer import Answer, not_from_aws
from mfa_session.aws.botocore_session import new_client, new_session, rehearse
from mfa_session.aws.endpoints import Endpoints
from mfa_session.aws.exchange import Exchange, Limits, OverdueError, Stage
from mfa_session.aws.question import Question
from mfa_session.aws.refusals import Refusal
from mfa_session.aws.silence import no_answer
from mfa_session.errors import ConfigurationError, MFASessionError

# botocore has two families for it, by where it was noticed.
_NO_ANSWER = (OverdueError, botocore.exceptions.HTTPClientError, botocore.exceptions.ConnectionError)

_log = logging.getLogger(__name__)


class Line:
    """The way to STS and IAM, as *endpoints* say."""

    def __init__(self, endpoints: Endpoints, *, limits: Limits | None = None) -> None:
        self._endpoints = endpoints
        self._limits = limits or Limits()
        self._session = new_session(endpoints)
        with contextlib.suppress(Exception):  # the first question meets it again, and explains
            rehearse(self._session, endpoints)

    def ask(self, question: Question) -> Answer:
        """Put *question* and return the answer.

        Raises:
            AWSError: AWS refused, could not be reached, or answered with something else than an answer.
            ConfigurationError: botocore finds no way to AWS with these settings.
        """
        exchange = Exchange(self._limits, ca_bundle=self._endpoints.ca_bundle)
        begun = time.monotonic()
        try:
            fields = self._put(question, exchange)
            return Answer(exchange.host, fields)
        except MFASessionError:
            raise
        except Exception as error:
            # Cut off: the original may quote the code, and its traceback the signed request.
            raise self._translated(error, question, exchange) from None
        finally:
            took = 1000 * (time.monotonic() - begun)
            _log.debug("%s to %s: %s, %.0f ms", question.operation, exchange.host, exchange.stage.name, took)

    def _put(self, question: Question, exchange: Exchange) -> Any:
        client = new_client(self._session, question, self._endpoints)
        client.meta.events.register("before-send", exchange.send)
        return getattr(client, xform_name(question.operation))(**question.parameters)

    def _translated(self, error: Exception, question: Question, exchange: Exchange) -> Exception:
        if isinstance(error, botocore.exceptions.ClientError):
            return self._refusal(error, question, exchange).meaning(now=datetime.now(UTC))
        if isinstance(error, _NO_ANSWER):
            return no_answer(error, question=question, exchange=exchange)
        if exchange.stage is Stage.ANSWER_WHOLE:
            # botocore's parser raises whatever the answer makes it raise.
            return not_from_aws(exchange.host, "it cannot be read")
        if isinstance(error, botocore.exceptions.BotoCoreError | ValueError):
            return ConfigurationError(
                f"no way to ask {question.operation} in {self._endpoints.region}: {question.quotable(str(error))}",
                hint="check the region, and AWS_USE_FIPS_ENDPOINT, AWS_USE_DUALSTACK_ENDPOINT and AWS_ENDPOINT_URL",
            )
        return error

    def _refusal(self, error: Any, question: Question, exchange: Exchange) -> Refusal:
        details = error.response.get("Error", {})
        metadata = error.response.get("ResponseMetadata", {})
        return Refusal(
            code=str(details.get("Code") or ""),
            text=str(details.get("Message") or ""),
            status=int(metadata.get("HTTPStatusCode", 0)),
            date=str(metadata.get("HTTPHeaders", {}).get("date", "")),
            host=exchange.host,
            question=question,
            endpoints=self._endpoints,
        )
