"""A profile that is removed takes its keys along, and nothing that is somebody else's."""

import pytest

from mfa_session.aws_files.editor import with_values, without_keys, without_profile
from mfa_session.errors import SharedFileError

OLD = b"aws_access_key_id = ASIAOLD\naws_secret_access_key = old\naws_session_token = oldtoken\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(b"[dev]\n" + OLD, b"", id="the only one"),
        pytest.param(b"[a]\nk = v\n\n[dev]\n" + OLD, b"[a]\nk = v\n\n", id="the last"),
        pytest.param(b"[a]\nk = v\n[dev]\nk = v", b"[a]\nk = v\n", id="the last without end"),
        pytest.param(b"[dev]\nk = v\n  w\n[b]\n", b"[b]\n", id="a wrapped value"),
        pytest.param(b"[dev]\n[b]\nk = v\n", b"[b]\nk = v\n", id="a bare header"),
        pytest.param(b"[dev]\n\n# b's\n[b]\n", b"\n# b's\n[b]\n", id="a bare header, and what belongs to the next"),
        pytest.param(
            b"# a's\n[a]\n# dev's\n[dev]\n# in\nk = v\n  # b's\n\n[b]\n",
            b"# a's\n[a]\n# dev's\n  # b's\n\n[b]\n",
            id="comments",
        ),
        pytest.param(b"[dev]\ns3 =\n  x = 1\n\n  # c\n  yy = 22\n\n[b]\n", b"\n[b]\n", id="a nested block"),
        pytest.param(b"[dev]\r\nk = v\r\n\r\n[b]\r\n", b"\r\n[b]\r\n", id="CRLF"),
    ],
)
def test_a_profile_is_removed_with_its_keys_and_nothing_else(before: bytes, after: bytes) -> None:
    assert without_profile(before, "credentials", "dev") == after


def test_removing_a_profile_that_is_not_there_changes_nothing() -> None:
    data = b"[a]\nk = v"

    assert without_profile(data, "credentials", "dev") == data


def test_a_profile_is_not_removed_where_the_next_header_would_become_a_value() -> None:
    with pytest.raises(SharedFileError, match="read differently"):
        without_profile(b"[a]\nk = v\n[dev]\n  [b]\n  k = v\n", "credentials", "dev")


@pytest.mark.parametrize("line", [b"  [prod]\n", b"  region = r\n"])
def test_a_profile_is_not_removed_with_a_line_that_was_indented_by_mistake(line: bytes) -> None:
    with pytest.raises(SharedFileError, match=r"line 3.* is indented"):
        without_profile(b"[dev]\nk = v\n" + line, "credentials", "dev")


def test_a_profile_above_a_header_that_other_sdks_pass_over_is_left_alone() -> None:
    with pytest.raises(SharedFileError, match="line 3: other AWS SDKs"):
        without_profile(b"[dev]\nk = v\n[prod] x\nk = v\n", "credentials", "dev")
    with pytest.raises(SharedFileError, match="line 3: other AWS SDKs"):
        with_values(b"[dev]\nk = v\n[prod] x\nk = v\n", "credentials", "dev", {"region": "r"})


def test_a_nested_block_is_removed_with_its_section() -> None:
    assert without_profile(b"[dev]\ns3 =\n  region = r\n[a]\n", "credentials", "dev") == b"[a]\n"


def test_a_value_goes_on_in_a_line_that_begins_with_any_letter() -> None:
    assert without_profile(b"[dev]\nnote = v\n  X\n[a]\n", "credentials", "dev") == b"[a]\n"


def test_what_every_profile_inherits_from_is_not_removed() -> None:
    with pytest.raises(SharedFileError, match=r"\[DEFAULT\] is no profile"):
        without_profile(b"[DEFAULT]\nregion = r\n", "credentials", "DEFAULT")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(b"[dev]\nk = v\nl = w\n", b"", id="nothing else"),
        pytest.param(b"[dev]\nk = v\nm = x\nl = w\n", b"[dev]\nm = x\n", id="another line"),
        pytest.param(b"[a]\nm = x\n[dev]\nk = v\n# c\nl = w\n[b]\n", b"[a]\nm = x\n# c\n[b]\n", id="a comment"),
        pytest.param(b"[a]\nk = v\n", b"[a]\nk = v\n", id="no such profile"),
    ],
)
def test_keys_go_with_the_section_where_nothing_else_stands_in_it(before: bytes, after: bytes) -> None:
    assert without_keys(before, "credentials", "dev", ["k", "l", "absent"]) == after
