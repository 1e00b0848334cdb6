"""Command lines, and the words that botocore finds in them."""

import pytest
from botocore.compat import compat_shell_split
from hypothesis import given
from hypothesis import strategies as st

from mfa_session.system.commands import words_of

# Twice as many of what matters as of what does not.
LINES = st.text(alphabet=st.sampled_from('\\\\""\'  \tab$'), max_size=12)


def found_by(split: object, line: str) -> object:
    try:
        return split(line)  # type: ignore[operator]  # one of the two below
    except ValueError:
        return "not closed"


@given(line=LINES, platform=st.sampled_from(["win32", "linux", "darwin"]))
def test_a_line_has_the_words_that_botocore_finds_in_it(line: str, platform: str) -> None:
    ours = found_by(lambda text: words_of(text, platform=platform), line)

    assert ours == found_by(lambda text: compat_shell_split(text, platform), line)


def test_a_path_of_windows_keeps_its_backslashes() -> None:
    line = r'"C:\Program Files\tool.exe" code C:\keys\new'

    assert words_of(line, platform="win32") == [r"C:\Program Files\tool.exe", "code", r"C:\keys\new"]


def test_a_quotation_mark_that_is_not_closed_is_no_line() -> None:
    with pytest.raises(ValueError, match="not closed"):
        words_of(r'"C:\tool.exe', platform="win32")
