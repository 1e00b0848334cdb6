"""A document is an answer or a refusal of AWS, or an error says who sent it and what it is instead."""

from collections.abc import Callable

import pytest

from mfa_session.aws.response import APIResponse, read_refusal, read_response
from mfa_session.errors import AWSAnswerError

HOST = "sts.example.com"

MAX_TAGS = 50_000
DEEPEST = 10


def response(body: bytes) -> APIResponse:
    return read_response(body, host=HOST, operation="Ask")


def refusal(body: bytes) -> tuple[str, str]:
    return read_refusal(body, host=HOST)


def tags(number: int) -> bytes:
    """Return an answer of as many tags, of which two are around it."""
    return b"<AskResponse>" + b"<a/>" * (number - 2) + b"</AskResponse>"


def nested(depth: int) -> bytes:
    """Return an answer with so many levels below the first."""
    return b"<AskResponse>" + b"<a>" * depth + b"</a>" * depth + b"</AskResponse>"


def test_the_fields_of_an_answer_are_read_whatever_its_namespace() -> None:
    body = (
        b'<?xml version="1.0"?><AskResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AskResult>'
        b"<Name>\xc3\xa9&amp;</Name><Empty/><Part><Name>x</Name></Part><Parts><member>y</member></Parts>"
        b"</AskResult><ResponseMetadata/></AskResponse>"
    )

    assert response(body) == APIResponse(HOST, {"Name": "é&", "Empty": "", "Part": {"Name": "x"}, "Parts": ["y"]})


@pytest.mark.parametrize("body", [b"<AskResponse/>", b"<AskResponse><AskResult>text</AskResult></AskResponse>"])
def test_an_answer_without_a_result_has_no_fields(body: bytes) -> None:
    assert response(body) == APIResponse(HOST, {})


@pytest.mark.parametrize(
    ("inside", "sentence"), [(b"<Message>Go away</Message>", "Go away"), (b"", ""), (b"<Message/>", "")]
)
def test_a_refusal_has_a_code_and_may_have_a_sentence(inside: bytes, sentence: str) -> None:
    assert refusal(b"<E><Error><Code>Denied</Code>" + inside + b"</Error></E>") == ("Denied", sentence)


@pytest.mark.parametrize(
    ("read", "body", "what"),
    [
        pytest.param(response, b"\x00\xff" * 500, "it cannot be read", id="binary"),
        pytest.param(response, b"<AskResponse><AskRes", "it cannot be read", id="cut off"),
        pytest.param(response, b"<AskResult/>", "it does not answer Ask", id="another"),
        pytest.param(response, tags(MAX_TAGS + 1), "it has too many parts", id="many parts"),
        pytest.param(response, nested(DEEPEST + 1), "it is nested too deeply", id="deep"),
        pytest.param(
            response,
            b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><l>&b;</l>',
            "it is a web page, or another kind of document",
            id="entities",
        ),
        *(
            pytest.param(response, "<!DOCTYPE l><AskResponse/>".encode(encoding), "it cannot be read", id=encoding)
            for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32")
        ),
        pytest.param(refusal, b"", "it cannot be read", id="empty"),
        pytest.param(refusal, b"<AskResponse/>", "an error without a code", id="no error"),
        pytest.param(refusal, b"<E><Error><Message>x</Message></Error></E>", "an error without a code", id="no code"),
        pytest.param(refusal, b"<E><Error><Code/></Error></E>", "an error without a code", id="empty code"),
    ],
)
def test_what_is_none_of_aws_is_told_by_who_gave_it(read: Callable[[bytes], object], body: bytes, what: str) -> None:
    with pytest.raises(AWSAnswerError) as caught:
        read(body)

    assert str(caught.value) == f"the response of {HOST} is not from AWS: {what}"


@pytest.mark.parametrize("body", [tags(MAX_TAGS), nested(DEEPEST)], ids=["many parts", "deep"])
def test_an_answer_at_the_limit_is_read(body: bytes) -> None:
    assert response(body) == APIResponse(HOST, {})
