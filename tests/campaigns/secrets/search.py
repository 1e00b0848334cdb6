"""The search for a secret in any form in which text travels: whole or a piece of it, encoded, broken over lines."""

import base64
import html
import json
import re
import shlex
import urllib.parse
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet

# Of a long secret, so much of it is too much.
PIECE = 16

# So short that they stand in longer numbers by chance: only a number of its own is one of them.
_SHORT = 6

_ESCAPE_SEQUENCE = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~])")
_LINE_ENDS = re.compile(rb"[\r\n]+")
_BLANKS = re.compile(rb"\s+")
_BASE_64 = re.compile(rb"[A-Za-z0-9+/_-]{8,}")


def found_in(content: bytes, secrets: Mapping[str, AbstractSet[str]]) -> list[str]:
    """Return the names of those *secrets* that *content* holds in any form."""
    views = list(_views(content))
    return [name for name, values in secrets.items() if any(_holds(views, value) for value in values)]


def holds(content: bytes, secret: str) -> bool:
    """Tell whether *content* holds *secret* in any form."""
    return _holds(list(_views(content)), secret)


def forms(text: str) -> dict[str, bytes]:
    """Return *text* in every form in which it may travel, by the name of the form."""
    plain = text.encode()
    named = {
        "as it is": plain,
        "hexadecimal": plain.hex().encode(),
        "hexadecimal, capitals": plain.hex().upper().encode(),
        "URL": urllib.parse.quote(text, safe="").encode(),
        "URL, small letters": re.sub("%..", lambda found: found[0].lower(), urllib.parse.quote(text, safe="")).encode(),
        "form": urllib.parse.quote_plus(text).encode(),
        "JSON": json.dumps(text)[1:-1].encode(),
        "Python": repr(text)[1:-1].encode(),
        "XML": html.escape(text).encode(),
        "shell": shlex.quote(text).strip("'").encode(),
        "UTF-16": text.encode("utf-16-le"),
    }
    for shift in range(3):
        # Inside of a longer text, base 64 has one of three forms; the letters at its ends depend on the neighbours.
        coded = base64.b64encode(b"\0" * shift + plain)
        inner = coded[4 * bool(shift) : len(coded) - 4 * bool((shift + len(plain)) % 3)]
        named[f"base 64, {shift}"] = inner
        named[f"base 64 for URLs, {shift}"] = inner.translate(bytes.maketrans(b"+/", b"-_"))
    return {name: form for name, form in named.items() if len(form) >= _SHORT}


def pieces(secret: str) -> list[str]:
    """Return the whole *secret*, and the parts of a long one that nobody should see either."""
    if len(secret) < 2 * PIECE:
        return [secret]
    middle = (len(secret) - PIECE) // 2
    return [secret[:PIECE], secret[middle : middle + PIECE], secret[-PIECE:]]


def _views(content: bytes) -> Iterator[bytes]:
    """Yield *content* as it is, and as it is read by somebody who does not mind colours, lines and blanks."""
    yield content
    without_colours = _ESCAPE_SEQUENCE.sub(b"", content)
    yield without_colours
    on_one_line = _LINE_ENDS.sub(b"", without_colours)
    yield on_one_line
    yield b"\n".join(map(_decoded, _BASE_64.findall(on_one_line)))
    yield _BLANKS.sub(b"", without_colours)


def _decoded(coded: bytes) -> bytes:
    """Return what *coded* is in base 64; of six digits, too little is left there to search for it as it stands."""
    letters = coded.translate(bytes.maketrans(b"-_", b"+/")).rstrip(b"=")
    return base64.b64decode(letters[: len(letters) - (len(letters) % 4 == 1)] + b"==")


def _holds(views: list[bytes], secret: str) -> bool:
    if len(secret) <= _SHORT:
        # In the last view, words that stood apart are one.
        return any(_holds_short(view, secret) for view in views[:-1])
    needles = {form for piece in pieces(secret) for form in forms(piece).values()}
    needles |= {_BLANKS.sub(b"", needle) for needle in needles}
    return any(needle in view for view in views for needle in needles)


def _holds_short(view: bytes, secret: str) -> bool:
    for form in set(forms(secret).values()):
        pattern = rb"(?<![0-9])%b(?![0-9])" % form if form.isdigit() else re.escape(form)
        if re.search(pattern, view):
            return True
    return False
