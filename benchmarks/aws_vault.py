"""aws-vault beside `mfa-session`, where it is on the PATH: the same work, with its encrypted files."""

import contextlib
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.homes import REGION, Homes, renew_phone
from benchmarks.logins import Dialogue
from benchmarks.processors import only_processor
from tests.aws.certificates import self_signed
from tests.campaigns.aws.bad_way import BadWay, Fault, Visit, bad_way
from tests.machine import PASSPHRASE, Machine
from tests.terminal import Stream

_QUESTION = "Enter MFA code"

EXPORT = ("export", "--duration", "12h", "--format", "json", "test-user")
EXEC = ("exec", "--duration", "12h", "test-user", "--", "true")

# From the first question to the last of many callers, and from a code to the last answer that it gives.
_CROWD_SECONDS = 5.0


def find_aws_vault() -> Path | None:
    """Return the program, as its users have it: where the PATH leads."""
    found = shutil.which("aws-vault")
    return Path(found) if found else None


def version_of_aws_vault() -> str:
    """Return what it calls itself, or why there is none."""
    if not (program := find_aws_vault()):
        return "no aws-vault on the PATH"
    ran = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    return f"aws-vault {(ran.stdout + ran.stderr).strip()}"


@dataclass(frozen=True, slots=True)
class AWSVault:
    """The *program* in the home of a user whose key is in its encrypted files."""

    program: Path
    machine: Machine
    way: BadWay

    @property
    def folder(self) -> Path:
        """Where its encrypted files are."""
        return self.machine.home / ".awsvault" / "keys"

    @property
    def add_key(self) -> tuple[str | Path, ...]:
        """The command that puts the key of the variables into its store."""
        return (self.program, "add", "--env", "--no-add-config", "test-user")

    @property
    def key_variables(self) -> dict[str, str]:
        """The variables that have the long-term key."""
        key = self.machine.key
        return {"AWS_ACCESS_KEY_ID": key.access_key_id, "AWS_SECRET_ACCESS_KEY": key.secret_access_key}

    def has_key(self) -> bool:
        """Tell whether the long-term key can be read from its store."""
        ran = self.machine.run_program(self.program, "export", "--no-session", "--format", "json", "test-user")
        return ran.returncode == 0 and self.machine.key.secret_access_key in ran.stdout

    def forget_session(self) -> None:
        """Remove the session, and give the user another phone of the same name."""
        for file in self.folder.glob("sts.*"):
            file.unlink()
        renew_phone(self.machine)

    def log_in(self) -> None:
        """Get a session that lasts for all that is measured."""
        self.forget_session()
        ran = self.machine.run_program(self.program, *EXPORT, "--mfa-token", self.machine.phone.code())
        if ran.returncode:
            raise RuntimeError(ran.stderr)

    def dialogue(self) -> Dialogue:
        """Return how it asks for a code."""
        return Dialogue((self.program, *EXPORT), _QUESTION, done='"AccessKeyId": "ASIA')

    def questions_of_crowd(self, *, callers: int) -> int:
        """Return how many questions so many callers put that come at once and find no session."""
        self.forget_session()
        with self.machine.terminal() as terminal:
            words = (self.program, *EXPORT)
            first = terminal.run(*words, stdout=Stream.PIPE, environment=self.machine.environment)
            for _ in range(callers - 1):
                terminal.run(*words, stdout=Stream.PIPE, beside=first, environment=self.machine.environment)
            terminal.expect(_QUESTION)
            deadline = time.monotonic() + _CROWD_SECONDS
            with contextlib.suppress(AssertionError):
                terminal.wait_until(lambda: time.monotonic() > deadline, "every question", timeout=_CROWD_SECONDS + 5)
            return terminal.text.count(_QUESTION)


@contextlib.contextmanager
def aws_vault_at(homes: Homes, name: str, *, fault: Fault | None = None) -> Iterator[AWSVault]:
    """Yield it in a new home; *fault* befalls each call for a session.

    Versions before 7.3 read no endpoint from anywhere, so that they come through a proxy,
    whose certificate they are told to trust.
    """
    program = find_aws_vault()
    assert program is not None
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        certificate, tls = self_signed(Path(folder), hosts=(f"sts.{REGION}.amazonaws.com", "sts.amazonaws.com"))
        with only_processor(-1):
            way = stack.enter_context(bad_way(homes.endpoint, fault or perform, at="GetSessionToken", tunnel=tls))
        machine = homes.with_plain_key(name)
        machine.environment |= {
            "AWS_VAULT_BACKEND": "file",
            "AWS_VAULT_FILE_PASSPHRASE": PASSPHRASE,
            "AWS_VAULT_PROMPT": "terminal",
            "AWS_STS_REGIONAL_ENDPOINTS": "regional",
            "AWS_ENDPOINT_URL": way.url,
            "HTTPS_PROXY": way.url,
            "SSL_CERT_FILE": str(certificate),
        }
        vault = AWSVault(program, machine, way)
        ran = machine.run_program(*vault.add_key, **vault.key_variables)
        if ran.returncode:
            raise RuntimeError(ran.stderr)
        yield vault


def perform(visit: Visit) -> None:
    """Do what is asked for, as if nothing had happened."""
    visit.send(visit.perform())
