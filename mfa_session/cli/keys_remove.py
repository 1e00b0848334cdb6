"""`mfa-session keys remove`: forget a long-term key and what was kept for the sake of it."""

from contextlib import suppress
from typing import TYPE_CHECKING

import typer

from mfa_session.cli.endings import say
from mfa_session.cli.key_holders import YesOption, holder, store_of
from mfa_session.cli.options import ProfileOption
from mfa_session.cli.parts import Parts
from mfa_session.errors import PersonNeededError, PromptCancelledError, StoreError
from mfa_session.profiles import Profile
from mfa_session.visible import visible

if TYPE_CHECKING:
    from mfa_session.store.access_keys import KeyStore

EXAMPLE = "Example: mfa-session keys remove --profile test-user"


def remove(context: typer.Context, profile: ProfileOption = None, yes: YesOption = False) -> None:
    """Delete a long-term key from its store.

    The session of the profile goes too, and what mfa-session wrote about it.

    What mfa-session wrote about the profile goes from both AWS files and from its own
    folder. At AWS the key goes on working, until it is deleted there.
    """
    from mfa_session.key_removal import places_of, remove_key

    parts: Parts = context.obj
    source = holder(parts, profile)
    store = store_of(parts, source)
    parts.sessions.check_can_forget(source)
    ids = [key_id for place in places_of(source) if (key_id := _masked_id(store, place))]
    named = " and ".join(dict.fromkeys(ids))
    if not yes:
        _ask(parts, source, named, where=store.description)
    with parts.lock(source):
        remove_key(
            source,
            store=store,
            rotations=parts.rotations,
            sessions=parts.sessions,
            others=(parts.failed_logins, parts.declined_moves, parts.used_codes),
            settings=parts.settings,
        )
    key = f"the key of {visible(source.name)}" + (f", {named}," if named else "")
    say(f"mfa-session: {key} is gone from {store.description}, and so is the session")
    say("mfa-session: AWS still accepts the key, until it is deleted there: aws iam delete-access-key")


def _masked_id(store: "KeyStore", place: str) -> str | None:
    with suppress(StoreError):
        key = store.get(place)
        return None if key is None else key.masked_id
    return None  # what cannot be read can be deleted


def _ask(parts: Parts, profile: Profile, named: str, *, where: str) -> None:
    person = parts.person(f"mfa-session keys remove --profile {profile.name}")
    if not person.is_there:
        raise PersonNeededError(
            "somebody has to agree that the key is deleted, and nobody can be asked", hint="agree beforehand: --yes"
        )
    person.tell(
        f"{where[0].upper()}{where[1:]} may have the only copy of the secret" + (f" of {named}." if named else ".")
    )
    if not person.agrees(f"Delete the key of {profile.name} and its session?", by_default=False):
        raise PromptCancelledError("nothing was changed", hint="to take it elsewhere: mfa-session keys move")
