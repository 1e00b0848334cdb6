"""`mfa-session keys move`: from one store to the other."""

from typing import Annotated

import typer

from mfa_session.cli.context import AppContext
from mfa_session.cli.key_options import STORES, check_no_rotation_is_open, holder, replaced_key, store_of
from mfa_session.cli.options import ProfileOption, one_of
from mfa_session.cli.output import write_stderr
from mfa_session.errors import hint_command
from mfa_session.keys.move import finish_move, move_key
from mfa_session.text import escape_control

EXAMPLE = "Example: mfa-session keys move --to keyring --profile test-user"

_OTHER = {"keyring": "file", "file": "keyring"}


def move(
    context: typer.Context,
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="STORE",
            help="Where the key is to rest: keyring or file.",
            autocompletion=one_of(*STORES),
        ),
    ],
    profile: ProfileOption = None,
    force: Annotated[bool, typer.Option("--force", help="Replace another key in that store.")] = False,
    replace: Annotated[bool, typer.Option("--replace", hidden=True)] = False,
) -> None:
    """Move a key to the OS keyring or the encrypted file."""
    app: AppContext = context.obj
    new = app.access_keys.store(to)
    source = holder(app, profile)
    old = store_of(app, source)
    name = escape_control(source.name)
    if old is new:
        with app.lock(source):
            finish_move(source, old=app.access_keys.store(_OTHER[to]), new=new)
        write_stderr(f"mfa-session: the key of {name} is in {new.description} already")
        return
    check_no_rotation_is_open(app, source)
    new = app.choose_store(app.user(hint_command("keys move", "--to", to, profile=name)), wanted=to)
    with app.lock(source):
        replaced = replaced_key(new, source, old.get(source.name))
        move_key(source, old=old, new=new, settings=app.settings, replace=force or replace)
    if replaced:
        write_stderr(f"mfa-session: the key {replaced}, which it had for {name}, is replaced")
    if leftovers := old.leftovers():
        write_stderr(f"mfa-session: the key of {name} is in {new.description} now; {leftovers}")
    else:
        write_stderr(f"mfa-session: the key of {name} is in {new.description} now, and nowhere else")
