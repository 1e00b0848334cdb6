"""`mfa-session serve`: run a program that asks for the session whenever it needs it."""

import contextlib
import math
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Annotated

import typer

from mfa_session.aws_files.default_credentials import without_default_credentials
from mfa_session.cli.commands.exec import run_and_exit
from mfa_session.cli.context import AppContext, now
from mfa_session.cli.login_service import live_session, may_be_renewed
from mfa_session.cli.options import ProfileOption
from mfa_session.cli.output import warn
from mfa_session.cli.own_program import program_command
from mfa_session.credential_server.handler import RenewalMonitor, answer
from mfa_session.credential_server.protocol import CredentialEndpoint
from mfa_session.credential_server.server import Listener
from mfa_session.credential_server.sidecar import run_beside
from mfa_session.environment import SECRET, served_environment
from mfa_session.errors import PersonNeededError
from mfa_session.model.profile import Profile
from mfa_session.prompt.passphrases import DESCRIPTOR, FILE
from mfa_session.prompt.terminal import Terminal


def take_secret_variables() -> dict[str, str]:
    """Remove every variable with a secret from the environment of this process, and return them."""
    taken = {name: os.environ[name] for name in SECRET if name in os.environ}
    for name in taken:
        _overwrite(name)
        del os.environ[name]
    return taken


def _overwrite(name: str) -> None:
    """Overwrite the value where the process was given it, which to unset a variable leaves as it was."""
    if sys.platform == "linux":
        import ctypes  # two milliseconds, of a program that takes a hundred

        with contextlib.suppress(OSError, AttributeError):  # another C library than we know
            getenv = ctypes.CDLL(None).getenv
            getenv.argtypes, getenv.restype = [ctypes.c_char_p], ctypes.c_void_p
            if value := getenv(os.fsencode(name)):
                ctypes.memset(value, ord("-"), len(ctypes.string_at(value)))


# A program that prints codes has 45 seconds, AWS 20; another login of this profile is waited for, a minute.
_LIMIT_SECONDS = 180.0

_ERROR = "mfa-session: error: "


def renew(profile: Profile, *, beyond: timedelta, passphrase: str | None) -> None:
    """Keep a session of *profile* that lives longer than *beyond*, if there is none yet.

    *passphrase* is that of the encrypted file, if it was in the environment of this process.

    Raises:
        PersonNeededError: there is none to be had without a person; the message says why.
    """
    if not may_be_renewed(profile):
        raise _failed("a new one needs a token code", profile)
    enough = f"{math.ceil(beyond.total_seconds()) + 1}s"
    options = ("--quiet", "--profile", profile.name, "--min-remaining", enough)
    try:
        with _readable(passphrase) as (descriptors, variables):
            login = subprocess.run(
                [*program_command(), "--no-prompt", "login", *options],
                env={**os.environ, **variables},
                pass_fds=descriptors,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                errors="replace",
                timeout=_LIMIT_SECONDS,
                check=False,
            )
    except OSError as error:
        raise _failed(f"no login can be started: {error.strerror}", profile) from error
    except subprocess.TimeoutExpired as error:
        raise _failed("a login took too long", profile) from error
    if login.returncode:
        said = [line.removeprefix(_ERROR) for line in login.stderr.splitlines() if line.startswith(_ERROR)]
        raise _failed(said[0] if said else f"a login ended with exit code {login.returncode}", profile)


@contextmanager
def _readable(passphrase: str | None) -> Iterator[tuple[tuple[int, ...], dict[str, str]]]:
    """Yield a descriptor with the *passphrase* and the variable that names it, or neither where none is known here."""
    if passphrase is None or DESCRIPTOR in os.environ or FILE in os.environ:
        yield (), {}
        return
    reading, writing = os.pipe()
    try:
        with open(writing, "wb") as pipe:
            pipe.write(os.fsencode(passphrase) + b"\n")
        yield (reading,), {DESCRIPTOR: str(reading)}
    finally:
        os.close(reading)


def _failed(why: str, profile: Profile) -> PersonNeededError:
    return PersonNeededError(why, hint=f"run in a terminal: mfa-session login --profile {profile.name}")


class Notices:
    """The terminal of this process, whatever becomes of the process; standard error where there is no terminal.

    The program's own output may lead into a file, and nobody reads a notice there.
    """

    def __init__(self) -> None:
        try:
            self._terminal: Terminal | None = Terminal.open()
        except PersonNeededError:
            self._terminal = None

    def __call__(self, what: str, *, hint: str) -> None:
        """Say *what* is the matter, with a hint."""
        if self._terminal is None:
            warn(what, hint=hint)
            return
        self._terminal.tell(f"mfa-session: {what}")
        self._terminal.tell(f"mfa-session: hint: {hint}")


EXAMPLE = "Example: mfa-session serve --profile test-user -- terraform apply"

# Soon enough after a login elsewhere, or when a laptop has slept through the end; too seldom to be noticed.
_LOOK_SECONDS = 2.0


def serve(
    context: typer.Context,
    command: Annotated[list[str], typer.Argument(metavar="-- CMD [ARG]...", help="The program and its arguments.")],
    profile: ProfileOption = None,
) -> None:
    """Run a command with auto-renewing credentials.

    AWS tools ask for it at an address of this machine, as they do in a container, and ask
    again before it ends. Nobody else is answered. A new session comes by itself where codes come
    from a program (mfa_process), else by a login in another terminal.
    """
    app: AppContext = context.obj
    source = app.profile(profile)
    hidden = without_default_credentials(
        app.environ, credentials_file=app.credentials_file, config_file=app.config_file
    )
    with Listener() as listener:
        door = CredentialEndpoint(listener.port)
        # Before somebody is asked: botocore is imported meanwhile, on a thread.
        run_beside(_Companion(app, source, door, listener))
        live_session(app, source)
        variables = {**hidden, **door.variables}
        run_and_exit(context, command, served_environment(dict(app.environ), variables, region=source.region))


class _Companion:
    """Stands at *door* with the session of *profile*, and looks after it."""

    def __init__(self, app: AppContext, profile: "Profile", door: "CredentialEndpoint", listener: "Listener") -> None:
        self._app = app
        self._profile = profile
        self._door = door
        self._listener = listener
        self._notices = Notices()  # opened here: the companion itself will have no terminal

    def __call__(self, end: int | None) -> None:
        # On Windows this is a thread of the program, whose environment is read on.
        secrets = {} if sys.platform == "win32" else take_secret_variables()
        sessions = self._app.sessions
        watch = RenewalMonitor(
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


def _look_again_and_again(watch: "RenewalMonitor") -> None:
    while True:
        watch.look()
        time.sleep(_LOOK_SECONDS)
