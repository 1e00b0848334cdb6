"""The local AWS with buckets that can be listed, for clients that ask nothing else."""

from mfa_session.local_aws.authentication import authenticate
from mfa_session.local_aws.operations import Operation
from mfa_session.local_aws.requests import HTTPRequest
from mfa_session.local_aws.responses import RefusedError, Response
from mfa_session.local_aws.router import Reply
from mfa_session.local_aws.s3 import s3_refusal
from mfa_session.local_aws.sigv4 import Signature
from tests import faults

_EMPTY = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    "<Name>{name}</Name><Prefix></Prefix><KeyCount>0</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>"
    "</ListBucketResult>"
)


class Endpoint(faults.Endpoint):
    """A strict STS, IAM and S3, in which each bucket is empty and can be listed."""

    def reply(self, request: HTTPRequest) -> Reply:
        """Answer *request*; a bucket is listed with a permission and a signature, like all else."""
        if request.method != "GET" or "list-type=2" not in request.query:
            return super().reply(request)
        bucket = request.path.strip("/")
        with self.account.lock:
            try:
                caller = authenticate(self.account, request, Signature.of(request))
            except RefusedError as refusal:
                return Reply(s3_refusal(refusal))
            try:
                operation = Operation("s3", "ListBucket", {}, caller, self.account)
                operation.authorize(f"arn:{self.account.partition}:s3:::{bucket}")
            except RefusedError as refusal:
                return Reply(s3_refusal(refusal), caller)
        body = _EMPTY.format(name=bucket).encode()
        return Reply(Response(200, body, {"Content-Type": "application/xml"}), caller)
