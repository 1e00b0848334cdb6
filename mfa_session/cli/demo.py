"""`mfa-session demo`: the whole story, without an account."""

import sys

import typer

EXAMPLE = "Example: mfa-session demo"


def demo() -> None:
    """See the whole story against a strict local AWS: no account, no network, nothing of yours is touched."""
    from mfa_session.demo.story import Story

    def write(text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()

    if not Story([sys.executable, "-m", "mfa_session"], write).tell():
        raise typer.Exit(1)
