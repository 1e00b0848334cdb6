"""The proof of an edit: read before and after with the same parser, nothing else reads differently.

Only the section that changed, the one before it and the header after it are read again, and
that is enough. What configparser makes of a line depends on the lines above it through four
things: the section they are in, the key that could be continued and its indentation, the names
that were there before, and what ``[DEFAULT]`` holds. A header sets the first two anew, and no
edit touches ``[DEFAULT]``. So all that stands above the section before is read as it was, since
not a byte of it changed; and all that stands below the header after is read as it was, provided
that this line is still read as that header, and that no section got the name of another. Both
are checked here, on the bytes that will be written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mfa_session.errors import SharedFileError
from mfa_session.store.sections import Sections, read_sections


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
