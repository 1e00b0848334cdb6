"""The offer to move a long-term key out of the plain file that it lies in.

It comes when a login is over, and nothing that goes wrong here takes the session back.
A person who says no is not asked about this key again.
"""

from pathlib import Path

from mfa_session.cli.context import Parts
from mfa_session.cli.key_options import other_copies
from mfa_session.cli.output import explain, say
from mfa_session.errors import MFASessionError, PromptCancelledError
from mfa_session.keys.import_key import move_key
from mfa_session.model.credentials import AccessKey
from mfa_session.model.profile import Profile
from mfa_session.text import visible


def offer_to_move(parts: Parts, profile: Profile, key: AccessKey) -> None:
    """Offer to move *key*, which lies in the credentials file under the name of *profile*, and do it."""
    try:
        if parts.declined_moves.has(profile, key):
            return
        name = visible(profile.name)
        command = f"mfa-session keys import --profile {name}"
        say(f"mfa-session: the long-term key of {name} still lies in {_shown(parts.credentials_file)}")
        person = parts.person(command)
        if not person.is_there:
            say(f"mfa-session: hint: move it into the store: {command}")
        elif person.agrees(f"Move it into the store? --profile {profile.name} goes on working", by_default=True):
            store = parts.choose_store(person, wanted=profile.store)
            with parts.lock(profile):
                move_key(profile, key, store=store, plain=parts.plain_keys, settings=parts.settings)
            say(f"mfa-session: it is in {store.description} now")
            say(f"mfa-session: --profile {name} works with MFA from here on")
            for copy in other_copies(parts, [key.access_key_id], besides=profile, store=store, stores=[]):
                say(f"mfa-session: the same key is still that of {visible(copy.in_words())}")
                say(f"mfa-session: hint: move it, too: {visible(copy.how_to_store())}")
        else:
            parts.declined_moves.remember(profile, key)
            say(f"mfa-session: it stays there; to move it one day: {command}")
    except PromptCancelledError:
        return
    except MFASessionError as error:
        explain(f"the key was not moved: {error}", hint=error.hint)


def _shown(path: Path) -> str:
    home = Path("~").expanduser()
    return visible(str(Path("~") / path.relative_to(home) if path.is_relative_to(home) else path))
