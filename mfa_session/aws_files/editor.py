"""One section of an AWS file, changed; every other byte stays.

These are functions from bytes to bytes. configobj is handed the lines of the one section, in
which every line that is not ours stands as an opaque comment; it parses, edits and renders
them, and all others are put back as they were. On a whole AWS file configobj would do harm:
it flattens nested blocks, cuts values at ``#`` and gives untouched lines other blanks.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

from configobj import ConfigObj

from mfa_session.aws_files.parser import Kind, Section, Sections, read_sections
from mfa_session.aws_files.profile_names import find_profile, new_header, places_of_profiles
from mfa_session.errors import SharedFileError
from mfa_session.text import escape_control


@dataclass(frozen=True, slots=True)
class Splice:
    """An edit of a file: *lines* stand for those from *start* up to *end*."""

    start: int
    end: int
    lines: Sequence[bytes] = field(repr=False)


def proven(found: Sections, splice: Splice, *, at: int, becomes: tuple[str, Mapping[str, str]] | None) -> bytes:
    """Return the file after *splice*, in which section number *at* has to be what it *becomes*; ``None`` is gone.

    Raises:
        SharedFileError: something else would read differently.
    """
    before = found.sections[max(at - 1, 0) : at]
    after = found.sections[at + 1 : at + 2]
    first = before[0].start if before else 0
    last = after[0].start + 1 if after else len(found.lines)
    window = [*found.lines[first : splice.start], *splice.lines, *found.lines[splice.end : last]]
    expected = [(section.name, dict(section.values)) for section in before]
    expected += [(becomes[0], dict(becomes[1]))] if becomes else []
    expected += [(section.name, {}) for section in after]
    others = {section.name for number, section in enumerate(found.sections) if number != at}
    if _reading(window) != expected or (becomes and becomes[0] in others):
        raise _reads_differently()
    return b"".join([*found.lines[: splice.start], *splice.lines, *found.lines[splice.end :]])


def proven_whole(lines: Sequence[bytes], expected: Sequence[tuple[str, Mapping[str, str]]]) -> bytes:
    """Return the file of these *lines*, whose sections have to be those *expected*, in their order.

    Raises:
        SharedFileError: something else would read differently.
    """
    if _reading(lines) != [(name, dict(values)) for name, values in expected]:
        raise _reads_differently()
    return b"".join(lines)


def _reads_differently() -> SharedFileError:
    return SharedFileError(
        "another profile would read differently after this change", hint="write these lines with an editor"
    )


def _reading(window: Sequence[bytes]) -> list[tuple[str, dict[str, str]]] | None:
    """Return what *window* says, ``None`` if it cannot be read or its lines would run together."""
    try:
        found = read_sections(b"".join(window))
    except SharedFileError:
        return None
    if list(found.lines) != list(window):
        return None
    return [(section.name, dict(section.values)) for section in found.sections]


# What a value may not hold: SDKs end a line, or a string, at each of these.
_IMPOSSIBLE_IN_A_VALUE = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")

# Under a value of one line stands its wrapped rest, or a header or a key that was indented by mistake.
_USER_DATA = re.compile(r"\[|[a-z][a-z0-9_]{2,}\s*[=:]\s*[^=\s]")

_KEY = re.compile(r"[a-z0-9_]+", re.ASCII)

# What belongs to a key that goes: botocore prefers aws_security_token to aws_session_token,
# and sends requests to the account that aws_account_id names.
_GONE_WITH_THE_OLD_KEY = ("aws_security_token", "aws_account_id")


# What is told of the values that stand in a section before it is changed, and may raise.
Check: TypeAlias = Callable[[Mapping[str, str]], None]


def _no_check(_: Mapping[str, str]) -> None:
    pass


def with_values(
    data: bytes, kind: Kind, profile: str, values: Mapping[str, str | None], *, check: Check = _no_check
) -> bytes:
    """Return *data* with *values* in the section of *profile*; ``None`` deletes the key's line.

    A section that is missing is added at the end, unless there is nothing to put into it.
    A new access key takes the ``aws_security_token`` and ``aws_account_id`` of the old one away.

    Raises:
        MFASessionError: *check* does not allow it.
        SharedFileError: AWS tools cannot read the file, or it cannot be changed without harm.
    """
    _refuse_default(profile, kind)
    wanted = _checked(values)
    found = read_sections(data)
    at = find_profile(found, profile, kind)
    section = None if at is None else found.sections[at]
    check({} if section is None else section.values)
    wanted = _without_leftovers(wanted, section, kind)
    _refuse_inherited(found, wanted)
    if at is None or section is None:
        kept = {key: value for key, value in wanted.items() if value is not None}
        return _with_new_section(found, new_header(profile, kind), kept) if kept else data
    splice = Splice(section.start, section.end, _edited(found, section, wanted))
    return proven(found, splice, at=at, becomes=(section.name, _values_after(section, wanted)))


def with_values_of_several(
    data: bytes,
    kind: Kind,
    changes: Mapping[str, Mapping[str, str | None]],
    *,
    checks: Mapping[str, Check] = MappingProxyType({}),
) -> bytes:
    """Return *data* with the values of each profile of *changes* in its section, as :func:`with_values` does.

    It takes two readings of the file, however many profiles there are. *checks* has the check of
    a profile, where there is one.

    Raises:
        MFASessionError: a check does not allow it.
        SharedFileError: AWS tools cannot read the file, or one of the sections cannot be changed without harm.
    """
    found = read_sections(data)
    lines, expected = list(found.lines), [(section.name, dict(section.values)) for section in found.sections]
    places = places_of_profiles(found, kind)
    edits: dict[int, list[bytes]] = {}
    new: dict[str, dict[str, str]] = {}
    for profile, values in changes.items():
        _refuse_default(profile, kind)
        at = places.get(profile)
        section = None if at is None else found.sections[at]
        checks.get(profile, _no_check)({} if section is None else section.values)
        wanted = _without_leftovers(_checked(values), section, kind)
        _refuse_inherited(found, wanted)
        if at is not None and section is not None:
            edits[at] = _edited(found, section, wanted)
            expected[at] = (section.name, _values_after(section, wanted))
        elif kept := {key: value for key, value in wanted.items() if value is not None}:
            new[new_header(profile, kind)] = kept
    for at in sorted(edits, reverse=True):
        section = found.sections[at]
        lines[section.start : section.end] = edits[at]
    end_of_line = _end_of_line(found)
    for header, kept in new.items():
        lines[-1:] = _followed_by_section(lines[-1:], end_of_line, header, kept)
        expected.append((header, kept))
    return proven_whole(lines, expected)


def _values_after(section: Section, wanted: Mapping[str, str | None]) -> dict[str, str]:
    after = {key: value for key, value in section.values.items() if key not in wanted}
    return after | {key: value for key, value in wanted.items() if value is not None}


def without_profile(data: bytes, kind: Kind, profile: str) -> bytes:
    """Return *data* without the section of *profile*; a section that is missing changes nothing.

    Comments and blank lines after its last key stay: they belong to what follows.

    Raises:
        SharedFileError: AWS tools cannot read the file, or it cannot be changed without harm.
    """
    _refuse_default(profile, kind)
    found = read_sections(data)
    at = find_profile(found, profile, kind)
    if at is None:
        return data
    return _without_section(found, at)


def _without_section(found: Sections, at: int, *, keep_comments: bool = False) -> bytes:
    section = found.sections[at]
    end = section.start + 1
    for number, key in _owners(found, section):
        nested = section.values[key].startswith("\n")
        if number != section.keys[key] and not nested:
            _refuse_user_data(found, number, key)
        end = number + 1
    inside = found.lines[section.start + 1 : end] if keep_comments else []
    return proven(
        found, Splice(section.start, end, [line for line in inside if _is_comment(line)]), at=at, becomes=None
    )


def _is_comment(line: bytes) -> bool:
    return line.lstrip()[:1] in (b"#", b";")


def without_keys(data: bytes, kind: Kind, profile: str, keys: Collection[str], *, check: Check = _no_check) -> bytes:
    """Return *data* without these *keys* of *profile*; the section goes with them where nothing else stands in it.

    Comments stay, those between its lines too.

    Raises:
        MFASessionError: *check* does not allow it.
        SharedFileError: AWS tools cannot read the file, or it cannot be changed without harm.
    """
    found = read_sections(data)
    at = find_profile(found, profile, kind)
    if at is None:
        return data
    section = found.sections[at]
    if set(section.values) <= set(keys):
        _refuse_default(profile, kind)
        check(section.values)
        return _without_section(found, at, keep_comments=True)
    return with_values(data, kind, profile, dict.fromkeys(key for key in keys if key in section.values), check=check)


def _refuse_default(profile: str, kind: Kind) -> None:
    if profile == "DEFAULT" and kind == "credentials":
        raise SharedFileError(
            "[DEFAULT] is no profile: every profile inherits from it", hint="choose another name, or default"
        )


def _checked(values: Mapping[str, str | None]) -> dict[str, str | None]:
    checked = dict(values)
    for key, value in checked.items():
        if not _KEY.fullmatch(key):
            raise SharedFileError(f"no key can be called {escape_control(key)}", hint="use a-z, 0-9 and _")
        if value is not None and (not value or value != value.strip() or _IMPOSSIBLE_IN_A_VALUE.search(value)):
            raise SharedFileError(
                f"the value for {key} is empty, or has blanks at its ends or control characters in it",
                hint="look at where it comes from",
            )
    return checked


def _without_leftovers(values: dict[str, str | None], section: Section | None, kind: Kind) -> dict[str, str | None]:
    new_key = values.get("aws_access_key_id")
    if kind != "credentials" or new_key is None:
        return values
    same = section is not None and section.values.get("aws_access_key_id") == new_key
    leftovers = _GONE_WITH_THE_OLD_KEY[:1] if same else _GONE_WITH_THE_OLD_KEY
    return {**dict.fromkeys(leftovers), **values}


def _refuse_inherited(found: Sections, values: Mapping[str, str | None]) -> None:
    for key in found.inherited:
        if key in values and values[key] is None:
            line = next(section.keys[key] for section in found.sections if key in section.keys)
            raise SharedFileError(
                f"line {line + 1}: [DEFAULT] holds {key}, and every profile inherits it", hint="remove it there"
            )


def _owners(found: Sections, section: Section) -> Iterator[tuple[int, str]]:
    """Yield each line that is a part of a key, with that key. Comments and blank lines belong to none."""
    begins = {number: key for key, number in section.keys.items()}
    key = None
    for number in range(section.start + 1, section.end):
        key = begins.get(number, key)
        text = found.texts[number].strip()
        if key is not None and text and text[0] not in "#;":
            yield number, key


def _refuse_user_data(found: Sections, number: int, key: str) -> None:
    if _USER_DATA.match(found.texts[number].strip()):
        raise SharedFileError(
            f"line {number + 1} is indented, so AWS tools read it as a part of {key}",
            hint="take the blanks away from the beginning of that line, or remove it",
        )


def _refuse_second_places(found: Sections, section: Section, values: Mapping[str, str | None]) -> None:
    """Refuse one of *values* in an indented line below another key: the SDK for JavaScript would read it there."""
    for number, key in _owners(found, section):
        named = found.texts[number].partition("=")[0].strip()
        if number != section.keys[key] and named in values and not section.values[key].startswith("\n"):
            _refuse_user_data(found, number, key)


def _edited(found: Sections, section: Section, values: Mapping[str, str | None]) -> list[bytes]:
    """Return the lines of *section* with *values* in them."""
    _refuse_second_places(found, section, values)
    ours = {number: key for number, key in _owners(found, section) if key in values}
    outline = ["[section]"]
    for number in range(section.start + 1, section.end):
        key = ours.get(number)
        if key is None:
            outline.append(f"#{number}")
        elif number != section.keys[key]:
            _refuse_user_data(found, number, key)
        elif values[key] is not None:
            outline.append(f"{key} = -")
    return _ended(list(_rendered(found, section, _filled_in(outline, values))), found)


def _filled_in(outline: list[str], values: Mapping[str, str | None]) -> list[str]:
    parsed = ConfigObj(outline, list_values=False)
    parsed["section"].update({key: value for key, value in values.items() if value is not None})
    lines: list[str] = parsed.write()
    return lines


def _rendered(found: Sections, section: Section, lines: list[str]) -> Iterator[bytes]:
    """Yield the line that each of configobj's *lines* stands for; a new key looks like ours above it, or the first."""
    indentation = _indentation_of_new_keys(found, section)
    ending = _ending(found.lines[section.start])
    for line in lines:
        if line.startswith("["):
            yield found.lines[section.start]
        elif line.startswith("#"):
            yield found.lines[int(line[1:])]
        else:
            stood = section.keys.get(line.partition(" = ")[0])
            if stood is not None:
                indentation, ending = _indentation(found.texts[stood]), _ending(found.lines[stood])
            yield indentation.encode() + line.encode() + ending


