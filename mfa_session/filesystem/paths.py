"""Where things are kept: the places that the environment names, and the usual ones where it names none."""

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from mfa_session.errors import ConfigurationError
from mfa_session.text import escape_control

_VARIABLE = re.compile(r"\$(?:\{([^}]*)\}|(\w+))", re.ASCII)
_VARIABLE_OF_WINDOWS = re.compile(rf"{_VARIABLE.pattern}|%([^%]+)%", re.ASCII)


def home(environ: Mapping[str, str], *, platform: str = sys.platform) -> Path:
    """Return the user's home folder on *platform*, as ``sys.platform`` names it.

    On Windows it is where Python, and so botocore, has it: not in ``HOME``, which Git for Windows sets.

    Raises:
        ConfigurationError: there is none, or it is not a folder.
    """
    variable = "USERPROFILE" if platform == "win32" else "HOME"
    named = environ.get(variable)
    folder = Path(_home_of_this_user(environ, platform) if named is None else named)
    # An empty HOME would make ~/.aws the folder /.aws, or .aws where one happens to stand. What may not be looked at,
    # Path.is_dir does not tell, but raises.
    if not folder.is_absolute() or not os.path.isdir(folder):  # noqa: PTH112 -- as said above
        raise ConfigurationError(
            f"your home folder {escape_control(str(folder))} is not a folder" if named else "you have no home folder",
            hint=f"set {variable} to a folder of yours; mfa-session keeps its own files below it, "
            "wherever the AWS files are",
        )
    return folder


def credentials_file(environ: Mapping[str, str], *, platform: str = sys.platform) -> Path:
    """Return the path of the AWS credentials file: ``AWS_SHARED_CREDENTIALS_FILE``, or the one in ``~/.aws``.

    Raises:
        ConfigurationError: the home folder is needed, and there is none.
    """
    return (
        _named(environ, "AWS_SHARED_CREDENTIALS_FILE", platform)
        or home(environ, platform=platform) / ".aws" / "credentials"
    )


def config_file(environ: Mapping[str, str], *, platform: str = sys.platform) -> Path:
    """Return the path of the AWS config file: ``AWS_CONFIG_FILE``, or the one in ``~/.aws``.

    Raises:
        ConfigurationError: the home folder is needed, and there is none.
    """
    return _named(environ, "AWS_CONFIG_FILE", platform) or home(environ, platform=platform) / ".aws" / "config"


def state_folder(environ: Mapping[str, str], *, platform: str = sys.platform) -> Path:
    """Return the folder of our own files. It need not be there: the first write creates it, for its owner only.

    Raises:
        ConfigurationError: there is no home folder.
    """
    return home(environ, platform=platform) / ".aws" / "mfa-session"


def _named(environ: Mapping[str, str], variable: str, platform: str) -> Path | None:
    """Return the path that *variable* holds, with ``$NAME`` and ``~`` resolved as botocore does; ``None`` if empty."""
    pattern = _VARIABLE_OF_WINDOWS if platform == "win32" else _VARIABLE
    value = pattern.sub(lambda found: _value(environ, found, platform), environ.get(variable, ""))
    if not value:
        return None
    if value == "~" or value.startswith(("~/", f"~{os.sep}")):
        return home(environ, platform=platform) / value[2:]
    try:
        return Path(value).expanduser()
    except RuntimeError:
        # ~name of nobody: a file of that name, as to botocore.
        return Path(value)


def _value(environ: Mapping[str, str], found: re.Match[str], platform: str) -> str:
    """Return what the variable stands for that was *found*, or its name where it is none."""
    name = next(filter(None, found.groups()), "")
    # Python keeps the names in capitals on Windows, where `%UserProfile%` is one of them.
    return environ.get(name.upper() if platform == "win32" else name, found[0])


def _home_of_this_user(environ: Mapping[str, str], platform: str) -> str:
    """Return where the home folder is if no variable names it: what the user database says, as a shell does."""
    if platform == "win32":
        return environ.get("HOMEDRIVE", "") + environ.get("HOMEPATH", "")
    if sys.platform == "win32":
        return ""
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return ""
