"""No edit harms a made-up file: for botocore and for the SDK for JavaScript, all but the one profile is as it was."""

from collections.abc import Iterable, Mapping
from typing import Any

from mfa_session.aws_files.editor import with_values, without_profile
from mfa_session.aws_files.parser import Kind
from mfa_session.aws_files.profile_names import is_portable_profile_name, profile_of
from tests.campaigns.fuzz.aws_files import OURS, Edit, edits, foreign_changes, lines_of
from tests.campaigns.fuzz.fuzzing import fuzzed
from tests.campaigns.fuzz.readers import BotocoreReader, JavaScriptReader, Section


def of_others(sections: list[Section], kind: Kind, profile: str) -> list[Section]:
    return [(name, keys) for name, keys in sections if profile_of(name, kind) != profile]


def own(sections: list[Section], kind: Kind, profile: str) -> dict[str, Any]:
    return next((keys for name, keys in sections if profile_of(name, kind) == profile), {})


def is_kept(lines: list[str], after: list[str]) -> bool:
    """Tell whether *lines* are in *after*, in order."""
    rest = iter(after)
    return all(any(other == line for other in rest) for line in lines)


def reads_alike(by_sdk: Mapping[str, str], by_botocore: Mapping[str, Any], keys: Iterable[str]) -> bool:
    return all(by_sdk.get(key) == by_botocore.get(key) for key in keys)


def is_for_the_sdk(edit: Edit) -> bool:
    """Tell whether the SDK for JavaScript can read it: it knows no bare CR, and no blank in the name of a profile."""
    return b"\r" not in edit.data.replace(b"\r\n", b"") and is_portable_profile_name(edit.profile)


@fuzzed("edits of AWS files", quick=1200, full=100_000, edit=edits)
def test_an_edit_changes_what_was_asked_for_and_no_foreign_byte(
    botocore: BotocoreReader, sdk: JavaScriptReader, edit: Edit
) -> None:
    kind, profile = edit.kind, edit.profile
    edited = with_values(edit.data, kind, profile, edit.values)

    before, after = botocore.sections(edit.data), botocore.sections(edited)
    assert before is not None
    assert after is not None
    assert of_others(after, kind, profile) == of_others(before, kind, profile)
    assert list(foreign_changes(edit.data, edited, edit.values)) == []
    own_before, own_after = own(before, kind, profile), own(after, kind, profile)
    assert {key: value for key, value in own_before.items() if key not in OURS}.items() <= own_after.items()
    assert {key: own_after.get(key) for key in edit.values} == edit.values
    assert with_values(edited, kind, profile, edit.values) == edited

    if is_for_the_sdk(edit):
        first, then = sdk.profiles(edit.data, kind), sdk.profiles(edited, kind)
        own_first, own_then = first.pop(profile, {}), then.pop(profile, {})
        assert then == first
        if reads_alike(own_first, own_before, edit.values):
            assert reads_alike(own_then, own_after, edit.values)


@fuzzed("removals from AWS files", quick=500, full=50_000, edit=edits)
def test_a_removal_takes_one_section_and_leaves_what_others_read(
    botocore: BotocoreReader, sdk: JavaScriptReader, edit: Edit
) -> None:
    left = without_profile(edit.data, edit.kind, edit.profile)

    before, after = botocore.sections(edit.data), botocore.sections(left)
    assert before is not None
    assert after == of_others(before, edit.kind, edit.profile)
    assert is_kept(lines_of(left), lines_of(edit.data))
    if is_for_the_sdk(edit):
        first, then = sdk.profiles(edit.data, edit.kind), sdk.profiles(left, edit.kind)
        first.pop(edit.profile, None)
        assert then == first


@fuzzed("additions to AWS files", quick=300, full=50_000, edit=edits)
def test_what_was_added_at_the_end_is_what_is_removed_again(botocore: BotocoreReader, edit: Edit) -> None:
    name = f"{edit.profile}-mfa"
    edited = with_values(edit.data, edit.kind, name, {"region": "new"})

    left = without_profile(edited, edit.kind, name)

    assert left.startswith(edit.data)
    assert not left[len(edit.data) :].strip()
    assert botocore.sections(left) == botocore.sections(edit.data)
