"""Answers of AWS: the XML of its query protocol, and the errors that come instead."""

import uuid
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias
from xml.sax.saxutils import escape

from mfa_session.model.credentials import timestamp

Value: TypeAlias = "bool | int | str | bytes | datetime | Mapping[str, Value] | Sequence[Value] | None"
Result: TypeAlias = Mapping[str, Value]


class RefusedError(Exception):
    """AWS says no: an HTTP status, one of its error codes, and its words for it."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(status, code, message)
        self.status = status
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True)
class Response:
    """An HTTP response; *error_code* is AWS's, where it is an error."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    error_code: str | None = None


def result_answer(action: str, result: Result | None, *, namespace: str) -> Response:
    """Return the answer to a call of *action* that was done; actions that return nothing have ``None``."""
    request_id = str(uuid.uuid4())
    content: dict[str, Value] = {} if result is None else {f"{action}Result": result}
    content["ResponseMetadata"] = {"RequestId": request_id}
    return _xml(200, f"{action}Response", content, namespace=namespace, request_id=request_id)


def refusal_answer(refusal: RefusedError, *, namespace: str) -> Response:
    """Return the answer of the query protocol that tells of *refusal*."""
    request_id = str(uuid.uuid4())
    with_host = "Sender" if refusal.status < 500 else "Receiver"
    error = {"Type": with_host, "Code": refusal.code, "Message": refusal.message}
    content: dict[str, Value] = {"Error": error, "RequestId": request_id}
    return _xml(
        refusal.status, "ErrorResponse", content, namespace=namespace, request_id=request_id, error_code=refusal.code
    )


def element(name: str, value: Value) -> str:
    """Return *value* as an element: lists have ``member`` elements, ``None`` is no element at all."""
    if value is None:
        return ""
    return f"<{name}>{_content(value)}</{name}>"


def _content(value: Value) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            # a bare carriage return would come out of a parser as a newline
            return escape(value, {"\r": "&#13;"})
        case bytes():
            return b64encode(value).decode("ascii")
        case datetime():
            return timestamp(value)
        case Mapping():
            return "".join(element(name, part) for name, part in value.items())
        case Sequence():
            return "".join(element("member", part) for part in value)
    return str(value)


def _xml(
    status: int, name: str, content: Result, *, namespace: str, request_id: str, error_code: str | None = None
) -> Response:
    text = f'<{name} xmlns="{namespace}">{_content(content)}</{name}>'
    headers = {"Content-Type": "text/xml", "x-amzn-RequestId": request_id}
    return Response(status, text.encode("utf-8"), headers, error_code)
