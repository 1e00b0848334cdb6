"""`mfa-session keys remove`: forget a long-term key and what was kept for the sake of it."""

from collections.abc import Sequence
from typing import Annotated, Literal

import typer

from mfa_session.cli.context import AppContext
from mfa_session.cli.key_options import YesOption, holder, keys_of, other_copies, store_of
from mfa_session.cli.options import ProfileOption
from mfa_session.cli.output import write_stderr
from mfa_session.errors import ConfigurationError, PersonNeededError, PromptCancelledError, hint_command
from mfa_session.keys.copies import CONFIG_FILE, KeyCopy, listed
from mfa_session.keys.inventory import remove_key
from mfa_session.keystore.stores import KeyStore
from mfa_session.model.credentials import AccessKey
from mfa_session.model.profile import Profile
from mfa_session.text import escape_control

EXAMPLE = "Example: mfa-session keys remove --profile test-user"


CopiesOption = Annotated[
    Literal["keep", "remove"] | None,
    typer.Option("--copies", help="Where other profiles have the same key: keep it there, or remove it there, too."),
]


def remove(
    context: typer.Context, profile: ProfileOption = None, yes: YesOption = False, copies: CopiesOption = None
) -> None:
    """Delete a long-term key from its store.

    The session of the profile goes too, and what mfa-session wrote about it.

    What mfa-session wrote about the profile goes from both AWS files and from its own
    folder. At AWS the key goes on working, until it is deleted there.
    """
    app: AppContext = context.obj
    source = holder(app, profile)
    store = store_of(app, source)
    app.sessions.check_can_forget(source)
    keys = keys_of(store, source)
    others = other_copies(app, [key.access_key_id for key in keys], besides=source, store=store)
    if others and copies is None:
        raise ConfigurationError(
            f"the key {others[0].masked_id} is also that of {listed(others)}",
            hint="remove it there, too: --copies remove; or leave it there: --copies keep",
        )
    named = " and ".join(key.masked_id for key in keys)
    going = others if copies == "remove" else []
    _check_can_remove(app, going)
    if not yes:
        _ask(app, source, named, going, where=store.description)
    # The copies go first: what is killed in between is found again from the key of the profile.
    for copy in going:
        _remove_copy(app, copy, keys)
        write_stderr(f"mfa-session: the key {copy.masked_id} of {escape_control(copy.in_words())} is gone")
    name = escape_control(source.name)
    if not _remove_stored(app, source, store):
        write_stderr(f"mfa-session: {store.description} had no key of {name}; its session and settings are removed")
        return
    key = f"the key of {name}" + (f", {named}," if named else "")
    write_stderr(f"mfa-session: {key} is gone from {store.description}, and so is the session")
    if leftovers := store.leftovers():
        write_stderr(f"mfa-session: {leftovers}")
    if len(going) < len(others):
        write_stderr(f"mfa-session: {escape_control(listed(others))} still has it: do not delete it at AWS")
        return
    write_stderr("mfa-session: AWS still accepts the key, until it is deleted there: aws iam delete-access-key")


def _check_can_remove(app: AppContext, copies: Sequence[KeyCopy]) -> None:
    """Raise now what would keep one of *copies* where it is."""
    for copy in copies:
        if copy.place == CONFIG_FILE:
            raise ConfigurationError(
                f"the key {copy.masked_id} is that of {copy.in_words()}", hint=f"first {copy.how_to_store()}"
            )
        if copy.is_stored:
            app.sessions.check_can_forget(app.profile(copy.profile))
        else:
            app.plain_keys.check_can_remove(copy.profile)


def _remove_copy(app: AppContext, copy: KeyCopy, keys: Sequence[AccessKey]) -> None:
    if copy.is_stored:
        _remove_stored(app, app.profile(copy.profile), app.access_keys.store(copy.place))
        return
    for key in keys:
        if key.masked_id == copy.masked_id:
            app.plain_keys.remove(copy.profile, key)


def _remove_stored(app: AppContext, profile: Profile, store: KeyStore) -> bool:
    with app.lock(profile):
        return remove_key(
            profile,
            store=store,
            check_can_forget=app.sessions.check_can_forget,
            forget=[
                each.forget
                for each in (
                    app.rotations,
                    app.sessions,
                    app.failed_logins,
                    app.declined_moves,
                    app.used_codes,
                    app.settings,
                )
            ],
        )


def _ask(app: AppContext, profile: Profile, named: str, copies: Sequence[KeyCopy], *, where: str) -> None:
    user = app.user(hint_command("keys remove", profile=profile.name))
    if not user.is_there:
        raise PersonNeededError("deleting the key: confirmation required", hint="to skip it: --yes")
    of = f" of {named}" if named else ""
    user.tell(f"{where[0].upper()}{where[1:]} may have the only copy of the secret{of}.")
    if copies:
        user.tell(f"It goes from {listed(copies)}, too.")
    if not user.agrees(f"Delete the key of {profile.name} and its session?", by_default=False):
        raise PromptCancelledError
