"""A command line, taken apart into words as the system that runs it does.

botocore does so with a ``credential_process``: by the rules of ``sh`` where there is one, and by
those of Microsoft's C run-time library on Windows, where a backslash is a part of every path.
https://learn.microsoft.com/en-us/cpp/c-language/parsing-c-command-line-arguments
"""

import re
import shlex
import sys

# Backslashes before a quotation mark stand for half as many, all others for themselves.
_WINDOWS_PIECE = re.compile(r'(?P<backslashes>\\*)(?P<mark>")|(?P<text>\\+|[^\\"])', re.DOTALL)


def words_of(line: str, *, platform: str = sys.platform) -> list[str]:
    """Return the words of *line* on *platform*, as ``sys.platform`` names it.

    Raises:
        ValueError: a quotation mark is not closed.
    """
    return _words_on_windows(line) if platform == "win32" else shlex.split(line)


def _words_on_windows(line: str) -> list[str]:
    words: list[str] = []
    word: str | None = None
    is_quoted = False
    for piece in _WINDOWS_PIECE.finditer(line):
        if piece["mark"]:
            count = len(piece["backslashes"])
            is_literal = count % 2 == 1
            word = (word or "") + "\\" * (count // 2) + ('"' if is_literal else "")
            is_quoted ^= not is_literal
        elif piece["text"] in (" ", "\t") and not is_quoted:
            words += [] if word is None else [word]
            word = None
        else:
            word = (word or "") + piece["text"]
    if is_quoted:
        raise ValueError("a quotation mark is not closed")
    return words if word is None else [*words, word]
