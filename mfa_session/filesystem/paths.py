"""The paths of the home folder, the AWS files and the state folder, from the environment or by default."""

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

    On Windows it is ``USERPROFILE``, as in Python and botocore, not ``HOME``, which Git for Windows sets.

    Raises:
        ConfigurationError: there is none, or it is not a folder.
    """
    variable = "USERPROFILE" if platform == "win32" else "HOME"
    named = environ.get(variable)
    folder = Path(_home_of_this_user(environ, platform) if named is None else named)
    # With an empty HOME, ~/.aws would be /.aws or ./.aws. Path.is_dir raises where the folder may not be read.
    if not folder.is_absolute() or not os.path.isdir(folder):  # noqa: PTH112  as said above
        raise ConfigurationError(
            f"your home folder {escape_control(str(folder))} is not a folder" if named else "you have no home folder",
            hint=f"set {variable} to a folder of yours; mfa-session keeps its own files below it, "
            "wherever the AWS files are",
        )
    return folder


def credentials_file(environ: Mapping[str, str], *, platform: str = sys.platform) -> Path:
    """Return the path of the AWS credentials file: ``AWS_SHARED_CREDENTIALS_FILE``, or the one in ``~/.aws``."""
    return (
        _named(environ, "AWS_SHARED_CREDENTIALS_FILE", platform)
        or home(environ, platform=platform) / ".aws" / "credentials"
    )


def config_file(environ: Mapping[str, str], *, platform: str = sys.platform) -> Path:
    """Return the path of the AWS config file: ``AWS_CONFIG_FILE``, or the one in ``~/.aws``."""
    return _named(environ, "AWS_CONFIG_FILE", platform) or home(environ, platform=platform) / ".aws" / "config"


def state_folder(environ: Mapping[str, str], *, platform: str = sys.platform) -> Path:
    """Return the folder of our own files. The first write creates it, with mode 0700."""
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
        # ~name of no user is a file of that name, as in botocore.
        return Path(value)


def _value(environ: Mapping[str, str], found: re.Match[str], platform: str) -> str:
    """Return the value of the variable *found*, or its text unchanged if it is not set."""
    name = next(filter(None, found.groups()), "")
    # On Windows, os.environ has names in capitals.
    return environ.get(name.upper() if platform == "win32" else name, found[0])


def _home_of_this_user(environ: Mapping[str, str], platform: str) -> str:
    """Return the home folder where no variable names it: from the user database, as a shell does."""
    if platform == "win32":
        return environ.get("HOMEDRIVE", "") + environ.get("HOMEPATH", "")
    if sys.platform == "win32":
        return ""
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return ""
