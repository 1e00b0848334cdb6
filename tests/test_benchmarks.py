"""The benchmarks run, and their table says what it should."""

from pathlib import Path

import pytest

from benchmarks.__main__ import Pace, measure
from benchmarks.installations import present
from benchmarks.measures import Measure, Row, Samples, rows
from benchmarks.report import put_into, table

# One run of each on a machine that does something else: only what is another order of magnitude is a failure.
LENIENCE = 6

# Not installed for the tests, or the other of the two wrappers.
ELSEWHERE = {
    Measure.PYTHON,
    Measure.CACHED,
    Measure.CACHED_BY_LINE,
    Measure.OLDER_PYTHON,
    Measure.OLDER_CACHED,
    Measure.PROMPT_KEYRING,
    *(measure for measure in Measure if measure.name.startswith(("AWS_MFA", "AWSUME", "AWS_VAULT"))),
}


def took(**seconds: float) -> Samples:
    samples = Samples()
    samples.add({Measure[name]: value for name, value in seconds.items()})
    return samples


def test_a_small_run_measures_all_that_is_there_and_nothing_is_out_of_all_proportion(tmp_path: Path) -> None:
    pace = Pace(rounds=1, laps=2, thinking=0.1, callers=5, crowds=1, roles=20)

    samples = measure(present(), tmp_path, pace)

    results = rows(samples, callers=pace.callers, roles=pace.roles)
    printed = table(results, samples)
    assert {row.measure for row in results} == set(Measure)
    assert {row.measure for row in results if row.measure not in samples} <= ELSEWHERE
    for row in results:
        assert f"| {row.what} " in printed
        value = row.ratio(samples) if row.against else samples.median(row.measure) if row.measure in samples else None
        assert value is None or row.at_most is None or value <= LENIENCE * row.at_most, printed


def test_a_memory_is_written_in_mebibytes_and_a_number_without_a_unit() -> None:
    assert Row(Measure.CACHED_MEMORY).written(8.71) == "8.7 MiB"
    assert Row(Measure.QUESTIONS).written(1) == "1"
    assert Row(Measure.CACHED).written(0.0123) == "12.3 ms"


@pytest.mark.parametrize(("seconds", "timeout"), [(0.0115, True), (0.0116, False)])
def test_a_ratio_may_be_as_much_as_its_budget(seconds: float, timeout: bool) -> None:
    row = Row(Measure.CACHED, Measure.PYTHON, 1.15)

    assert row.is_within_budget(took(PYTHON=0.01, CACHED=seconds)) is timeout


@pytest.mark.parametrize(("seconds", "timeout"), [(0.120, True), (0.121, False)])
def test_a_time_may_be_as_much_as_its_budget(seconds: float, timeout: bool) -> None:
    row = Row(Measure.ENTER, at_most=0.120)

    assert row.is_within_budget(took(ENTER=seconds)) is timeout


def test_what_was_not_measured_is_in_the_table_and_not_judged() -> None:
    row = Row(Measure.PROMPT, Measure.AWS_MFA_PROMPT, 0.7)

    assert row.is_within_budget(took(PROMPT=0.2)) is None
    assert "not measured" in table([row], took(AWS_MFA_PROMPT=0.3))


def test_every_caller_of_a_crowd_may_take_as_long_as_an_answer_does() -> None:
    (crowd,) = (row for row in rows(took(CACHED=0.02), callers=100, roles=4000) if row.measure is Measure.CROWD)

    assert crowd.at_most == 4.0


def test_a_table_takes_the_place_of_the_last_one_and_nothing_else(tmp_path: Path) -> None:
    document = tmp_path / "performance.md"
    put_into(document, "the first\n")
    document.write_text(f"before\n{document.read_text()}behind\n")

    put_into(document, "the second\n")

    lines = document.read_text().splitlines()
    assert (lines[0], lines[2], lines[-1]) == ("before", "the second", "behind")


def test_a_document_without_a_place_for_a_table_stays_as_it_is(tmp_path: Path) -> None:
    document = tmp_path / "letter.md"
    document.write_text("dear reader\n")

    with pytest.raises(SystemExit, match="no place for a table"):
        put_into(document, "a table\n")

    assert document.read_text() == "dear reader\n"