def _with_new_section(found: Sections, header: str, values: Mapping[str, str]) -> bytes:
    """Return the file with a section at its end, after one blank line."""
    added = _followed_by_section(found.lines[-1:], _end_of_line(found), header, values)
    splice = Splice(max(len(found.lines) - 1, 0), len(found.lines), added)
    return proven(found, splice, at=len(found.sections), becomes=(header, values))


def _followed_by_section(
    last_line: Sequence[bytes], end_of_line: bytes, header: str, values: Mapping[str, str]
) -> list[bytes]:
    """Return the last line of a file, if it has one, with a blank line and a new section below it."""
    added = [line.encode() + end_of_line for line in [f"[{header}]", *_filled_in(["[section]"], values)[1:]]]
    last = last_line[-1] if last_line else b"\n"
    if not last.endswith(b"\n") and not (last.endswith(b"\r") and end_of_line == b"\r"):
        # After a bare CR, this is the LF that the next line would otherwise lend it.
        last += b"\n" if last.endswith(b"\r") else end_of_line
    if last.strip():
        added.insert(0, end_of_line)
    return [last, *added] if last_line else added


def _indentation_of_new_keys(found: Sections, section: Section) -> str:
    """Return the blanks before a key that stands first: to botocore, a line indented more continues the one above."""
    first = min(section.keys.values(), default=section.end)
    return _indentation(found.texts[first]) if first < len(found.texts) else ""


def _indentation(text: str) -> str:
    return text[: len(text) - len(text.lstrip())]


def _ending(line: bytes) -> bytes:
    return line[len(line.rstrip(b"\r\n")) :]


def _end_of_line(found: Sections) -> bytes:
    """Return how most lines of the file end."""
    endings = [_ending(line) for line in found.lines]
    return max((b"\n", b"\r\n", b"\r"), key=endings.count)


def _ended(lines: list[bytes], found: Sections) -> list[bytes]:
    """Return *lines* with an end to each but the last, which may be the last of the file and have none."""
    return [*(line if _ending(line) else line + _end_of_line(found) for line in lines[:-1]), *lines[-1:]]
