"""Options that several commands share, each with one meaning and one help text."""

from typing import Annotated

import typer

from mfa_session.cli.completions import profile_names

ProfileOption = Annotated[
    str | None,
    typer.Option(
        "--profile",
        metavar="NAME",
        help="Profile whose key it is.  [default: AWS_PROFILE, else default]",
        show_default=False,
        autocompletion=profile_names,
    ),
]

SeveralProfilesOption = Annotated[
    list[str] | None,
    typer.Option(
        "--profile",
        metavar="NAME",
        help="Profile whose key or role it is; several may be given.  [default: AWS_PROFILE, else default]",
        show_default=False,
        autocompletion=profile_names,
    ),
]

ListedProfileOption = Annotated[
    str | None,
    typer.Option(
        "--profile",
        metavar="NAME",
        help="Only this profile.  [default: every one that mfa-session has to do with]",
        show_default=False,
        autocompletion=profile_names,
    ),
]

# Whoever starts us for one profile may have AWS_PROFILE set to another.
RequiredProfile = Annotated[
    str,
    typer.Option(
        "--profile",
        metavar="NAME",
        help="Profile whose key it is; AWS_PROFILE is not looked at.",
        autocompletion=profile_names,
    ),
]
