"""A batch file of Windows, which cmd.exe runs, and the command line in which it finds nothing of its own.

Programs that are installed by npm and the like are such files. Windows starts them without a word, and cmd.exe
then reads their arguments as its language: https://nvd.nist.gov/vuln/detail/CVE-2024-24576
"""

import re
from collections.abc import Sequence
from pathlib import PureWindowsPath

from mfa_session.errors import UsageError

# What cmd.exe reads even between quotation marks, and what ends its line.
_READ_IN_QUOTES = re.compile(r'["%\r\n]')


def is_batch_file(program: str) -> bool:
    """Tell whether *program* is one, by its name."""
    return PureWindowsPath(program).suffix.lower() in (".bat", ".cmd")


def batch_command_line(program: str, arguments: Sequence[str]) -> str:
    """Return the line by which Windows starts the batch file *program* with these *arguments*.

    Raises:
        UsageError: cmd.exe would take something in them for its own.
    """
    if any(_READ_IN_QUOTES.search(word) for word in (program, *arguments)):
        raise UsageError(
            f"{PureWindowsPath(program).name} is a batch file, and cmd.exe would change its arguments",
            hint='leave out " and % and line breaks, or run the program that is behind the batch file',
        )
    # A backslash before the closing mark would belong to the mark, for most programs that the batch file starts.
    return " ".join(f'"{word}{_trailing_backslashes(word)}"' for word in (program, *arguments))


def _trailing_backslashes(word: str) -> str:
    return word[len(word.rstrip("\\")) :]
