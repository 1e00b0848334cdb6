"""The reception: takes a request, finds out who asks what of which service, and has it answered."""

from dataclasses import dataclass

from mfa_session.errors import UsageError
from mfa_session.local_aws import signin
from mfa_session.local_aws.account import Account
from mfa_session.local_aws.authentication import Caller, authenticate
from mfa_session.local_aws.iam import IAM
from mfa_session.local_aws.requests import HTTPRequest
from mfa_session.local_aws.responses import RefusedError, Response, refusal_answer, result_answer
from mfa_session.local_aws.s3 import list_buckets, s3_refusal
from mfa_session.local_aws.sigv4 import Signature
from mfa_session.local_aws.sts import STS

_SERVICES = {service.name: service for service in (STS, IAM)}


@dataclass(frozen=True)
class Reply:
    """An answer, and who got it, where that could be found out."""

    answer: Response
    caller: Caller | None = None


def receive(account: Account, request: HTTPRequest) -> Reply:
    """Answer *request* as AWS does, one request at a time."""
    with account.lock:
        if request.path == signin.PATH:
            return Reply(signin.federation(account, request))
        try:
            signature = Signature.of(request)
        except RefusedError as refusal:
            return Reply(_refused(request, refusal, service=""))
        try:
            caller = authenticate(account, request, signature)
        except RefusedError as refusal:
            return Reply(_refused(request, refusal, service=signature.service))
        try:
            return Reply(_perform(account, caller, request, signature.service), caller)
        except RefusedError as refusal:
            return Reply(_refused(request, refusal, service=signature.service), caller)
        except UsageError as error:
            # a policy here says something that only real AWS understands, and a guess would be worse than no answer
            failure = RefusedError(500, "InternalFailure", f"the local AWS cannot evaluate a policy: {error}")
            return Reply(_refused(request, failure, service=signature.service), caller)


def _perform(account: Account, caller: Caller, request: HTTPRequest, service_name: str) -> Response:
    if service_name == "s3":
        if (request.method, request.path) != ("GET", "/"):
            raise RefusedError(
                501, "NotImplemented", "A header you provided implies functionality that is not implemented"
            )
        return list_buckets(account, caller)
    service = _SERVICES.get(service_name)
    if service is None:
        raise RefusedError(403, "SignatureDoesNotMatch", "Credential should be scoped to correct service.")
    return result_answer(request.action, service.perform(account, caller, request.form), namespace=service.namespace)


def _refused(request: HTTPRequest, refusal: RefusedError, *, service: str) -> Response:
    if service == "s3" or "Action" not in request.form:
        return s3_refusal(refusal)
    return refusal_answer(refusal, namespace=_SERVICES.get(service, STS).namespace)
