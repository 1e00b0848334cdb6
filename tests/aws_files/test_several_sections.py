"""Several sections changed in one edit: the same bytes as one after the other, or a refusal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfa_session.aws_files.editor import with_values, with_values_of_several
from mfa_session.aws_files.parser import Kind
from mfa_session.errors import SharedFileError

Changes = dict[str, dict[str, str | None]]

NAMES = ("a", "a-mfa", "b", "b-mfa", "default")
KEYS = ("region", "output", "aws_access_key_id", "aws_session_token", "mfa_session_source")

_LINES = [
    *(f"[{name}]" for name in NAMES),
    *(f"[profile {name}]" for name in NAMES),
    *(f"{key} = old" for key in KEYS),
    "# comment",
    "",
    "  wrapped",
    "nested =",
    "  key = value",
    "  [indented]",
    "[DEFAULT]",
    "[b] text",
    "[ a]",
    "[sso-session s]",
]

files = st.builds(
    lambda lines, end, last: (end.join(lines) + (end if last else "")).encode(),
    st.lists(st.sampled_from(_LINES), max_size=14),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
)
changes_ = st.dictionaries(
    st.sampled_from(NAMES),
    st.dictionaries(st.sampled_from(KEYS), st.one_of(st.none(), st.just("new")), min_size=1),
    max_size=4,
)


@given(data=files, kind=st.sampled_from(["credentials", "config"]), changes=changes_)
def test_it_is_what_one_edit_after_the_other_makes_or_is_refused(data: bytes, kind: Kind, changes: Changes) -> None:
    try:
        together = with_values_of_several(data, kind, changes)
    except SharedFileError:
        return

    expected = data
    for profile, values in changes.items():
        expected = with_values(expected, kind, profile, values)
    assert together == expected


def test_every_other_byte_stays() -> None:
    data = b"# top\n[x]\nk = 1 # not a comment\n\n[a-mfa]\r\naws_session_token = old\r\n[y]\n k = 2\n"

    after = with_values_of_several(
        data, "credentials", {"a-mfa": {"aws_session_token": "new"}, "b-mfa": {"aws_session_token": "new"}}
    )

    assert after == data.replace(b"old", b"new") + b"\n[b-mfa]\naws_session_token = new\n"


@pytest.mark.parametrize(
    "data",
    [
        b"[a]\nk = v\n[ a]\n",
        b"[a]\nk = v\n  [b]\n",
        b"[a] text\nk = v\n",
        b"[a]\nk = v\n  region = x\n",
        b"[DEFAULT]\nregion = x\n[a]\n",
        b"k = v\n",
    ],
)
def test_what_one_edit_may_refuse_is_refused(data: bytes) -> None:
    with pytest.raises(SharedFileError):
        with_values_of_several(data, "credentials", {"a": {"region": None, "output": "json"}})


def test_only_the_profiles_that_are_named_may_be_changed() -> None:
    assert with_values_of_several(b"[a]\nk = v", "credentials", {"c": {"region": None}}) == b"[a]\nk = v"
