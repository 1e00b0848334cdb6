"""The `credential_process` line of a profile, as every AWS SDK reads it.

Some SDKs split the line themselves, some hand it to `sh -c`, some to `cmd /c`; botocore
uses `shlex`. The line is written so that all of them start the same program.
"""

import re
from collections.abc import Sequence
from pathlib import PureWindowsPath

from mfa_session.errors import ConfigurationError

# Characters that no shell, SDK or file parser treats specially. A Windows path may also have backslashes and the ~
# of a short name, but no %, which cmd.exe interprets, nor a comma or =, at which it ends a program's name.
_PLAIN_PATH = re.compile(r"[A-Za-z0-9_./:@%+,=-]+")
_PLAIN_PATH_OF_WINDOWS = re.compile(r"(?:[A-Za-z]:|\\\\)[A-Za-z0-9_./@+~\\-]+")
_PROGRAM = r"""(?:'[^']+'|"[^"]+"|\S+)"""
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_.@%/+:][A-Za-z0-9_.@%/+:-]*")

# Options that isolate Python from PYTHON* variables and the current folder, for a script and for a module.
_ISOLATING = ("-I", "-EP")
_STARTED = rf"(?:{_PROGRAM}|{_PROGRAM} (?:{'|'.join(_ISOLATING)}) (?:-m mfa_session|{_PROGRAM}))"


def credential_process_line(command: Sequence[str], profile: str) -> str:
    """Return the `credential_process` line of *profile*; *command* begins with an absolute path.

    A path with blanks is quoted, with double quotes on Windows. The line never ends in a quote,
    which some SDKs strip.

    Raises:
        ConfigurationError: a path or the profile's name has a character that some SDK cannot pass on.
    """
    if not _PLAIN_NAME.fullmatch(profile):
        raise ConfigurationError(
            f"profile {profile} has a character in its name that some AWS SDKs cannot pass to a credential_process",
            hint="choose a name of letters, digits and _ . @ % / + : -",
        )
    words = [_quoted(word) for word in command]
    # cmd.exe keeps quotes only if there are exactly two, and no special character.
    double_quotes = "".join(words).count('"')
    if double_quotes and (double_quotes > 2 or "@" in "".join((*words, profile))):
        raise _cannot_be_run(command[-1])
    return " ".join((*words, f"credential-process --profile {profile}"))


def is_plain_path(path: str) -> bool:
    """Tell whether every AWS SDK starts the program at *path* without quotes around it."""
    return bool(_PLAIN_PATH.fullmatch(path) or _PLAIN_PATH_OF_WINDOWS.fullmatch(path))


def _quoted(word: str) -> str:
    if is_plain_path(word):
        return word
    if _PLAIN_PATH.fullmatch(word.replace(" ", "_")):
        return f"'{word}'"
    if _PLAIN_PATH_OF_WINDOWS.fullmatch(word.replace(" ", "_")):
        return f'"{word}"'
    raise _cannot_be_run(word)


def _cannot_be_run(path: str) -> ConfigurationError:
    where = "install mfa-session where the path has only letters, digits, blanks and _ . - /"
    if PureWindowsPath(path).drive:
        where = (
            "install mfa-session in a plain folder: py -m venv C:\\mfa-session, "
            "then: C:\\mfa-session\\Scripts\\python -m pip install ."
        )
    return ConfigurationError(
        f"the path of this program, {path}, has a character that some AWS SDKs cannot run", hint=where
    )


def runs_this_program(line: str, profile: str) -> bool:
    """Tell whether *line* is one that :func:`credential_process_line` writes for *profile*."""
    return re.fullmatch(rf"{_STARTED} credential-process --profile {re.escape(profile)}", line) is not None


def files_run_by(words: Sequence[str]) -> tuple[list[str], Sequence[str]]:
    """Return the files that a line of these *words* runs (interpreter, script), and the arguments.

    For `-m mfa_session` it is only the interpreter.
    """
    if words[1:2] and words[1] in _ISOLATING:
        if words[2:4] == ["-m", "mfa_session"]:
            return [words[0]], words[4:]
        return [words[0], *words[2:3]], words[3:]
    return [words[0]], words[1:]
