"""S3, as far as ``aws s3 ls`` needs it: the list of the account's buckets."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime

from mfa_session.local_aws.account import Account
from mfa_session.local_aws.authentication import Caller
from mfa_session.local_aws.operations import Operation
from mfa_session.local_aws.responses import RefusedError, Response, element

_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_CREATED = datetime(2024, 2, 29, 9, 0, tzinfo=UTC)

# S3 has error codes of its own for what the other services say in common.
_CODES: Mapping[str, tuple[int, str, str]] = {
    "InvalidClientTokenId": (
        403,
        "InvalidAccessKeyId",
        "The AWS Access Key Id you provided does not exist in our records.",
    ),
    "ExpiredToken": (400, "ExpiredToken", "The provided token has expired."),
    "MissingAuthenticationToken": (403, "AccessDenied", "Access Denied"),
}


def list_buckets(account: Account, caller: Caller) -> Response:
    """Answer with every bucket of the account.

    Raises:
        RefusedError: the policies of *caller* do not allow it.
    """
    # AWS calls the permission by another name than the operation
    Operation("s3", "ListAllMyBuckets", {}, caller, account).authorize(f"arn:{account.partition}:s3:::*")
    buckets = "".join(element("Bucket", {"Name": name, "CreationDate": _CREATED}) for name in sorted(account.buckets))
    owner = element("Owner", {"ID": account.account_id, "DisplayName": "owner"})
    text = f'<ListAllMyBucketsResult xmlns="{_NAMESPACE}">{owner}<Buckets>{buckets}</Buckets></ListAllMyBucketsResult>'
    return _answer(200, text)


def s3_refusal(refusal: RefusedError) -> Response:
    """Return S3's answer that tells of *refusal*."""
    plain = (refusal.status, refusal.code, refusal.message)
    status, code, message = _CODES.get(refusal.code, plain)
    if refusal.message.startswith("Signature "):
        status, code = 403, "RequestTimeTooSkewed"
        message = "The difference between the request time and the current time is too large."
    return _answer(status, element("Error", {"Code": code, "Message": message}), error_code=code)


def _answer(status: int, text: str, *, error_code: str | None = None) -> Response:
    headers = {"Content-Type": "application/xml", "x-amz-request-id": uuid.uuid4().hex[:16].upper()}
    return Response(status, f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode(), headers, error_code)
