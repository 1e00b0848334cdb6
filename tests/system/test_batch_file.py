"""Batch files of Windows, and what cmd.exe gets to read."""

import pytest

from mfa_session.errors import UsageError
from mfa_session.system.commands import batch_command_line, is_batch_file, words_of

PROGRAM = r"C:\npm\cdk.cmd"


@pytest.mark.parametrize(
    ("program", "is_one"), [(PROGRAM, True), (r"C:\a\B.BAT", True), (r"C:\a\aws.exe", False), (r"C:\a.cmd\aws", False)]
)
def test_a_batch_file_is_known_by_its_name(program: str, is_one: bool) -> None:
    assert is_batch_file(program) is is_one


@pytest.mark.parametrize("argument", ["plain", "a b", "a&calc", "a|b>c<d^e", "(x)", "", "C:\\folder\\", "a\\\\"])
def test_an_argument_comes_to_the_program_as_it_was(argument: str) -> None:
    line = batch_command_line(PROGRAM, ["deploy", argument])

    assert words_of(line, platform="win32") == [PROGRAM, "deploy", argument]


@pytest.mark.parametrize("argument", ["a&calc", "a|b>c<d^e"])
def test_no_word_stands_outside_of_quotation_marks(argument: str) -> None:
    line = batch_command_line(PROGRAM, [argument])

    assert "".join(line.split('"')[::2]).strip() == ""


@pytest.mark.parametrize("argument", ['"&calc&"', "%PATH%", "a\nb", "a\rb"])
def test_what_cmd_reads_between_quotation_marks_is_refused(argument: str) -> None:
    with pytest.raises(UsageError, match=r"cdk\.cmd is a batch file"):
        batch_command_line(PROGRAM, [argument])
