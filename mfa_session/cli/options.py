"""Options that several commands share, each with one meaning and one help text."""

from typing import Annotated

import typer

ProfileOption = Annotated[
    str | None,
    typer.Option(
        "--profile",
        metavar="NAME",
        help="Profile whose key it is.  [default: AWS_PROFILE, else default]",
        show_default=False,
    ),
]

# Whoever starts us for one profile may have AWS_PROFILE set to another.
RequiredProfile = Annotated[
    str, typer.Option("--profile", metavar="NAME", help="Profile whose key it is; AWS_PROFILE is not looked at.")
]
