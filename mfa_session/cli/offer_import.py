"""Offer, after a login, to move an access key from ~/.aws/credentials into a store.

A failure here does not fail the login. After "no", the offer is not made again for this key.
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
    """Offer to move *key*, which is in the credentials file under *profile*, and do it."""
    try:
        if app.declined_moves.has(profile, key):
            return
        name = escape_control(profile.name)
        command = hint_command("keys import", profile=name)
        write_stderr(f"Your access key is still in plain text in {_shown(app.credentials_file)}.")
        user = app.user(command)
        place = "the encrypted file" if _wants_file(app, profile) else "the OS keyring"
        if not user.is_there:
            write_stderr(f"To move it to {place}: {command}")
        elif user.agrees(f"Move it to {place}? `--profile {profile.name}` will keep working.", by_default=True):
            store = app.choose_store(user, wanted=profile.store)
            with app.lock(profile):
                import_key(profile, key, store=store, source=app.plain_keys, settings=app.settings)
            write_stderr(f"Moved to {store.description}.")
            write_stderr(f"`--profile {name}` now uses MFA.")
            for copy in other_copies(app, [key.access_key_id], besides=profile, store=store, stores=[]):
                write_stderr(f"The same key is also in {escape_control(copy.in_words())}.")
                write_stderr(f"To move it there too: {escape_control(copy.how_to_store())}")
        else:
            app.declined_moves.remember(profile, key)
            write_stderr(f"Not moved. To move it later: {command}")
    except PromptCancelledError:
        return
    except MFASessionError as error:
        warn(f"the key was not moved: {error}", hint=error.hint)


def _wants_file(app: AppContext, profile: Profile) -> bool:
    return (profile.store or app.environ.get("MFA_SESSION_STORE")) == "file"


def _shown(path: Path) -> str:
    home = Path("~").expanduser()
    return escape_control(str(Path("~") / path.relative_to(home) if path.is_relative_to(home) else path))
