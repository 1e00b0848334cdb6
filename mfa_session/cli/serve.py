"""`mfa-session serve`: run a program that asks for the session whenever it needs it."""

import sys
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from mfa_session.cli.desk import live_session
from mfa_session.cli.exec import run_in_our_place
from mfa_session.cli.options import ProfileOption
from mfa_session.cli.parts import Parts, now
from mfa_session.cli.secret_variables import take_secret_variables
from mfa_session.environment import served_environment

# What answers is imported where it is needed: every other command reads this module too.
if TYPE_CHECKING:
    from mfa_session.credential_server.handler import Watch
    from mfa_session.credential_server.protocol import Door
    from mfa_session.credential_server.server import Listener
    from mfa_session.model.profile import Profile

EXAMPLE = "Example: mfa-session serve --profile test-user -- terraform apply"

# Soon enough after a login elsewhere, or when a laptop has slept through the end; too seldom to be noticed.
_LOOK_SECONDS = 2.0


def serve(
    context: typer.Context,
    command: Annotated[list[str], typer.Argument(metavar="-- CMD [ARG]...", help="The program and its arguments.")],
    profile: ProfileOption = None,
) -> None:
    """Run a program that gets each new session too, for as long as it runs, and end as it ends.

    AWS tools ask for it at an address of this machine, as they do in a container, and ask
    again before it ends. Nobody else is answered. A new session comes by itself where codes come
    from a program (mfa_process), else by a login in another terminal.
    """
    from mfa_session.aws_files.default_credentials import without_default_credentials
    from mfa_session.credential_server.protocol import Door
    from mfa_session.credential_server.server import Listener
    from mfa_session.credential_server.sidecar import run_beside

    parts: Parts = context.obj
    source = parts.profile(profile)
    hidden = without_default_credentials(
        parts.environ, credentials_file=parts.credentials_file, config_file=parts.config_file
    )
    with Listener() as listener:
        door = Door(listener.port)
        # Before somebody is asked: botocore is imported meanwhile, on a thread.
        run_beside(_Companion(parts, source, door, listener))
        live_session(parts, source)
        variables = {**hidden, **door.variables}
        run_in_our_place(context, command, served_environment(dict(parts.environ), variables, region=source.region))


class _Companion:
    """Stands at *door* with the session of *profile*, and looks after it."""

    def __init__(self, parts: Parts, profile: "Profile", door: "Door", listener: "Listener") -> None:
        from mfa_session.cli.notices import Notices

        self._parts = parts
        self._profile = profile
        self._door = door
        self._listener = listener
        self._notices = Notices()  # opened here: the companion itself will have no terminal

    def __call__(self, end: int | None) -> None:
        from mfa_session.cli.renewal import renew
        from mfa_session.credential_server.handler import Watch, answer

        # On Windows this is a thread of the program, whose environment is read on.
        secrets = {} if sys.platform == "win32" else take_secret_variables()
        sessions = self._parts.sessions
        watch = Watch(
            self._profile,
            sessions=sessions,
            renew=partial(renew, self._profile, passphrase=secrets.get("MFA_SESSION_PASSPHRASE")),
            tell=self._notices,
            clock=now,
        )
        threading.Thread(target=_look_again_and_again, args=(watch,), daemon=True).start()
        self._listener.serve(
            partial(answer, door=self._door, profile=self._profile, sessions=sessions, clock=now), until=end
        )


def _look_again_and_again(watch: "Watch") -> None:
    while True:
        watch.look()
        time.sleep(_LOOK_SECONDS)
