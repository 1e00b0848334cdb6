"""One HTTP request and one HTTP answer, as they are written; nothing more of HTTP is understood here.

A request is read as the standard says and no further (RFC 9112): what two programs could
read in two ways is refused. It has no body; a connection carries one request.
"""

import re
from http import HTTPStatus

from mfa_session.credential_server.protocol import Request, Response

# The requests of the SDKs are of some four hundred bytes.
MAX_BYTES = 8192

_END = b"\r\n\r\n"

_NAME = r"([!#$%&'*+.^_`|~0-9A-Za-z-]+)"
_REQUEST_LINE = re.compile(_NAME + r" ([!-~]+) HTTP/1\.1")
_HEADER = re.compile(_NAME + r":([\t -~\x80-\xff]*)")


class RefusedRequestError(Exception):
    """What came is no request that is understood here; *answer* says so."""

    def __init__(self, answer: Response) -> None:
        super().__init__(answer)
        self.answer = answer


def read_request(came: bytes) -> Request | None:
    """Return the request that *came* begins with, or ``None`` where more of it has to come.

    Raises:
        RefusedRequestError: it is none, or grows too long to be one.
    """
    head, end, _ = came[:MAX_BYTES].partition(_END)
    if not end:
        if len(came) >= MAX_BYTES:
            raise _refused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"a request has at most {MAX_BYTES} bytes")
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    request_line = _REQUEST_LINE.fullmatch(first)
    headers = [_HEADER.fullmatch(line) for line in lines]
    if request_line is None or not all(headers):
        raise _refused(HTTPStatus.BAD_REQUEST, "this is no request of HTTP/1.1")
    request = Request(
        request_line[1], request_line[2], tuple((found[1], found[2].strip(" \t")) for found in headers if found)
    )
    if request.header("Transfer-Encoding") or any(length != "0" for length in request.header("Content-Length")):
        raise _refused(HTTPStatus.BAD_REQUEST, "a request has no body here")
    return request


def written(answer: Response) -> bytes:
    """Return *answer* as it goes over the wire, to be followed by the end of the connection."""
    body = answer.document.encode()
    lines = [
        f"HTTP/1.1 {answer.status.value} {answer.status.phrase}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "Cache-Control: no-store",
        "X-Content-Type-Options: nosniff",
        "Connection: close",
    ]
    if answer.status is HTTPStatus.METHOD_NOT_ALLOWED:
        lines.append("Allow: GET")
    return "\r\n".join(lines).encode("ascii") + _END + body


def _refused(status: HTTPStatus, message: str) -> RefusedRequestError:
    return RefusedRequestError(Response.refusal(status, "BadRequest", message))
