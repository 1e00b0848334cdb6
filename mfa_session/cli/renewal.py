"""A renewal: a login of its own, in a process of its own, for which nobody is asked.

Whatever it needs (botocore, a keyring that hangs, a program that prints codes) ends with
it, and does not stay for hours in the process that answers AWS tools.
"""

import math
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from mfa_session.cli.desk import may_be_renewed
from mfa_session.cli.own_program import program_command
from mfa_session.errors import PersonNeededError
from mfa_session.model.profile import Profile
from mfa_session.prompt.passphrases import DESCRIPTOR, FILE

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
