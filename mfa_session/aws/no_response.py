"""What it means when no answer comes from AWS: nothing was sent, or nobody knows what became of it."""

import http.client
import socket
import ssl
from collections.abc import Iterator

from botocore.exceptions import ProxyConnectionError, SSLError

from mfa_session.aws.http import HTTPCall, OverdueError, Stage
from mfa_session.aws.request import APIRequest
from mfa_session.aws.response import not_from_aws
from mfa_session.errors import AWSError, AWSUnreachableError, ReplyLostError

_CHECK_THE_NETWORK = "check the network, and what AWS_ENDPOINT_URL, endpoint_url and a proxy are set to"


def no_response(error: Exception, *, request: APIRequest, exchange: HTTPCall) -> AWSError:
    """Return what to tell the user about *error*, after which there is no answer to *question*."""
    if exchange.stage is Stage.NOTHING_SENT:
        return _nothing_sent(error, request=request, exchange=exchange)
    if any(_is_not_http(cause) for cause in _causes(error)):
        return not_from_aws(exchange.host, "it is not HTTP")
    return outcome_unknown(_what_happened(error, exchange), request=request)


def outcome_unknown(what: str, *, request: APIRequest, hint: str = _CHECK_THE_NETWORK) -> ReplyLostError:
    """Return the error for a question that went out, when *what* happened instead of an answer."""
    if request.codes:
        return ReplyLostError(
            f"{what}; the token code may have been used",
            hint="wait until the device shows the next code, and run the command again",
        )
    if not request.idempotent:
        return ReplyLostError(f"{what}; {request.operation} may have been done all the same", hint=hint)
    return ReplyLostError(what, hint=hint)


def _what_happened(error: Exception, exchange: HTTPCall) -> str:
    if isinstance(error, OverdueError):
        return f"no whole answer came from {exchange.host} within {exchange.limits.whole:.0f} s"
    if exchange.stage is Stage.REPLY_BEGUN:
        return f"{exchange.host} did not finish its answer"
    if any(isinstance(cause, TimeoutError) for cause in _causes(error)):
        return f"no answer came from {exchange.host} within {exchange.limits.read:.0f} s"
    return f"{exchange.host} ended the connection without an answer"


def _nothing_sent(error: Exception, *, request: APIRequest, exchange: HTTPCall) -> AWSUnreachableError:
    host, causes = exchange.host, list(_causes(error))
    if isinstance(error, ProxyConnectionError):
        return AWSUnreachableError(
            f"no way to {host} through the proxy: {request.quotable(str(causes[-1]))}",
            hint="check HTTPS_PROXY and NO_PROXY",
        )
    if isinstance(error, SSLError):
        return AWSUnreachableError(
            f"{host} cannot be trusted, and nothing was sent: {request.quotable(_why_untrusted(causes))}",
            hint="behind a proxy that opens TLS, name its certificates: AWS_CA_BUNDLE, or ca_bundle of the profile",
        )
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return AWSUnreachableError(
            f"there is no host {host}, or no network", hint="check the network, and the region: --region, AWS_REGION"
        )
    return AWSUnreachableError(_why_unreachable(error, causes, exchange=exchange), hint=_CHECK_THE_NETWORK)


def _why_unreachable(error: Exception, causes: list[BaseException], *, exchange: HTTPCall) -> str:
    host, limits = exchange.host, exchange.limits
    if isinstance(error, OverdueError):
        return f"{host} could not be reached within {limits.whole:.0f} s"
    for cause in causes:
        if isinstance(cause, TimeoutError):
            return f"{host} could not be reached within {limits.connect:.0f} s"
        if isinstance(cause, OSError) and cause.strerror:
            return f"{host} cannot be reached: {cause.strerror.lower()}"
    return f"{host} cannot be reached"


def _why_untrusted(causes: list[BaseException]) -> str:
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return cause.verify_message
    return str(causes[-1])


def _is_not_http(cause: BaseException) -> bool:
    # A lost connection is one of http.client's errors too, when it was lost in the right place.
    lost = (ConnectionError, http.client.IncompleteRead)
    return isinstance(cause, http.client.HTTPException) and not isinstance(cause, lost)


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
