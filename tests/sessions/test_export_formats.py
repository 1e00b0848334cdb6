"""Each shell takes the values as they are, and runs nothing."""

import io
import itertools
import re
import shutil
import subprocess
from pathlib import Path

import dotenv
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfa_session.errors import UsageError
from mfa_session.sessions.export_formats import FORMATS, assignments
from tests.clean_environment import clean_environment

# Whatever means something to one shell or another, the four curly quotes of PowerShell among it.
SPECIAL = "'\"\\$`!%^&|;<>(){}[]*?~#=-@:,. \t\u2018\u2019\u201a\u201bé\u672c"

# Every special character beside every other, and what would be run or filled in.
HOSTILE = [
    "".join(chr(code) for code in range(0x21, 0x7F)),
    "$(touch pwned)",
    "`touch pwned`",
    "';touch pwned;'",
    '";touch pwned;"',
    "'$(touch pwned)'",
    "&touch pwned&",
    "| touch pwned",
    "${HOME}$HOME%HOME%$Env:HOME!HOME!~",
    "-n",
    "\\n\\",
    "",
    *("".join(pair) for pair in itertools.product(SPECIAL, repeat=2)),
]

VARIABLES = {f"V{number}": value for number, value in enumerate(HOSTILE)}


def needs(shell: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(shell) is None, reason=f"{shell} is not installed")


def run(shell: str, script: str, home: Path, **environment: str) -> dict[str, str]:
    """Return the environment at the end of *script*, in which nothing was run."""
    (home / "lines").write_text(script, encoding="utf-8")
    ran = subprocess.run(
        [shell, "-c", f"{'source' if shell == 'fish' else '.'} ./lines; env -0"],
        env=clean_environment(home, **environment),
        cwd=home,
        capture_output=True,
        check=True,
    )
    assert ran.stderr == b""
    assert not (home / "pwned").exists()
    return dict(pair.decode().split("=", 1) for pair in ran.stdout.split(b"\0") if pair)


@pytest.mark.parametrize(
    ("shell", "form"),
    [
        pytest.param(shell, form, marks=needs(shell))
        for shell, form in [("sh", "env"), ("dash", "env"), ("bash", "env"), ("zsh", "env"), ("fish", "fish")]
    ],
)
def test_a_shell_takes_every_value_byte_for_byte_and_runs_nothing(shell: str, form: str, tmp_path: Path) -> None:
    found = run(shell, assignments(VARIABLES, forget=[], shell=form), tmp_path)

    assert {name: found[name] for name in VARIABLES} == VARIABLES


@pytest.mark.parametrize("shell", [pytest.param(shell, marks=needs(shell)) for shell in ("sh", "dash", "bash", "zsh")])
def test_without_export_a_variable_is_set_and_stays_in_the_shell(shell: str, tmp_path: Path) -> None:
    lines = assignments(VARIABLES, forget=[], shell="env-no-export")

    kept = run(shell, lines, tmp_path)
    exported = run(shell, f"{lines}export {' '.join(VARIABLES)}\n", tmp_path)

    assert not set(VARIABLES) & set(kept)
    assert {name: exported[name] for name in VARIABLES} == VARIABLES


@pytest.mark.parametrize(
    ("shell", "form"),
    [
        pytest.param(shell, form, marks=needs(shell))
        for shell, form in [("dash", "env"), ("bash", "env-no-export"), ("zsh", "env"), ("fish", "fish")]
    ],
)
def test_a_shell_forgets_what_it_is_told_to_whether_it_was_set_or_not(shell: str, form: str, tmp_path: Path) -> None:
    lines = assignments({"NEW": "x"}, forget=["AWS_PROFILE", "NEVER_SET"], shell=form)

    found = run(shell, lines, tmp_path, AWS_PROFILE="old", STAYS="y")

    assert "AWS_PROFILE" not in found
    assert found["STAYS"] == "y"


def read_by_powershell(line: str) -> tuple[str, str]:
    """Read ``$Env:NAME = 'text'`` by PowerShell's grammar of verbatim strings.

    Any of five quotes ends the string; two in a row, of whichever kind, stand for the first of them.
    """
    assignment = re.fullmatch(
        "\\$Env:([A-Z_0-9]+) = ['\u2018-\u201b]((?:[^'\u2018-\u201b]|['\u2018-\u201b]{2})*)['\u2018-\u201b]", line
    )
    assert assignment, line
    return assignment[1], re.sub("(['\u2018-\u201b])['\u2018-\u201b]", r"\1", assignment[2])


def test_powershell_takes_every_value_as_it_is() -> None:
    lines = assignments(VARIABLES, forget=[], shell="powershell").removesuffix("\n").split("\n")

    assert dict(map(read_by_powershell, lines)) == VARIABLES


def test_powershell_forgets_what_may_never_have_been_set() -> None:
    assert assignments({}, forget=["AWS_PROFILE"], shell="powershell") == (
        "Remove-Item -ErrorAction Ignore Env:AWS_PROFILE\n"
    )


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters='"%!^')))
def test_cmd_takes_between_its_quotes_whatever_it_does_not_fill_in(value: str) -> None:
    assert assignments({"A": value}, forget=["B"], shell="windows-cmd") == f'set B=\nset "A={value}"\n'


@pytest.mark.parametrize("value", ['a"b', "%PATH%", "a!b", "a^b"])
def test_what_cmd_would_fill_in_is_refused(value: str) -> None:
    with pytest.raises(UsageError) as refused:
        assignments({"A": value}, forget=[], shell="windows-cmd")

    assert value not in str(refused.value)
    assert "--format powershell" in refused.value.hint


def dotenv_line(value: str) -> str | None:
    try:
        return assignments({"A": value}, forget=["B"], shell="dotenv")
    except UsageError:
        return None


def test_a_dotenv_reader_takes_every_value_that_is_written() -> None:
    lines = {value: line for value in HOSTILE if (line := dotenv_line(value)) is not None}

    read = {value: dotenv.dotenv_values(stream=io.StringIO(line))["A"] for value, line in lines.items()}

    assert read == {value: value for value in lines}
    assert len(lines) > len(HOSTILE) / 2


@pytest.mark.parametrize("value", ["${HOME}", "$(id)", "a\\n", "'\""])
def test_what_readers_of_dotenv_files_take_differently_is_refused(value: str) -> None:
    assert dotenv_line(value) is None


def test_what_needs_no_quotes_in_a_dotenv_file_has_none() -> None:
    assert dotenv_line("FwoGZXIvYXdz+/==") == "A=FwoGZXIvYXdz+/==\n"


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("value", ["a\nb", "a\rb", "a\0b"])
def test_a_line_break_is_refused_in_every_format(form: str, value: str) -> None:
    with pytest.raises(UsageError, match="has a line break"):
        assignments({"A": value}, forget=[], shell=form)


@pytest.mark.parametrize("form", FORMATS)
def test_there_is_one_line_for_each_variable(form: str) -> None:
    lines = assignments({"A": "x", "B": "y"}, forget=[], shell=form).splitlines()

    assert [re.search("[AB]", line)[0] for line in lines] == ["A", "B"]  # type: ignore[index]  # it is there, or the test fails
