"""What the system refuses is said in words of its own."""

import errno
from pathlib import Path

import pytest

from mfa_session.filesystem.os_errors import explain_os_error

PATH = Path("/home/me/.aws/credentials")


@pytest.mark.parametrize(
    "number",
    [
        errno.EBUSY,
        errno.ENOSPC,
        errno.EFBIG,
        errno.EROFS,
        errno.EACCES,
        errno.EPERM,
        errno.EIO,
        errno.EDQUOT,
        errno.ELOOP,
    ],
)
def test_each_of_the_usual_refusals_has_a_sentence_and_a_hint_of_its_own(number: int) -> None:
    said = explain_os_error(OSError(number, "what the system says"), PATH)
    others = [explain_os_error(OSError(other, ""), PATH) for other in errno.errorcode if other != number]

    assert said.problem not in {other.problem for other in others}
    assert said.hint != explain_os_error(OSError(errno.EDOM, ""), PATH).hint
    assert "{" not in said.hint


def test_any_other_refusal_is_said_in_the_words_of_the_system() -> None:
    assert explain_os_error(OSError(errno.EDOM, "x"), PATH).problem == "numerical argument out of domain"
    assert explain_os_error(OSError("no number"), PATH).problem == "OSError"


def test_a_hint_names_the_folder_and_the_file() -> None:
    assert "/home/me/.aws /home/me/.aws/credentials" in explain_os_error(OSError(errno.EPERM, ""), PATH).hint


def test_a_folder_with_braces_or_control_characters_in_its_name_is_shown_as_it_is() -> None:
    hint = explain_os_error(OSError(errno.EACCES, ""), Path("/a{b}\x1b/c")).hint

    assert hint.endswith("/a{b}\\x1b")


@pytest.mark.parametrize("number", [5, 32, 33])
def test_windows_says_the_same_of_a_file_that_is_open_as_of_one_that_is_not_yours(number: int) -> None:
    error = PermissionError(errno.EACCES, "Access is denied")
    error.winerror = number  # type: ignore[attr-defined,unused-ignore]  # which it has on Windows alone

    said = explain_os_error(error, PATH)

    assert said.problem == "another program has it open, or you may not write in its folder"
    assert said.hint.endswith("icacls /home/me/.aws")
