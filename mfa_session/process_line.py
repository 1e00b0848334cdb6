"""The `credential_process` line of a profile, as every AWS SDK reads it.

Some SDKs split the line themselves, some hand it to `sh -c`, some to `cmd /c`; botocore
uses `shlex`. The line is written so that all of them start the same program.
"""

import re

from mfa_session.errors import ConfigurationError

# What no shell, no splitter and no parser of the file treats specially. A path of Windows may have backslashes, and
# the ~ of a short name; it goes through cmd.exe, to which % is special.
_PLAIN_PATH = re.compile(r"[A-Za-z0-9_./:@%+,=-]+")
_PLAIN_PATH_OF_WINDOWS = re.compile(r"(?:[A-Za-z]:|\\\\)[A-Za-z0-9_./@+,=~\\-]+")
_PROGRAM = r"""(?:'[^']+'|"[^"]+"|\S+)"""
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_.@%/][A-Za-z0-9_.@%/-]*")


def credential_process_line(program: str, profile: str) -> str:
    """Return the line that makes *program*, an absolute path, answer for *profile*.

    A path with blanks stands in quotes, on Windows in double ones; the line never ends in
    a quote, which some SDKs take off.

    Raises:
        ConfigurationError: the path or the profile's name has a character that one SDK
            or another would trip over.
    """
    if not _PLAIN_NAME.fullmatch(profile):
        raise ConfigurationError(
            f"profile {profile} has a character in its name that some AWS SDKs cannot pass to a credential_process",
            hint="choose a name of letters, digits and _ . @ % / -",
        )
    rest = f"credential-process --profile {profile}"
    if _PLAIN_PATH.fullmatch(program) or _PLAIN_PATH_OF_WINDOWS.fullmatch(program):
        return f"{program} {rest}"
    if _PLAIN_PATH.fullmatch(program.replace(" ", "_")):
        return f"'{program}' {rest}"
    # cmd.exe leaves the quotes where they are if there are two, and none of its special characters.
    if _PLAIN_PATH_OF_WINDOWS.fullmatch(program.replace(" ", "_")) and "@" not in f"{program}{profile}":
        return f'"{program}" {rest}'
    raise ConfigurationError(
        f"the path of this program, {program}, has a character that some AWS SDKs cannot run",
        hint="install mfa-session where the path has only letters, digits, blanks and _ . - /",
    )


def runs_this_program(line: str, profile: str) -> bool:
    """Tell whether *line* is one that :func:`credential_process_line` writes for *profile*."""
    return re.fullmatch(rf"{_PROGRAM} credential-process --profile {re.escape(profile)}", line) is not None
