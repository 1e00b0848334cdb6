"""Split command lines into words, quote them for batch files, and find programs in PATH.

Lines are split as botocore splits ``credential_process``: by the rules of ``sh``, and on Windows by
those of Microsoft's C run-time library.
https://learn.microsoft.com/en-us/cpp/c-language/parsing-c-command-line-arguments
"""

import errno
import os
import re
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path, PureWindowsPath

from mfa_session.errors import UsageError

# Backslashes before a quotation mark count half; all others are literal.
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


# What cmd.exe interprets even between quotation marks, and what ends its line.
_READ_IN_QUOTES = re.compile(r'["%\r\n]')


def is_batch_file(program: str) -> bool:
    """Tell whether *program* is one, by its name."""
    return PureWindowsPath(program).suffix.lower() in (".bat", ".cmd")


def batch_command_line(program: str, arguments: Sequence[str]) -> str:
    """Return the command line that runs the batch file *program* with *arguments* on Windows.

    Raises:
        UsageError: cmd.exe would interpret a character in them.
    """
    if any(_READ_IN_QUOTES.search(word) for word in (program, *arguments)):
        raise UsageError(
            f"{PureWindowsPath(program).name} is a batch file, and cmd.exe would change its arguments",
            hint='leave out " and % and line breaks, or run the program that is behind the batch file',
        )
    # Doubled before the closing mark, which most programs would otherwise read as escaped.
    return " ".join(f'"{word}{_trailing_backslashes(word)}"' for word in (program, *arguments))


def _trailing_backslashes(word: str) -> str:
    return word[len(word.rstrip("\\")) :]


# The default of Windows for PATHEXT.
_EXTENSIONS = ".COM;.EXE;.BAT;.CMD"


def find_program(name: str, environ: Mapping[str, str], *, platform: str = sys.platform) -> str | None:
    """Return the path of the program *name* on *platform*, as ``sys.platform`` names it; ``None`` where there is none.

    A name with a folder is looked up only there. On Windows the extension may be omitted.
    """
    path = environ.get("PATH")
    if platform != "win32":
        return shutil.which(name, path=path)
    extensions = [extension for extension in (environ.get("PATHEXT") or _EXTENSIONS).split(os.pathsep) if extension]
    names = (
        [name]
        if name.lower().endswith(tuple(map(str.lower, extensions)))
        else [name + extension for extension in extensions]
    )
    if Path(name).name != name:
        folders = [Path()]
    else:
        folders = [Path(folder) for entry in (path or "").split(os.pathsep) if (folder := entry.strip('"'))]
        # A relative entry depends on the current folder.
        folders = [folder for folder in folders if folder.is_absolute()]
    places = (folder / each for folder in folders for each in names)
    return next((str(place.absolute()) for place in places if place.is_file()), None)


if sys.platform == "win32":

    def run_and_exit(command: Sequence[str], environ: Mapping[str, str]) -> OSError | ValueError:
        """Run *command* as a child and exit with its code; return why that cannot be.

        Windows has no exec(2), and its imitation returns to the shell at once.

        Raises:
            UsageError: as :func:`batch_command_line`.
        """
        import subprocess  # of Windows alone

        found = find_program(command[0], environ)
        if found is None:
            return FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        line = batch_command_line(found, command[1:]) if is_batch_file(found) else [found, *command[1:]]
        try:
            program = subprocess.Popen(line, env=environ)
        except (OSError, ValueError) as error:
            return error
        while True:
            try:
                code = program.wait()
            except KeyboardInterrupt:
                continue  # the console tells the program too, which may handle it
            # Windows has twice as many exit codes as sys.exit takes.
            sys.exit(code - (1 << 32) if code >= 1 << 31 else code)
