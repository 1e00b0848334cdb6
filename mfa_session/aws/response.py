"""A response of AWS: checked fields, or an error that names the host."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeAlias
from xml.etree import ElementTree

from mfa_session.errors import AWSAnswerError

# AWS's query protocol knows nothing else; what is text, a number or a time is for the reader to know.
Value: TypeAlias = "str | dict[str, Value] | list[Value]"

_HINT = "check which endpoint answers: AWS_ENDPOINT_URL, endpoint_url, a proxy"


@dataclass(frozen=True, slots=True)
class APIResponse:
    """What *host* answered; *date* is what its clock showed, as it wrote it."""

    host: str
    fields: Mapping[str, Value] = field(repr=False)
    date: str = ""

    def text(self, name: str) -> str:
        """Return a field that must be text.

        Raises:
            AWSAnswerError: it is missing, or something else.
        """
        value = self.fields.get(name)
        if not isinstance(value, str):
            raise not_from_aws(self.host, f"it has no {name}")
        return value

    def says(self, name: str) -> bool:
        """Tell whether a field is there and true."""
        return self.fields.get(name) == "true"

    def moment(self, name: str) -> datetime:
        """Return a field that must be a moment in time, in UTC.

        Raises:
            AWSAnswerError: it is missing, or something else.
        """
        text = self.text(name)
        try:
            value = datetime.fromisoformat(text)
            if value.tzinfo is not None:
                return value.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        raise not_from_aws(self.host, f"its {name} is not a time")

    def part(self, name: str) -> "APIResponse":
        """Return a field that must be a structure of its own.

        Raises:
            AWSAnswerError: it is missing, or something else.
        """
        value = self.fields.get(name)
        if not isinstance(value, dict):
            raise not_from_aws(self.host, f"it has no {name}")
        return APIResponse(self.host, value)

    def parts(self, name: str) -> list["APIResponse"]:
        """Return a field that must be a list of structures; AWS leaves out an empty one, or what is in it.

        Raises:
            AWSAnswerError: it is something else.
        """
        value = self.fields.get(name) or []
        if not isinstance(value, list):
            raise not_from_aws(self.host, f"its {name} is no list")
        return [APIResponse(self.host, part if isinstance(part, dict) else {}) for part in value]

    def texts(self, name: str) -> list[str]:
        """Return a field that must be a list of texts.

        Raises:
            AWSAnswerError: it is something else.
        """
        value = self.fields.get(name) or []
        if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
            raise not_from_aws(self.host, f"its {name} is no list of texts")
        return [str(text) for text in value]

    def with_host(self, error: AWSAnswerError) -> AWSAnswerError:
        """Return *error*, which a value made of these fields raised, with the name of who answered."""
        return AWSAnswerError(f"{error} ({self.host} gave it)", hint=error.hint)


def not_from_aws(host: str, what: str) -> AWSAnswerError:
    """Return the error for an answer of *host* that AWS would not give; *what* is wrong with it."""
    return AWSAnswerError(f"the response of {host} is not from AWS: {what}", hint=_HINT)


# No answer of AWS has one. A web page begins so, and so does XML that grows when it is read.
_TYPE_DECLARATION = re.compile(r"<!(DOCTYPE|ENTITY)", re.IGNORECASE)

# The longest real answer has some 6,000. An element that is read takes hundreds of bytes, however few it was sent in.
_MAX_TAGS = 50_000

# The answers of STS and IAM are four levels deep.
_DEEPEST = 10


def read_response(body: bytes, *, host: str, operation: str) -> APIResponse:
    """Return the answer to *operation* that *body* is.

    Raises:
        AWSAnswerError: it is none.
    """
    document = _read(body, host=host)
    if document.tag != f"{operation}Response":
        raise not_from_aws(host, f"it does not answer {operation}")
    response = _value(document, host=host)
    result = response.get(f"{operation}Result") if isinstance(response, dict) else None
    return APIResponse(host, result if isinstance(result, dict) else {})


def read_refusal(body: bytes, *, host: str) -> tuple[str, str]:
    """Return the code and the sentence with which AWS refuses.

    Raises:
        AWSAnswerError: it is no refusal of AWS.
    """
    document = _read(body, host=host)
    code = document.findtext("Error/Code")
    if not code:
        raise not_from_aws(host, "an error without a code")
    return code, document.findtext("Error/Message", "")


def _read(body: bytes, *, host: str) -> ElementTree.Element:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise not_from_aws(host, "it cannot be read") from None
    if _TYPE_DECLARATION.search(text):
        raise not_from_aws(host, "it is a web page, or another kind of document")
    if text.count("<") > _MAX_TAGS:
        raise not_from_aws(host, "it has too many parts")
    try:
        # A zero would let expat take it for another encoding, in which a declaration was not found.
        document = ElementTree.fromstring(text.replace("\0", "?"))  # noqa: S314  # it is short, and has no entities
    except ElementTree.ParseError:
        raise not_from_aws(host, "it cannot be read") from None
    for element in document.iter():
        element.tag = element.tag.rpartition("}")[2]
    return document


def _value(element: ElementTree.Element, *, host: str, depth: int = 0) -> Value:
    if depth > _DEEPEST:
        raise not_from_aws(host, "it is nested too deeply")
    if len(element) == 0:
        return element.text or ""
    values = [(child.tag, _value(child, host=host, depth=depth + 1)) for child in element]
    if all(name == "member" for name, _ in values):
        return [value for _, value in values]
    return dict(values)
