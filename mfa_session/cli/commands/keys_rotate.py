"""`mfa-session keys rotate`: a new long-term key in the place of the old."""

import time
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from typing import Annotated

import typer

from mfa_session.cli.context import AppContext, now
from mfa_session.cli.key_options import check_no_rotation_is_open, holder, keys_of, other_copies, store_of
from mfa_session.cli.login_service import LoginService
from mfa_session.cli.options import ProfileOption
from mfa_session.cli.output import write_json, write_stderr
from mfa_session.errors import hint_command
from mfa_session.keys.copies import KeyCopy, check_all_are_stored, check_not_in_use, update_copies
from mfa_session.keys.rotate import KeyRotation, recover
from mfa_session.keys.second_key import confirm_deletion
from mfa_session.keystore.stores import KeyStore
from mfa_session.model.credentials import timestamp
from mfa_session.model.profile import Profile
from mfa_session.sessions.find_device import iam_user
from mfa_session.sessions.login import LoginRequest
from mfa_session.text import escape_control

EXAMPLE = "Example: mfa-session keys rotate --profile test-user"

# A new key may take a minute to be known, and AWS twenty seconds for each answer.
_TIME_TO_ROTATE = timedelta(minutes=5)


def rotate(
    context: typer.Context,
    profile: ProfileOption = None,
    delete_old: Annotated[
        bool,
        typer.Option(
            "--delete-old",
            help="Delete the old key, too; where a rotation has left one inactive, do only that.",
        ),
    ] = False,
    yes: Annotated[
        bool,
        typer.Option("--yes", "-y", help="Where you have two keys, delete the other one unasked, if it is unused."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Replace a long-term key by a new one.

    It is done on a session with MFA.

    The new key is made, stored beside the old one, read back and proven before the old
    one is made inactive. It stays so until --delete-old or the next rotation deletes it.
    A rotation that was cut short is finished or undone by the next. A key whose ID AWS
    never answered with is deleted only if you agree. Other profiles that have the same
    key in a store get the new one, too.
    """
    app: AppContext = context.obj
    source = holder(app, profile)
    tell = _say_nothing if as_json else _tell
    store = store_of(app, source)
    shared = other_copies(app, _key_ids(store, source), besides=source, store=store)
    with ExitStack() as locks:
        # In one order, so that two rotations do not wait for each other.
        for name in sorted({source.name, *(copy.profile for copy in shared if copy.is_stored)}):
            locks.enter_context(app.lock(Profile(name, name)))
        recover(source, store=store, records=app.rotations)
        store.get(source.name)  # a key that cannot be read is reported before a code is asked for
        copies = _copies_to_change(app, source, store)
        service = LoginService(app, source, command=f"keys rotate{' --delete-old' if delete_old else ''}")
        session = service.log_in(LoginRequest(source, min_remaining=_TIME_TO_ROTATE)).credentials
        rotation = KeyRotation(
            source,
            session,
            iam_user(session, sts=service.sts),
            sts=service.sts,
            iam=service.iam,
            store=store,
            records=app.rotations,
            settings=app.settings,
            confirm=partial(confirm_deletion, user=service.user, delete_unused=yes),
            tell=tell,
            clock=now,
            sleep=time.sleep,
            update_copies=lambda key: update_copies(
                copies, key, store_named=app.access_keys.store, settings=app.settings, tell=tell
            ),
            check_unused=lambda key_id: check_not_in_use(other_copies(app, [key_id], besides=source, store=store)),
        )
        left = rotation.run(delete_old=delete_old)
        if as_json:
            key, now_set = store.get(source.name), app.profile(source.name)
            write_json(
                profile=source.name,
                access_key_id=key.masked_id if key else None,
                created=timestamp(now_set.key_created) if now_set.key_created else None,
                store=store.name,
                old_key_is_deleted=left is None,
            )
            return
    if left is not None:
        command = hint_command("keys rotate", "--delete-old", profile=source.name)
        write_stderr(f"mfa-session: when everything works with the new key, delete the old one: {command}")


def _copies_to_change(app: AppContext, source: Profile, store: KeyStore) -> "list[KeyCopy]":
    """Return who else has the key that is to be rotated, having made sure that it can be changed for all of them."""
    copies = other_copies(app, _key_ids(store, source), besides=source, store=store)
    check_all_are_stored(copies)
    for copy in copies:
        check_no_rotation_is_open(app, Profile(copy.profile, copy.profile))
    return copies


def _key_ids(store: KeyStore, source: Profile) -> list[str]:
    return [key.access_key_id for key in keys_of(store, source)]


def _say_nothing(text: str) -> None:
    """Write no progress, beside JSON."""


def _tell(text: str) -> None:
    write_stderr(f"mfa-session: {escape_control(text)}")
