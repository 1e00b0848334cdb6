"""The XML in which AWS's query protocol answers.

An element for each field, elements called ``member`` for a list; ``…Response`` around an answer, and
``ErrorResponse`` around a refusal. What else a server may send is none of AWS's, and told so.
"""

import re
from xml.etree import ElementTree

from mfa_session.aws.answer import Answer, Value, not_from_aws

# No answer of AWS has one. A web page begins so, and so does XML that grows when it is read.
_TYPE_DECLARATION = re.compile(r"<!(DOCTYPE|ENTITY)", re.IGNORECASE)

# The longest real answer has some 6,000. An element that is read takes hundreds of bytes, however few it was sent in.
_MOST_TAGS = 50_000

# The answers of STS and IAM are four levels deep.
_DEEPEST = 10


def read_answer(body: bytes, *, host: str, operation: str) -> Answer:
    """Return the answer to *operation* that *body* is.

    Raises:
        AWSAnswerError: it is none.
    """
    document = _read(body, host=host)
    if document.tag != f"{operation}Response":
        raise not_from_aws(host, f"it does not answer {operation}")
    response = _value(document, host=host)
    result = response.get(f"{operation}Result") if isinstance(response, dict) else None
    return Answer(host, result if isinstance(result, dict) else {})


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
    if text.count("<") > _MOST_TAGS:
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
