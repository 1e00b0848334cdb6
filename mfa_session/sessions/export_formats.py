"""Lines for a shell that set variables, unset others, or fail.

The formats and their names are those of `aws configure export-credentials`, with
`dotenv` for what reads `.env` files. Every value is quoted so that its shell takes it as
it is and runs nothing.
"""

import itertools
import re
from collections.abc import Callable, Mapping, Sequence

from mfa_session.errors import UsageError, hint_command

# What no shell and no reader of .env files takes for anything but itself.
_PLAIN = re.compile(r"[A-Za-z0-9_./+=:@-]*")


def _posix(value: str) -> str:
    # Always in quotes: zsh would look for a program where a value begins with =, which shlex.quote leaves bare.
    return "'" + value.replace("'", "'\\''") + "'"


def _fish(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _powershell(value: str) -> str:
    # PowerShell takes the four curly single quotes for the straight one.
    return "'" + re.sub("(['\u2018\u2019\u201a\u201b])", r"\1\1", value) + "'"


def _windows_cmd(value: str) -> str:
    if re.search(r'["%!^]', value):
        raise UsageError(
            "cmd.exe has no way to write one of these values", hint="use another format, such as --format powershell"
        )
    return value


def _dotenv(value: str) -> str:
    if _PLAIN.fullmatch(value):
        return value
    # Readers differ in which escapes they know, and python-dotenv fills in ${NAME} between any quotes.
    if not re.search(r"['\\$]", value):
        return f"'{value}'"
    if not re.search(r'["\\$`]', value):
        return f'"{value}"'
    raise UsageError(
        "there is no way to write one of these values that every reader of .env files takes alike",
        hint="use another format, such as --format env-no-export",
    )


_SET: dict[str, Callable[[str, str], str]] = {
    "env": lambda name, value: f"export {name}={_posix(value)}",
    "env-no-export": lambda name, value: f"{name}={_posix(value)}",
    "fish": lambda name, value: f"set -gx {name} {_fish(value)}",
    "powershell": lambda name, value: f"$Env:{name} = {_powershell(value)}",
    "windows-cmd": lambda name, value: f'set "{name}={_windows_cmd(value)}"',
    "dotenv": lambda name, value: f"{name}={_dotenv(value)}",
}

_FORGET: dict[str, Callable[[str], str]] = {
    "env": lambda name: f"unset {name}",
    "env-no-export": lambda name: f"unset {name}",
    "fish": lambda name: f"set -e {name}",
    "powershell": lambda name: f"Remove-Item -ErrorAction Ignore Env:{name}",
    "windows-cmd": lambda name: f"set {name}=",
}

# Not `exit`, which would close the user's terminal. A `.env` file has no commands; `process` is JSON.
_FAIL = {
    "env": "false",
    "env-no-export": "false",
    "fish": "false",
    "powershell": "throw 'mfa-session export failed'",
    "windows-cmd": "cmd /c exit 1",
    "dotenv": "",
    "process": "",
}

FORMATS = tuple(_SET)


def failure(arguments: Sequence[str], *, default: str) -> str:
    """Return the line that fails in the shell of the ``--format`` in *arguments*, which need not be valid."""
    named = default
    for argument, following in itertools.pairwise((*arguments, "")):
        if argument == "--format":
            named = following
        elif argument.startswith("--format="):
            named = argument.removeprefix("--format=")
    line = _FAIL.get(named, "")
    return f"{line}\n" if line else ""


def assignments(variables: Mapping[str, str], *, forget: Sequence[str], shell: str) -> str:
    """Return the lines by which *shell*, one of :data:`FORMATS`, sets *variables* and forgets the others.

    A `.env` file cannot forget anything.

    Raises:
        UsageError: a value has a line break, or a character that the shell has no way to write.
    """
    if any(re.search(r"[\r\n\0]", value) for value in variables.values()):
        raise UsageError(
            "one of these values has a line break", hint=f"get a new session: {hint_command('login', '--force')}"
        )
    lines = [_FORGET[shell](name) for name in forget] if shell in _FORGET else []
    lines += [_SET[shell](name, value) for name, value in variables.items()]
    return "".join(f"{line}\n" for line in lines)
