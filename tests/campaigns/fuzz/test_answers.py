"""Answers in AWS's XML: any bytes are an answer with the fields that are asked for, or an error names the host."""

from collections.abc import Callable, Mapping
from datetime import UTC
from typing import Any, TypeVar
from xml.sax.saxutils import escape

from hypothesis import strategies as st

from mfa_session.aws.response import APIResponse, Value, read_refusal, read_response
from mfa_session.errors import AWSAnswerError
from mfa_session.model.credentials import timestamp
from tests.campaigns.fuzz.fuzzing import fuzzed
from tests.campaigns.fuzz.texts import any_bytes, any_text, like, made_of

Field = TypeVar("Field")

HOST = "sts.eu-west-1.amazonaws.com"
NAMES = ["Credentials", "AccessKeyId", "Expiration", "Users", "member", "IsTruncated", "Error", "Code", "Message"]

PIECES = [
    *(f"<{name}>" for name in NAMES),
    *(f"</{name}>" for name in NAMES),
    "<AResponse>",
    "</AResponse>",
    "<AResult>",
    "</AResult>",
    '<AResponse xmlns="https://sts.amazonaws.com/">',
    '<?xml version="1.0" encoding="UTF-16"?>',
    '<?xml version="1.0"?>',
    "<!-- c -->",
    "<![CDATA[",
    "]]>",
    "<?pi?>",
    "<!DOCTYPE a [",
    "<!ENTITY a 'b'>",
    "&amp;",
    "&a;",
    "&#0;",
    "&#x1f4a9;",
    "text",
]

names = st.sampled_from(NAMES)
times = like("2026-11-24T01:29:50Z", "2026-11-24T01:29:50.123+00:00", "0001-01-01T00:00:00+14:00", "99991231T235959Z")
texts = st.one_of(times, any_text).map(lambda text: "".join(filter(str.isprintable, text)))
contents: st.SearchStrategy[Value] = st.recursive(
    texts,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(names, inner, max_size=4)),
    max_leaves=12,
)


def xml(value: Value) -> str:
    if isinstance(value, str):
        return escape(value)
    if isinstance(value, list):
        return "".join(f"<member>{xml(part)}</member>" for part in value)
    return "".join(f"<{name}>{xml(part)}</{name}>" for name, part in value.items())


def everything_of(answer: APIResponse, depth: int = 0) -> None:
    """Ask *answer* for all that the program asks for."""
    for name in NAMES:
        asked: list[Callable[[str], Any]] = [answer.text, answer.texts, answer.moment, answer.says]
        for ask in asked:
            refused_or(ask, name)
        for part in (*(refused_or(answer.parts, name) or []), refused_or(answer.part, name)):
            if part is not None and depth < 3:
                everything_of(part, depth + 1)


def refused_or(ask: Callable[[str], Field], name: str) -> Field | None:
    try:
        return ask(name)
    except AWSAnswerError as error:
        assert HOST in str(error)
        return None


bodies = st.one_of(
    made_of(PIECES, at_most=30).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.lists(st.sampled_from(PIECES), max_size=20).map(
        lambda pieces: f"<AResponse><AResult>{''.join(pieces)}</AResult></AResponse>".encode()
    ),
    contents.map(lambda value: f"<AResponse><AResult>{xml(value)}</AResult></AResponse>".encode()),
    any_bytes,
    st.sampled_from([b"<a>" * 5000, b"<a>" * 5000 + b"</a>" * 5000]),
    texts.map(lambda text: f"<AResponse>{escape(text)}</AResponse>".encode("utf-16")),
)


@fuzzed("answers of AWS", quick=500, full=30_000, body=bodies)
def test_an_answer_has_what_was_asked_for_or_names_the_host(body: bytes) -> None:
    everything_of(read_response(body, host=HOST, operation="A"))


@fuzzed("refusals of AWS", quick=300, full=30_000, body=bodies, code=texts, message=texts)
def test_a_refusal_has_a_code_and_a_sentence(body: bytes, code: str, message: str) -> None:
    written = f"<E><Error><Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error></E>".encode()
    if code:
        assert read_refusal(written, host=HOST) == (code, message)

    assert read_refusal(body, host=HOST)[0]


fields = st.dictionaries(names, st.one_of(texts, st.dictionaries(names, texts, min_size=1, max_size=3)), min_size=1)


@fuzzed("answers of AWS that are right", quick=200, full=20_000, fields=fields)
def test_the_fields_of_a_right_answer_are_read_as_they_were_written(fields: dict[str, Value]) -> None:
    fields = {name: value for name, value in fields.items() if name != "member"}
    body = f'<AResponse xmlns="urn:x"><AResult>{xml(fields)}</AResult><ResponseMetadata/></AResponse>'.encode()

    answer = read_response(body, host=HOST, operation="A")

    assert {name: value for name, value in answer.fields.items() if value != ""} == normal(fields)


def normal(fields: Mapping[str, Value]) -> dict[str, Value]:
    """Return *fields* as XML can say them: nothing of what is empty, and a structure of members alone is a list."""
    said: dict[str, Value] = {}
    for name, value in fields.items():
        if isinstance(value, dict) and set(value) == {"member"}:
            said[name] = [value["member"]]
        elif value not in ("", {}):
            said[name] = value
    return said


@fuzzed("fields of answers", quick=200, full=20_000, text=st.one_of(times, any_text))
def test_a_moment_of_an_answer_can_be_written(text: str) -> None:
    moment = APIResponse(HOST, {"Date": text}).moment("Date")

    assert moment.tzinfo is not None
    assert timestamp(moment.astimezone(UTC))
