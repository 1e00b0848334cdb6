"""The header of a profile: which section is whose, and which only looks like it."""

import re
import shlex

from mfa_session.aws_files.parser import Kind, Section, Sections
from mfa_session.errors import SharedFileError, UsageError
from mfa_session.text import escape_control

# What every SDK reads alike; the rest each breaks several of them.
_PORTABLE = re.compile(r"[A-Za-z0-9_.@%/-]+", re.ASCII)

# Nothing in here means anything to shlex but the one blank.
_PLAIN_HEADER = re.compile(r"profile ([^\s\"'\\]+)")

_QUOTES_AND_BLANKS = re.compile(r"[\s\"'\u200b-\u200f\u2060\ufeff]+")
_INDENTED_HEADER = re.compile(r"\s+\[(.+?)\]")
_IMPOSSIBLE_IN_A_NAME = re.compile(r"[\x00-\x1f\x7f\[\]\x85\u2028\u2029\u200b-\u200f\ufeff]")


def is_portable_profile_name(name: str) -> bool:
    """Tell whether every AWS SDK reads a profile of this *name* alike; we choose no other for a new one."""
    return bool(_PORTABLE.fullmatch(name))


def check_portable_profile_name(name: str) -> None:
    """Let no new profile have a *name* that some AWS SDK reads otherwise.

    Raises:
        UsageError: it would.
    """
    if not is_portable_profile_name(name):
        raise UsageError(
            f"not every AWS tool can read a profile called {name}", hint="use letters, digits and _ . @ % / -"
        )


def profile_of(section: str, kind: Kind) -> str | None:
    """Return the name of the profile that botocore takes from the *section* of that name, ``None`` if it is none."""
    if kind == "credentials" or section == "default":
        return section
    if plain := _PLAIN_HEADER.fullmatch(section):
        return plain[1]
    return name_in_header(section) if section.startswith("profile") else None


def name_in_header(section: str) -> str | None:
    """Return the name in a header of two words, such as ``services NAME``, as botocore splits it."""
    try:
        words = shlex.split(section)
    except ValueError:
        return None
    return words[1] if len(words) == 2 else None


def new_header(profile: str, kind: Kind) -> str:
    """Return the name of the section to create for *profile*.

    Raises:
        SharedFileError: no section can have it.
    """
    if not profile or profile != profile.strip() or profile == "DEFAULT" or _IMPOSSIBLE_IN_A_NAME.search(profile):
        raise SharedFileError(
            f"no profile can be called {escape_control(profile)!r}",
            hint="use letters, digits and . _ - @ % / (and not DEFAULT, which every profile inherits from)",
        )
    if kind == "credentials" or profile == "default":
        return profile
    header = f"profile {profile}"
    return header if _PLAIN_HEADER.fullmatch(header) else f"profile {shlex.quote(profile)}"


def find_profile(found: Sections, profile: str, kind: Kind) -> int | None:
    """Return which of the sections is that of *profile*, ``None`` if none is.

    Raises:
        SharedFileError: two are, or one looks like it to a person or to another SDK and is not to botocore.
    """
    mine = [number for number, section in enumerate(found.sections) if profile_of(section.name, kind) == profile]
    if len(mine) > 1:
        lines = " and ".join(str(found.sections[number].start + 1) for number in mine)
        raise SharedFileError(
            f"lines {lines}: each begins profile {escape_control(profile)}, and AWS tools differ in which they take",
            hint="make them one section",
        )
    own_lines = range(found.sections[mine[0]].start, found.sections[mine[0]].end) if mine else range(0)
    _refuse_look_alikes(found, profile, kind)
    _refuse_indented_headers(found, profile, kind, own_lines=own_lines)
    if not mine:
        return None
    # To SDKs that pass over the header below, the keys under it belong to this section.
    for section in found.sections[mine[0] : mine[0] + 2]:
        _refuse_text_after(found, section)
    return mine[0]


def places_of_profiles(found: Sections, kind: Kind) -> dict[str, int]:
    """Return which of the sections is that of each profile, in a file in which :func:`find_profile` would refuse none.

    Raises:
        SharedFileError: it would refuse one.
    """
    places: dict[str, int] = {}
    for number, section in enumerate(found.sections):
        profile = profile_of(section.name, kind)
        if profile in places or _looks_like(section.name, kind) not in (profile, None):
            raise _has_a_doubtful_header(section.start)
        _refuse_text_after(found, section)
        if profile is not None:
            places[profile] = number
    starts = {section.start for section in found.sections}
    for number, text in enumerate(found.texts):
        if number not in starts and _INDENTED_HEADER.match(text):
            raise _has_a_doubtful_header(number)
    return places


def _has_a_doubtful_header(number: int) -> SharedFileError:
    return SharedFileError(f"line {number + 1}: AWS tools may read this header differently", hint="look at that line")


def _refuse_look_alikes(found: Sections, profile: str, kind: Kind) -> None:
    for section in found.sections:
        if profile_of(section.name, kind) != profile and _looks_like(section.name, kind) == profile:
            raise SharedFileError(
                f"line {section.start + 1}: [{escape_control(section.name)}] looks like profile "
                f"{escape_control(profile)}, but AWS tools do not read it so",
                hint=f"write it as [{escape_control(new_header(profile, kind))}]",
            )


def _refuse_indented_headers(found: Sections, profile: str, kind: Kind, *, own_lines: range) -> None:
    """Refuse those that look like the profile's, and all of its own section: to other SDKs the section ends there."""
    starts = {section.start for section in found.sections}
    for number, text in enumerate(found.texts):
        indented = _INDENTED_HEADER.match(text)
        if not indented or number in starts:
            continue
        if number in own_lines or _looks_like(indented[1], kind) == profile:
            raise SharedFileError(
                f"line {number + 1}: [{escape_control(indented[1])}] is indented, "
                "so AWS tools read it as a part of the value above it",
                hint="take the blanks away from the beginning of that line",
            )


def _looks_like(section: str, kind: Kind) -> str | None:
    """Return the profile that a person would take [*section*] for."""
    text = _QUOTES_AND_BLANKS.sub(" ", section.split("]")[0]).strip()
    if kind == "credentials" or text == "default":
        return text
    return text[len("profile ") :] if text.lower().startswith("profile ") else None


def _refuse_text_after(found: Sections, section: Section) -> None:
    rest = found.texts[section.start].rpartition("]")[2].strip()
    if rest and rest[0] not in "#;":
        raise SharedFileError(
            f"line {section.start + 1}: other AWS SDKs take no line with text after the ] for a header",
            hint="remove that text",
        )
