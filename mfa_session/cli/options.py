"""Options that several commands share, each with one meaning and one help text."""

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from mfa_session.aws_files.files import Kind, read_profiles
from mfa_session.errors import MFASessionError
from mfa_session.filesystem import paths

# What every shell takes as it stands; zsh evaluates what it is offered.
_HARMLESS = re.compile(r"[\w.@%/][\w.@%/-]*")


def profile_names(incomplete: str) -> list[str]:
    """Return the profiles of both AWS files whose names begin with *incomplete*."""
    names = {*_names(paths.config_file, "config"), *_names(paths.credentials_file, "credentials")}
    return sorted(name for name in names if name.startswith(incomplete) and _HARMLESS.fullmatch(name))


def _names(place: Callable[[Mapping[str, str]], Path], kind: Kind) -> list[str]:
    try:
        return list(read_profiles(place(os.environ), kind))
    except MFASessionError:
        # The user who presses Tab is in the middle of a line, into which an error would be written.
        return []


def one_of(*values: str) -> Callable[[str], list[str]]:
    """Return what completes an option that takes one of *values*."""
    return lambda incomplete: [value for value in values if value.startswith(incomplete)]


ProfileOption = Annotated[
    str | None,
    typer.Option(
        "--profile",
        metavar="NAME",
        help="AWS profile.  [default: AWS_PROFILE, else default, else the only one]",
        show_default=False,
        autocompletion=profile_names,
    ),
]

SeveralProfilesOption = Annotated[
    list[str] | None,
    typer.Option(
        "--profile",
        metavar="NAME",
        help="AWS profile; several may be given.  [default: AWS_PROFILE, else default, else the only one]",
        show_default=False,
        autocompletion=profile_names,
    ),
]

ListedProfileOption = Annotated[
    str | None,
    typer.Option(
        "--profile",
        metavar="NAME",
        help="Only this profile.  [default: all managed profiles]",
        show_default=False,
        autocompletion=profile_names,
    ),
]

# The caller that starts us for one profile may have AWS_PROFILE set to another.
RequiredProfile = Annotated[
    str,
    typer.Option(
        "--profile",
        metavar="NAME",
        help="AWS profile; AWS_PROFILE is not looked at.",
        autocompletion=profile_names,
    ),
]
