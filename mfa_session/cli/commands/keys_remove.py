"""`mfa-session keys remove`: forget a long-term key and what was kept for the sake of it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mfa_session.cli.context import Parts
from mfa_session.cli.key_options import YesOption, holder, keys_of, other_copies, store_of
from mfa_session.cli.options import ProfileOption
from mfa_session.cli.output import say
from mfa_session.errors import ConfigurationError, PersonNeededError, PromptCancelledError
from mfa_session.keys.copies import CONFIG_FILE, listed
from mfa_session.keys.inventory import remove_key
from mfa_session.model.profile import Profile
from mfa_session.text import visible

if TYPE_CHECKING:
    from mfa_session.keys.copies import KeyCopy
    from mfa_session.keystore.stores import KeyStore
    from mfa_session.model.credentials import AccessKey

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
    parts: Parts = context.obj
    source = holder(parts, profile)
    store = store_of(parts, source)
    parts.sessions.check_can_forget(source)
    keys = keys_of(store, source)
    others = other_copies(parts, [key.access_key_id for key in keys], besides=source, store=store)
    if others and copies is None:
        raise ConfigurationError(
            f"the key {others[0].masked_id} is also that of {listed(others)}",
            hint="remove it there, too: --copies remove; or leave it there: --copies keep",
        )
    named = " and ".join(key.masked_id for key in keys)
    going = others if copies == "remove" else []
    _check_can_remove(parts, going)
    if not yes:
        _ask(parts, source, named, going, where=store.description)
    # The copies go first: what is killed in between is found again from the key of the profile.
    for copy in going:
        _remove_copy(parts, copy, keys)
        say(f"mfa-session: the key {copy.masked_id} of {visible(copy.in_words())} is gone")
    _remove_stored(parts, source, store)
    key = f"the key of {visible(source.name)}" + (f", {named}," if named else "")
    say(f"mfa-session: {key} is gone from {store.description}, and so is the session")
    if len(going) < len(others):
        say(f"mfa-session: {visible(listed(others))} still has it: do not delete it at AWS")
        return
    say("mfa-session: AWS still accepts the key, until it is deleted there: aws iam delete-access-key")


def _check_can_remove(parts: Parts, copies: "Sequence[KeyCopy]") -> None:
    """Raise now what would keep one of *copies* where it is."""
    for copy in copies:
        if copy.place == CONFIG_FILE:
            raise ConfigurationError(
                f"the key {copy.masked_id} is that of {copy.in_words()}", hint=f"first {copy.how_to_store()}"
            )
        if copy.is_stored:
            parts.sessions.check_can_forget(parts.profile(copy.profile))
        else:
            parts.plain_keys.check_can_remove(copy.profile)


def _remove_copy(parts: Parts, copy: "KeyCopy", keys: "Sequence[AccessKey]") -> None:
    if copy.is_stored:
        _remove_stored(parts, parts.profile(copy.profile), parts.access_keys.store(copy.place))
        return
    for key in keys:
        if key.masked_id == copy.masked_id:
            parts.plain_keys.remove(copy.profile, key)


def _remove_stored(parts: Parts, profile: Profile, store: "KeyStore") -> None:
    with parts.lock(profile):
        remove_key(
            profile,
            store=store,
            rotations=parts.rotations,
            sessions=parts.sessions,
            others=(parts.failed_logins, parts.declined_moves, parts.used_codes),
            settings=parts.settings,
        )


def _ask(parts: Parts, profile: Profile, named: str, copies: "Sequence[KeyCopy]", *, where: str) -> None:
    person = parts.person(f"mfa-session keys remove --profile {profile.name}")
    if not person.is_there:
        raise PersonNeededError(
            "somebody has to agree that the key is deleted, and nobody can be asked", hint="agree beforehand: --yes"
        )
    of = f" of {named}" if named else ""
    person.tell(f"{where[0].upper()}{where[1:]} may have the only copy of the secret{of}.")
    if copies:
        person.tell(f"It goes from {listed(copies)}, too.")
    if not person.agrees(f"Delete the key of {profile.name} and its session?", by_default=False):
        raise PromptCancelledError("nothing was changed", hint="to take it elsewhere: mfa-session keys move")
