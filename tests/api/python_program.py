"""Python programs of a user, which use the Python interface."""

import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

from mfa_session.model.credentials import timestamp
from tests.clean_environment import clean_environment
from tests.machine import Machine

USER = "arn:aws:iam::123456789012:user/test-user"
QUESTION = "(test-user-phone"

WHO_AM_I = "mfa_session.session('test-user'{options}).client('sts').get_caller_identity()['Arn']"

SAY_WHAT_IS_WRONG = """\
import mfa_session
try:
    mfa_session.session("test-user"{options})
except mfa_session.MFASessionError as error:
    print(type(error).__name__, error.hint, sep=": ")
"""


def who(options: str = "") -> str:
    """Return a program that prints who it is with the session of ``test-user``."""
    return f"import mfa_session; print({WHO_AM_I.format(options=options)})"


def run(machine: Machine, program: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run *program* where there is no terminal, as a notebook's kernel and a service have none."""
    return machine.run_program(sys.executable, "-W", "error", "-c", program, **environment)


def let_the_session_end_in(machine: Machine, left: timedelta, *, session_profile: str = "test-user-mfa") -> None:
    """Write another end into the session profile; AWS still takes the session."""
    end = machine.credentials(session_profile)["x_security_token_expires"]
    text = machine.credentials_file.read_text()
    machine.write_credentials(text.replace(end, timestamp(datetime.now(UTC) + left)))


# Does one call for each line of its input, and says with which key, or how it failed.
_LONG_LIVED = """\
import logging, sys, mfa_session
logging.disable()  # botocore tells the log of a renewal that fails, and then raises
sts = mfa_session.session({arguments}).client("sts")
for _ in sys.stdin:
    try:
        sts.get_caller_identity()
        print(sts._request_signer._credentials.get_frozen_credentials().access_key, flush=True)
    except mfa_session.MFASessionError as error:
        print(type(error).__name__, error.hint, flush=True)
"""


@dataclass
class LongLived:
    """A program with one client, which lives for as long as the block; nobody can be asked where it runs."""

    machine: Machine
    arguments: str = "'test-user'"

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _LONG_LIVED.format(arguments=self.arguments)],
            env=clean_environment(self.machine.home, **self.machine.environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._process:
            assert self._process.stdin is not None
            self._process.stdin.close()

    def call(self) -> str:
        """Let it call AWS; return the ID of the key that it did so with, or its error and the hint."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(file=self._process.stdin, flush=True)
        return self._process.stdout.readline().strip()
