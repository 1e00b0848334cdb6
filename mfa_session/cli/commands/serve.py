"""`mfa-session serve`: run a command that gets every new session from a local endpoint."""

import contextlib
import ctypes
import gc
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
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from mfa_session.aws_files.default_credentials import without_default_credentials
from mfa_session.cli.commands.exec import run_and_exit
from mfa_session.cli.context import AppContext, now
from mfa_session.cli.login_service import live_session, may_be_renewed
from mfa_session.cli.options import ProfileOption
from mfa_session.cli.output import warn
from mfa_session.cli.own_program import program_command
from mfa_session.cli.ssh_tunnel import SSHConnection
from mfa_session.credential_server.handler import RenewalMonitor, answer
from mfa_session.credential_server.protocol import CredentialEndpoint
from mfa_session.credential_server.server import Listener
from mfa_session.credential_server.sidecar import run_beside
from mfa_session.environment import SECRET, served_environment
from mfa_session.errors import PersonNeededError, StateError, UsageError, hint_command
from mfa_session.filesystem.private_files import delete_private, write_private
from mfa_session.model.profile import Profile
from mfa_session.prompt.passphrases import DESCRIPTOR, FILE
from mfa_session.prompt.terminal import Terminal

EXAMPLE = "Example: mfa-session serve --profile test-user -- terraform apply"

# A program that prints codes has 45 seconds, AWS 20; another login of this profile is waited for, a minute.
_LIMIT_SECONDS = 180.0

# Python's own number; the front door has a larger one for commands that end in a moment.
_OBJECTS_BEFORE_COLLECTING = 700

# Soon enough after a login elsewhere, or when a laptop has slept past the end; too seldom to cost anything.
_CHECK_SECONDS = 2.0

_ERROR = "mfa-session: error: "


def serve(
    context: typer.Context,
    command: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="-- CMD [ARG]...", help="The program and its arguments; a profile may stand before the hyphens."
        ),
    ] = None,
    profile: ProfileOption = None,
    ssh: Annotated[
        str | None,
        typer.Option(metavar="HOST", help="Run it on this host, through a reverse tunnel.  [default CMD: a shell]"),
    ] = None,
) -> None:
    """Run a command with auto-renewing credentials.

    AWS tools get the session from a local endpoint, as in a container, and ask again before
    it expires. Only this command is answered. The next session comes without asking for roles
    and for codes from a program (mfa_process); otherwise, log in from another terminal.
    """
    app: AppContext = context.obj
    if ssh is not None:
        _serve_remotely(app, app.profile(profile), ssh, command or [])
    if not command:
        raise UsageError("missing argument '-- CMD [ARG]...'", hint="write it behind two hyphens, as in: -- aws s3 ls")
    source = app.profile(profile)
    hidden = without_default_credentials(
        app.environ, credentials_file=app.credentials_file, config_file=app.config_file
    )
    with Listener() as listener:
        endpoint = CredentialEndpoint(listener.port)
        with _token_file(app.state_folder / "serve", endpoint) as token_file:
            # Before the login, which starts a thread to import botocore: see run_beside.
            run_beside(partial(_answer_requests, app, source, endpoint, listener, Notices(), token_file))
            live_session(app, source)
            variables = {**hidden, **endpoint.variables(token_file=token_file)}
            run_and_exit(context, command, served_environment(dict(app.environ), variables, region=source.region))


def _serve_remotely(app: AppContext, profile: Profile, host: str, command: list[str]) -> NoReturn:
    """Run *command* on *host* and exit with its exit code."""
    with Listener() as listener, SSHConnection(host) as connection:
        token = CredentialEndpoint(listener.port).token
        connection.hand_over(token)
        endpoint = CredentialEndpoint(listener.port, token, tunnel_port=connection.forward(listener.port))
        run_beside(partial(_answer_requests, app, profile, endpoint, listener, Notices(), None))
        live_session(app, profile)
        variables = endpoint.variables(token_file=None)
        del variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"]  # or it would be in the arguments of ssh
        region = app.environ.get("AWS_REGION") or app.environ.get("AWS_DEFAULT_REGION") or profile.region
        if region:
            variables |= {"AWS_REGION": region, "AWS_DEFAULT_REGION": region}
        code = connection.run(command, variables)
    raise typer.Exit(code)


