"""An answer has what is asked for, or an error says who gave it and what is wrong."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from mfa_session.aws.response import APIResponse
from mfa_session.errors import AWSAnswerError

ANSWER = APIResponse(
    "iam.example.com", {"Text": "x", "Texts": ["x", "y"], "Mixed": ["x", {"Text": "y"}], "Part": {"Text": "z"}}
)


@pytest.mark.parametrize(
    ("ask", "what"),
    [
        (lambda: ANSWER.text("Part"), "it has no Part"),
        (lambda: ANSWER.part("Text"), "it has no Text"),
        (lambda: ANSWER.parts("Text"), "its Text is no list"),
        (lambda: ANSWER.texts("Text"), "its Text is no list of texts"),
        (lambda: ANSWER.texts("Mixed"), "its Mixed is no list of texts"),
        (lambda: ANSWER.moment("Text"), "its Text is not a time"),
        (lambda: ANSWER.part("Part").text("Texts"), "it has no Texts"),
    ],
)
def test_what_is_not_there_is_told_with_the_host_and_what_to_look_at(ask: Callable[[], object], what: str) -> None:
    with pytest.raises(AWSAnswerError) as refused:
        ask()

    assert str(refused.value) == f"the response of iam.example.com is not from AWS: {what}"
    assert refused.value.hint == "check which endpoint answers: AWS_ENDPOINT_URL, endpoint_url, a proxy"


def test_what_is_there_is_returned() -> None:
    assert ANSWER.text("Text") == "x"
    assert ANSWER.texts("Texts") == ["x", "y"]
    assert ANSWER.texts("Nothing") == []
    assert ANSWER.part("Part") == APIResponse("iam.example.com", {"Text": "z"})
    assert ANSWER.parts("Mixed") == [APIResponse("iam.example.com", {}), APIResponse("iam.example.com", {"Text": "y"})]


def test_a_moment_is_in_utc_whatever_zone_it_was_written_in() -> None:
    response = APIResponse("iam.example.com", {"CreateDate": "2026-11-24T10:29:50+09:00"})

    moment = response.moment("CreateDate")

    assert moment == datetime(2026, 11, 24, 1, 29, 50, tzinfo=UTC)
    assert moment.tzinfo is UTC


def test_the_blame_for_a_value_goes_to_the_host() -> None:
    error = ANSWER.with_host(AWSAnswerError("no valid seed", hint="look"))

    assert (str(error), error.hint) == ("no valid seed (iam.example.com gave it)", "look")
