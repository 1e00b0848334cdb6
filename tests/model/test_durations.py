"""Spans of time are read as people write them, and written as people read them."""

from datetime import timedelta

import pytest

from mfa_session.errors import UsageError
from mfa_session.model.durations import duration, in_words, role_duration, session_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("43200", 43200), ("12h", 43200), ("90m", 5400), ("1h30m", 5400), ("45s", 45), (" 2H ", 7200), ("1h1m1s", 3661)],
)
def test_a_span_is_seconds_or_hours_minutes_and_seconds(text: str, seconds: int) -> None:
    assert duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", " ", "h", "12x", "-1h", "1.5h", "１２h", "30m1h", "9" * 40])
def test_anything_else_is_no_span(text: str) -> None:
    with pytest.raises(UsageError):
        duration(text)


@pytest.mark.parametrize(("text", "allowed"), [("14m59s", False), ("15m", True), ("36h", True), ("36h1s", False)])
def test_a_session_lasts_from_fifteen_minutes_to_thirty_six_hours(text: str, allowed: bool) -> None:
    if allowed:
        assert session_duration(text) == duration(text)
    else:
        with pytest.raises(UsageError, match="cannot last"):
            session_duration(text)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(43199, "11 h 59 min"), (43200, "12 h"), (899, "14 min"), (59.9, "59 s"), (0, "0 s"), (-5, "0 s")],
)
def test_a_span_is_told_in_two_units_rounded_down(seconds: float, words: str) -> None:
    assert in_words(timedelta(seconds=seconds)) == words


def test_what_is_no_span_is_told_with_how_to_write_one() -> None:
    with pytest.raises(UsageError, match=r"^this is not a span of time(?m:$)") as refused:
        duration("soon")

    assert refused.value.hint == "write seconds, or hours and minutes: 43200, 12h, 90m, 1h30m"


def test_a_span_that_cannot_be_is_told_with_those_that_can() -> None:
    with pytest.raises(UsageError, match=r"^a session cannot last 40 h(?m:$)") as of_a_session:
        session_duration("40h")
    with pytest.raises(UsageError, match=r"^the session of a role cannot last 13 h(?m:$)") as of_a_role:
        role_duration("13h")

    assert of_a_session.value.hint == "AWS allows 15 minutes (15m) to 36 hours (36h)"
    assert of_a_role.value.hint == "AWS allows 15 minutes (15m) to 12 hours (12h)"
