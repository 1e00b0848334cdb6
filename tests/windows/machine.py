"""A user's machine in small, on Windows: a home folder, the program, and the strict AWS on the loopback."""

import configparser
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mfa_session.keystore.keyring_store import OSKeyring
from mfa_session.local_aws.credentials import LongTermKey
from mfa_session.local_aws.endpoint import Call, Endpoint
from mfa_session.local_aws.fixtures import demo_account
from mfa_session.local_aws.mfa_devices import VirtualDevice
from mfa_session.model.mfa_device import start_of, time_step
from tests.windows.pseudo_console import PseudoConsole

PHONE = "arn:aws:iam::123456789012:mfa/test-user-phone"
MFA_SESSION = (sys.executable, "-m", "mfa_session")

# An AWS tool that reads the profiles itself: who AWS says that it is, and the buckets, which need MFA.
WHO_AM_I = """
import botocore.session, sys
session = botocore.session.Session(profile=sys.argv[1])
print(session.create_client("sts").get_caller_identity()["Arn"])
print(len(session.create_client("s3").list_buckets()["Buckets"]), "buckets")
"""
IDENTITY = "arn:aws:iam::123456789012:user/test-user"

MAX_LOGIN_SECONDS = 8.0


class Machine:
    """The home of ``test-user``, whose account wants MFA for everything, and whose keys the Credential Manager has."""

    def __init__(self, home: Path, endpoint: Endpoint) -> None:
        self.home = home
        self.endpoint = endpoint
        self._returned_steps: set[int] = set()
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MFA_SESSION_"))}
        self.environ = {
            **kept,
            "USERPROFILE": str(home),
            "HOME": "C:\\nowhere",
            "AWS_ENDPOINT_URL": endpoint.url,
            "AWS_EC2_METADATA_DISABLED": "true",
            "PYTHONIOENCODING": "utf-8",
        }

    @property
    def keys(self) -> list[LongTermKey]:
        account = self.endpoint.account
        return account.keys_of(account.users["test-user"])

    @property
    def credentials_file(self) -> Path:
        return self.home / ".aws" / "credentials"

    def lay_down_the_key(self) -> None:
        """Put the long-term key where people have it before they know better."""
        (key,) = self.keys
        self.credentials_file.write_text(
            f"[test-user]\naws_access_key_id = {key.access_key_id}\naws_secret_access_key = {key.secret_access_key}\n"
        )

    def section(self, profile: str) -> dict[str, str]:
        """Return what the credentials file has for *profile*."""
        parser = configparser.RawConfigParser()
        parser.read(self.credentials_file, encoding="utf-8")
        return dict(parser[profile]) if parser.has_section(profile) else {}

    def calls(self, action: str) -> list[Call]:
        return [call for call in self.endpoint.journal if call.action == action]

    def fresh_code(self) -> str:
        """Return a code that AWS takes, and that was not returned yet."""
        account = self.endpoint.account
        now = time_step(account.now())
        step = next(step for step in (now, now + 1, now - 1) if step not in self._returned_steps)
        left = (start_of(now + 1) - account.now()).total_seconds()
        if step < now and left < MAX_LOGIN_SECONDS:
            time.sleep(left)
            return self.fresh_code()
        self._returned_steps.add(step)
        phone = account.users["test-user"].devices[PHONE]
        assert isinstance(phone, VirtualDevice)
        return phone.code(start_of(step))

    def run(self, *arguments: str) -> str:
        """Run `mfa-session`, which has to succeed, and return what it wrote to stdout."""
        ran = self.try_to_run(*arguments)
        assert ran.returncode == 0, f"{ran.stdout}{ran.stderr}"
        return ran.stdout

    def try_to_run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `mfa-session` where there is no console."""
        return self.run_program(*MFA_SESSION, *arguments)

    def run_program(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, env=self.environ, cwd=self.home, input="", capture_output=True, encoding="utf-8", check=False
        )

    def who_am_i(self, profile: str) -> list[str]:
        """Return what an AWS tool with *profile* is told."""
        return self.run_program(sys.executable, "-c", WHO_AM_I, profile).stdout.splitlines()

    def console(self, *command: str) -> PseudoConsole:
        """Run *command* on a console of its own."""
        return PseudoConsole(command, folder=self.home, environ=self.environ)


@contextmanager
def running_machine(home: Path) -> Iterator[Machine]:
    """Yield a machine whose user has his key in the credentials file."""
    (home / ".aws").mkdir(parents=True)
    (home / ".aws" / "config").write_text("[profile test-user]\nregion = ap-northeast-1\noutput = json\n")
    with Endpoint(demo_account()) as endpoint:
        machine = Machine(home, endpoint)
        machine.lay_down_the_key()
        try:
            yield machine
        finally:
            OSKeyring(environ=os.environ, interactive=True).delete("test-user")
