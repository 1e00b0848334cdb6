"""The offer to move a long-term key out of the plain file that it lies in.

It comes when a login is over, and nothing that goes wrong here takes the session back.
A person who says no is not asked about this key again.
"""

from pathlib import Path

from mfa_session.cli.context import AppContext
from mfa_session.cli.key_options import other_copies
from mfa_session.cli.output import warn, write_stderr
from mfa_session.errors import MFASessionError, PromptCancelledError, hint_command
from mfa_session.keys.move import import_key
from mfa_session.model.credentials import AccessKey
from mfa_session.model.profile import Profile
from mfa_session.text import escape_control


def offer_to_move(app: AppContext, profile: Profile, key: AccessKey) -> None:
    """Offer to move *key*, which lies in the credentials file under the name of *profile*, and do it."""
    try:
        if app.declined_moves.has(profile, key):
            return
        name = escape_control(profile.name)
        command = hint_command("keys import", profile=name)
        write_stderr(f"mfa-session: the long-term key of {name} still lies in {_shown(app.credentials_file)}")
        user = app.user(command)
        if not user.is_there:
            write_stderr(f"mfa-session: hint: move it into the store: {command}")
        elif user.agrees(f"Move it into the store? --profile {profile.name} goes on working", by_default=True):
            store = app.choose_store(user, wanted=profile.store)
            with app.lock(profile):
                import_key(profile, key, store=store, source=app.plain_keys, settings=app.settings)
            write_stderr(f"mfa-session: it is in {store.description} now")
            write_stderr(f"mfa-session: --profile {name} works with MFA from here on")
            for copy in other_copies(app, [key.access_key_id], besides=profile, store=store, stores=[]):
                write_stderr(f"mfa-session: the same key is still that of {escape_control(copy.in_words())}")
                write_stderr(f"mfa-session: hint: move it, too: {escape_control(copy.how_to_store())}")
        else:
            app.declined_moves.remember(profile, key)
            write_stderr(f"mfa-session: it stays there; to move it one day: {command}")
    except PromptCancelledError:
        return
    except MFASessionError as error:
        warn(f"the key was not moved: {error}", hint=error.hint)


def _shown(path: Path) -> str:
    home = Path("~").expanduser()
    return escape_control(str(Path("~") / path.relative_to(home) if path.is_relative_to(home) else path))
