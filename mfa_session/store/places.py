"""Where things are kept: the places that the environment names, and the usual ones where it names none."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from mfa_session.errors import ConfigurationError
from mfa_session.visible import visible

_VARIABLE = re.compile(r"\$(?:\{([^}]*)\}|(\w+))", re.ASCII)


def home(environ: Mapping[str, str]) -> Path:
    """Return the user's home folder.

    Raises:
        ConfigurationError: there is none, or it is not a folder.
    """
    named = environ.get("USERPROFILE" if os.name == "nt" else "HOME")
    folder = Path(_home_of_this_user() if named is None else named)
    # An empty HOME would make ~/.aws the folder /.aws, or .aws where one happens to stand. What may not be looked at,
    # Path.is_dir does not tell, but raises.
    if not folder.is_absolute() or not os.path.isdir(folder):  # noqa: PTH112
        raise ConfigurationError(
            f"your home folder {visible(str(folder))} is not a folder" if named else "you have no home folder",
            hint="set HOME to a folder of yours; mfa-session keeps its own files below it, wherever the AWS files are",
        )
    return folder


def credentials_file(environ: Mapping[str, str]) -> Path:
    """Return the path of the AWS credentials file: ``AWS_SHARED_CREDENTIALS_FILE``, or the one in ``~/.aws``.

    Raises:
        ConfigurationError: the home folder is needed, and there is none.
    """
    return _named(environ, "AWS_SHARED_CREDENTIALS_FILE") or home(environ) / ".aws" / "credentials"


def config_file(environ: Mapping[str, str]) -> Path:
    """Return the path of the AWS config file: ``AWS_CONFIG_FILE``, or the one in ``~/.aws``.

    Raises:
        ConfigurationError: the home folder is needed, and there is none.
    """
    return _named(environ, "AWS_CONFIG_FILE") or home(environ) / ".aws" / "config"


def state_folder(environ: Mapping[str, str]) -> Path:
    """Return the folder of our own files. It need not be there: the first write creates it, for its owner only.

    Raises:
        ConfigurationError: there is no home folder.
    """
    return home(environ) / ".aws" / "mfa-session"


def _named(environ: Mapping[str, str], variable: str) -> Path | None:
    """Return the path that *variable* holds, with ``$NAME`` and ``~`` resolved as botocore does; ``None`` if empty."""
    value = _VARIABLE.sub(lambda found: environ.get(found[1] or found[2], found[0]), environ.get(variable, ""))
    if not value:
        return None
    if value == "~" or value.startswith(("~/", f"~{os.sep}")):
        return home(environ) / value[2:]
    try:
        return Path(value).expanduser()
    except RuntimeError:
        # ~name of nobody: a file of that name, as to botocore.
        return Path(value)


def _home_of_this_user() -> str:
    """Return what the user database says, as a shell does where ``HOME`` is not set."""
    try:
        import pwd

        return pwd.getpwuid(os.getuid()).pw_dir
    except (ImportError, KeyError):
        return ""
