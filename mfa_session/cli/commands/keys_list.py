"""`mfa-session keys list`: which long-term keys there are, how old, and where."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

import typer

from mfa_session.aws_files.files import read_profiles
from mfa_session.cli.context import AppContext, now
from mfa_session.cli.output import CONFIGURATION, write_json, write_stderr, write_stdout
from mfa_session.cli.table import table
from mfa_session.errors import hint_command
from mfa_session.keys.inventory import ListedKey, list_keys
from mfa_session.model.credentials import timestamp
from mfa_session.text import escape_control

# Imported where it is needed: every other command reads this module too.

EXAMPLE = "Example: mfa-session keys list"

_HEADINGS = ("PROFILE", "KEY", "AGE", "STORE", "ACCOUNT")

_STORES = {
    "keyring": "keyring",
    "file": "encrypted file",
    "credentials_file": "plain text",
    "config_file": "plain text",
}


def list_(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
    unlock: Annotated[bool, typer.Option("--unlock", help="Ask for the password of a store, to show key IDs.")] = False,
) -> None:
    """List long-term keys, with age and store.

    Only the last four characters of a key ID are shown.

    Without --unlock, no password is asked for: of the keys in a locked store, the profile,
    the age and the store are shown. Exits with 253 if a store cannot be read.
    """
    app: AppContext = context.obj
    stores = app.access_keys if unlock else AppContext(app.environ, no_prompt=True).access_keys
    listed = list_keys(
        config=read_profiles(app.config_file, "config"),
        credentials=read_profiles(app.credentials_file, "credentials"),
        get=stores.get,
    )
    if as_json:
        write_json(keys=[_record(each, present=now()) for each in listed])
    elif listed:
        write_stdout(_table(listed, present=now()))
        if any(each.is_locked for each in listed):
            write_stderr(
                f"mfa-session: hint: to show the other key IDs: {hint_command('keys list', '--unlock', profile='')}"
            )
    else:
        write_stderr(f"mfa-session: there is no long-term key; to begin: {hint_command('keys add', profile='NAME')}")
    if any(each.is_unread for each in listed):
        raise typer.Exit(CONFIGURATION)


def _record(each: ListedKey, *, present: datetime) -> dict[str, str | int | None]:
    """Return the record of one key for `--json`."""
    age = each.age(present)
    return {
        "profile": each.profile,
        "access_key_id": each.masked_id,
        "created": timestamp(each.create_date) if each.create_date else None,
        "age_days": None if age is None else age.days,
        "store": each.store,
        "account_id": each.account_id,
        "problem": each.problem,
    }


def _table(listed: Sequence[ListedKey], *, present: datetime) -> str:
    problems = [f"{escape_control(f'{each.profile}: {each.problem}')}\n" for each in listed if each.problem]
    return table(_HEADINGS, [_row(each, present=present) for each in listed]) + "".join(problems)


def _row(each: ListedKey, *, present: datetime) -> tuple[str, ...]:
    return (
        each.profile,
        each.masked_id or "?",
        _age_in_words(each.age(present)),
        _STORES.get(each.store, each.store),
        each.account_id or "-",
    )


def _age_in_words(age: timedelta | None) -> str:
    if age is None:
        return "-"
    return "1 day" if age.days == 1 else f"{age.days} days"
