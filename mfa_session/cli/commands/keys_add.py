"""`mfa-session keys add`: take in a long-term access key."""

import codecs
import csv
import json
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Annotated

import typer

from mfa_session.aws.iam import IAM
from mfa_session.aws.sts import STS
from mfa_session.cli.context import AppContext
from mfa_session.cli.key_options import (
    StoreOption,
    check_no_key_in_the_file,
    check_no_rotation_is_open,
    forget_in_other_store,
    new_holder,
    replaced_key,
    session_at_hand,
    store_options,
    stored_key,
)
from mfa_session.cli.options import ProfileOption
from mfa_session.cli.output import write_stderr
from mfa_session.errors import DamagedItemError, KeyElsewhereError, PromptCancelledError, UsageError, hint_command
from mfa_session.keys.add import check_replaceable, prompted_key, prove, store_key
from mfa_session.model.credentials import AccessKey
from mfa_session.prompt.user import NoUser, User
from mfa_session.text import escape_control

EXAMPLE = "Example: mfa-session keys add --profile test-user"

# What the AWS CLI prints for `aws iam create-access-key` has some 300 bytes.
_MAX_INPUT = 1 << 16

_FORM = "give accessKeys.csv of the IAM console, or what aws iam create-access-key prints"


def add(
    context: typer.Context,
    profile: ProfileOption = None,
    store: StoreOption = None,
    from_stdin: Annotated[
        bool, typer.Option("--stdin", help="Read the key from standard input: JSON of IAM, or accessKeys.csv.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a key that works, too.")] = False,
    replace: Annotated[bool, typer.Option("--replace", hidden=True)] = False,
) -> None:
    """Store the long-term key of a profile, or of a new one.

    The key ID and the secret are asked for; the secret is not shown, and no option takes
    it. AWS is asked whose key it is before anything is stored.
    """
    app: AppContext = context.obj
    source = new_holder(app, profile)
    endpoints = app.endpoints(source)
    user = app.user(hint_command("keys add", *store_options(store), profile=source.name), endpoints=endpoints)
    transport = app.transport(source, endpoints)
    sts = STS(transport)
    app.settings.check_can_answer(source)
    check_no_key_in_the_file(app, source)
    check_no_rotation_is_open(app, source)
    if from_stdin:
        key = _key_on_stdin()
    # The store is made sure of before anybody is asked: a secret is not typed twice.
    chosen = app.choose_store(user, wanted=store or source.store)
    verify = partial(prove, sts=sts, iam=IAM(transport), session=session_at_hand(app, source))
    proof = verify(key) if from_stdin else prompted_key(source, user=user, verify=verify)
    key = proof.key
    write_stderr(f"mfa-session: AWS accepts {key.masked_id}: {escape_control(proof.owner.arn)}")
    with app.lock(source):
        if not (force or replace):
            present = _replaceable(partial(stored_key, app, source), user)
            check_replaceable(source, present, proof.key, sts=sts)
            if source.store != chosen.name:
                present = _replaceable(partial(chosen.get, source.name), user)
                check_replaceable(source, present, proof.key, sts=sts)
        replaced = replaced_key(chosen, source, proof.key)
        store_key(source, proof.key, store=chosen, settings=app.settings)
        forget_in_other_store(app, source, chosen=chosen)
    write_stderr(f"mfa-session: it is in {chosen.description}" + (f", in the place of {replaced}" if replaced else ""))
    write_stderr(f"mfa-session: try it: {hint_command('login', profile=source.name)}")


def _replaceable(stored: Callable[[], AccessKey | None], user: User | NoUser) -> AccessKey | None:
    """Return the key that is *stored*, ``None`` where it is damaged or out of reach and may be replaced."""
    try:
        return stored()
    except (DamagedItemError, KeyElsewhereError) as error:
        if not user.is_there:
            raise type(error)(str(error), hint="to replace it: --force") from error
        user.tell(f"{str(error)[0].upper()}{str(error)[1:]}.")
        if not user.agrees("Replace it?", by_default=True):
            raise PromptCancelledError from None
        return None


def _key_on_stdin() -> AccessKey:
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError(
            "standard input is a terminal, which would show the secret", hint="leave out --stdin, and you are asked"
        )
    data = sys.stdin.buffer.read(_MAX_INPUT + 1)
    try:
        text = data.decode("utf-16" if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig")
    except UnicodeDecodeError:
        text = ""
    if len(data) > _MAX_INPUT or (found := _from_json(text) or _from_csv(text)) is None:
        raise UsageError("standard input is not an access key as JSON or CSV", hint=_FORM)
    key_id, secret = found
    if not isinstance(key_id, str) or not isinstance(secret, str):
        raise UsageError("standard input lacks the key ID or the secret", hint=_FORM)
    return AccessKey(key_id, secret)


def _from_json(text: str) -> tuple[object, object] | None:
    """Return the key ID and the secret that JSON has, as ``aws iam create-access-key`` prints it."""
    found: object = None
    with suppress(ValueError, RecursionError):
        found = json.loads(text)
    if isinstance(found, dict):
        found = found.get("AccessKey", found)
    return (found.get("AccessKeyId"), found.get("SecretAccessKey")) if isinstance(found, dict) else None


def _from_csv(text: str) -> tuple[object, object] | None:
    """Return the key ID and the secret of the only row of a CSV file, as the IAM console saves it."""
    with suppress(csv.Error):
        heading, *rows = [[cell.strip() for cell in row] for row in csv.reader(text.splitlines()) if any(row)] or [[]]
        names = [name.lower() for name in heading]
        if {"access key id", "secret access key"} <= set(names):
            if len(rows) != 1:
                raise UsageError(
                    f"the CSV on standard input has {len(rows)} keys instead of one", hint="leave one row in the file"
                )
            row = dict(zip(names, rows[0], strict=False))
            return row.get("access key id"), row.get("secret access key")
    return None
