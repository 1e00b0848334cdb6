"""Files made up of everything that was ever seen in one, in any order: an edit harms none of them."""

import re
import tempfile
from pathlib import Path
from typing import Any

from botocore.configloader import raw_config_parse
from botocore.exceptions import ConfigParseError
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from mfa_session.errors import SharedFileError
from mfa_session.store.profile_headers import profile_of
from mfa_session.store.section_edit import with_values, without_profile
from mfa_session.store.sections import Kind, split_lines
from tests.campaigns import scale

MANY = settings(
    max_examples=scale.cases(quick=200, full=100_000),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
SOME = settings(MANY, max_examples=MANY.max_examples // 2)

OURS = (
    "region",
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "aws_security_token",
    "aws_account_id",
)

HEADERS = ["[default]", "[dev]", "[profile dev]", "[prod]", "[profile prod]", "[profile 'a b']", "[a b]", "[x[0]]"]
ODD_HEADERS = ["[DEFAULT]", "[dev] # c", "[prod] x", "[Profile dev]", "[dev ]", "[a=b]", "[sso-session dev]", "[開発]"]
KEYS = [*OURS, "output", "s3", "note", "é"]
VALUES = [
    "v",
    "v",
    "",
    "#v",
    "v ; w",
    "a=b",
    "%(x)s",
    "'a",
    '"""',
    "\\",
    "v\u2028w",
    "v\x0bw",
    "v\x85w",
    "🚀",
    "[x]",
    "\ufeff",
]
BELOW_A_HEADER = ["", " ", "# c", "; c", "#[dev]", "  # c"]
BELOW_A_KEY = [*BELOW_A_HEADER, "    x = 1", "    region = 1", "    [dev]"]
BELOW_A_VALUE = [*BELOW_A_KEY, "    continued", "\t  AKIA"]
BROKEN = ["// c", "k", "=", "[", "\x00", "\ufeff", "<<<<<<< HEAD", "[dev]", "[default]", "region = twice"]

ends = st.sampled_from(["\n", "\n", "\r\n", "\r"])


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """A file that most often can be read, and often is odd."""
    lines = draw(st.lists(st.sampled_from(BELOW_A_HEADER), max_size=2))
    for header in draw(st.lists(st.sampled_from(HEADERS + HEADERS + ODD_HEADERS), max_size=4, unique=True)):
        indentation = draw(st.sampled_from(["", "", "", "", "  ", "\t", "\u3000"]))
        lines.append(draw(st.sampled_from(["", "", "", indentation])) + header)
        lines += draw(st.lists(st.sampled_from(BELOW_A_HEADER), max_size=1))
        for key in draw(st.lists(st.sampled_from(KEYS), max_size=5, unique=True)):
            name = draw(st.sampled_from([key, key, key, key.upper()]))
            value = draw(st.sampled_from(VALUES))
            lines.append(indentation + name + draw(st.sampled_from([" = ", "=", ": ", "\t=  "])) + value)
            lines += draw(st.lists(st.sampled_from(BELOW_A_VALUE if value else BELOW_A_KEY), max_size=2))
    if draw(st.integers(0, 9)) == 0:
        lines.insert(draw(st.integers(0, len(lines))), draw(st.sampled_from(BROKEN)))
    end, mixed = draw(ends), draw(st.integers(0, 9)) == 0
    data = "".join(line + (draw(ends) if mixed else end) for line in lines).encode()
    return data.rstrip(b"\r\n") if draw(st.booleans()) else data


values = st.dictionaries(
    st.sampled_from(OURS), st.one_of(st.none(), st.sampled_from(["new", "a=b #c", "new=="])), min_size=1
)
kinds = st.sampled_from(["credentials", "config"])
profiles = st.sampled_from(["dev", "dev", "prod", "default", "a b", "new"])


def read(data: bytes) -> list[tuple[str, dict[str, Any]]] | None:
    """What botocore reads, in order; ``None`` where it cannot."""
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(data)
        try:
            return list(raw_config_parse(file.name).items())
        except (ConfigParseError, UnicodeDecodeError):
            return None


def of_others(sections: list[tuple[str, dict[str, Any]]], kind: Kind, profile: str) -> list[tuple[str, dict[str, Any]]]:
    return [(name, keys) for name, keys in sections if profile_of(name, kind) != profile]


def own(sections: list[tuple[str, dict[str, Any]]], kind: Kind, profile: str) -> dict[str, Any]:
    return next((keys for name, keys in sections if profile_of(name, kind) == profile), {})


def foreign_lines(data: bytes) -> list[bytes]:
    """The lines that no edit may touch, however configparser reads them: comments, headers, keys that are not ours."""
    return [
        line for line in split_lines(data) if line.strip().startswith((b"#", b";", b"[", b"output", b"s3", b"note"))
    ]


def is_kept(lines: list[bytes], after: list[bytes]) -> bool:
    """Tell whether *lines* are in *after*, in order; the last line of a file may have gained its end."""
    rest = iter(after)
    return all(any(other in (line, line + b"\n", line + b"\r\n", line + b"\r") for other in rest) for line in lines)


@MANY
@given(files(), kinds, profiles, values)
def test_an_edit_changes_what_was_asked_for_and_no_foreign_byte(
    data: bytes, kind: Kind, profile: str, values: dict[str, str | None]
) -> None:
    before = read(data)
    try:
        edited = with_values(data, kind, profile, values)
    except SharedFileError as refusal:
        event("unreadable" if before is None else f"refused: {re.sub(r'.*line [0-9]+', 'line', str(refusal))[:50]}")
        return

    after = read(edited)

    event("edited")
    assert before is not None
    assert after is not None
    assert of_others(after, kind, profile) == of_others(before, kind, profile)
    assert is_kept(foreign_lines(data), foreign_lines(edited))
    wanted = {key: value for key, value in own(before, kind, profile).items() if key not in OURS}
    now = own(after, kind, profile)
    assert wanted.items() <= now.items()
    assert {key: now.get(key) for key in values} == values
    assert with_values(edited, kind, profile, values) == edited


@SOME
@given(files(), kinds, profiles)
def test_a_removal_takes_one_section_and_leaves_what_others_read(data: bytes, kind: Kind, profile: str) -> None:
    before = read(data)
    try:
        left = without_profile(data, kind, profile)
    except SharedFileError:
        return

    after = read(left)

    assert before is not None
    assert after == of_others(before, kind, profile)
    assert is_kept(split_lines(left), split_lines(data))


@SOME
@given(files(), kinds, profiles)
def test_what_was_added_at_the_end_is_what_is_removed_again(data: bytes, kind: Kind, profile: str) -> None:
    before = read(data)
    try:
        edited = with_values(data, kind, f"{profile}-mfa", {"region": "new"})
    except SharedFileError:
        return

    left = without_profile(edited, kind, f"{profile}-mfa")

    assert left.startswith(data)
    assert not left[len(data) :].strip()
    assert read(left) == before