@contextmanager
def _token_file(folder: Path, endpoint: CredentialEndpoint) -> Iterator[Path | None]:
    """Keep the token in a file in *folder*, for SDKs that read it from a file only; ``None`` if it cannot be written.

    After exec(2) the sidecar deletes the file. A file whose sidecar was killed is deleted at the next start.
    """
    path = folder / str(endpoint.port)
    try:
        write_private(path, endpoint.token.encode())
    except StateError:  # a live session is enough for every other SDK, also where the home folder is read-only
        yield None
        return
    try:
        for other in folder.iterdir():
            if other.name.isdecimal() and not Listener.is_listening(int(other.name)):
                delete_private(other)
        yield path
    finally:
        with contextlib.suppress(StateError):
            delete_private(path)


def _answer_requests(
    app: AppContext,
    profile: Profile,
    endpoint: CredentialEndpoint,
    listener: Listener,
    notify: "Notices",
    token_file: Path | None,
    end: int | None,
) -> None:
    """Answer requests in the sidecar, and renew the session, until *end* is readable."""
    # Each answer leaves cyclic garbage, and this process goes on for hours; what was imported needs no second look.
    gc.freeze()
    gc.set_threshold(_OBJECTS_BEFORE_COLLECTING)
    # On Windows this is a thread of the process that still reads its environment.
    secrets = {} if sys.platform == "win32" else take_secret_variables()
    session = partial(app.sessions.session, profile)
    monitor = RenewalMonitor(
        profile,
        session=session,
        renew=partial(renew, profile, passphrase=secrets.get("MFA_SESSION_PASSPHRASE")),
        notify=notify,
        clock=now,
    )
    threading.Thread(target=_check_forever, args=(monitor,), daemon=True).start()
    try:
        listener.serve(partial(answer, endpoint=endpoint, profile=profile, session=session, clock=now), until=end)
    finally:
        if token_file is not None:
            delete_private(token_file)


def _check_forever(monitor: RenewalMonitor) -> None:
    while True:
        monitor.check()
        time.sleep(_CHECK_SECONDS)


class Notices:
    """Writes to the terminal of this process, also from the sidecar; to stderr where there is no terminal.

    The program's own output may go to a file, where a notice would not be seen.
    """

    def __init__(self) -> None:
        try:
            self._terminal: Terminal | None = Terminal.open()
        except PersonNeededError:
            self._terminal = None

    def __call__(self, message: str, hint: str) -> None:
        """Write *message* and *hint*."""
        if self._terminal is None:
            warn(message, hint=hint)
            return
        self._terminal.tell(f"mfa-session: {message}")
        self._terminal.tell(f"mfa-session: hint: {hint}")


def renew(profile: Profile, beyond: timedelta, *, passphrase: str | None) -> None:
    """Get a session of *profile* that outlives *beyond* without asking, if there is none yet.

    *passphrase* is that of the encrypted file, if it was in the environment of this process.

    Raises:
        PersonNeededError: it needs a code from the user, or failed; the message says why.
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
        raise _failed(f"cannot start a login: {error.strerror}", profile) from error
    except subprocess.TimeoutExpired as error:
        raise _failed("a login took too long", profile) from error
    if login.returncode:
        errors = [line.removeprefix(_ERROR) for line in login.stderr.splitlines() if line.startswith(_ERROR)]
        raise _failed(errors[0] if errors else f"a login ended with exit code {login.returncode}", profile)


@contextmanager
def _readable(passphrase: str | None) -> Iterator[tuple[tuple[int, ...], dict[str, str]]]:
    """Yield a descriptor to read *passphrase* from and the variable that names it, or neither without a passphrase."""
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
    return PersonNeededError(why, hint=f"run in a terminal: {hint_command('login', profile=profile.name)}")


def take_secret_variables() -> dict[str, str]:
    """Remove every variable with a secret from the environment of this process, and return them."""
    taken = {name: os.environ[name] for name in SECRET if name in os.environ}
    for name in taken:
        _overwrite(name)
        del os.environ[name]
    return taken


def _overwrite(name: str) -> None:
    """Overwrite the variable in the process's initial environment, which unsetting it leaves as it was."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):  # an unknown C library
            getenv = ctypes.CDLL(None).getenv
            getenv.argtypes, getenv.restype = [ctypes.c_char_p], ctypes.c_void_p
            if value := getenv(os.fsencode(name)):
                ctypes.memset(value, ord("-"), len(ctypes.string_at(value)))
