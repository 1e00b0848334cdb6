"""A user's machine in small: a home folder, the installed program, and AWS on the loopback."""

import configparser
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mfa_session.local_aws.account import Account, Role, User
from mfa_session.local_aws.credentials import LongTermKey
from mfa_session.local_aws.endpoint import Call
from mfa_session.local_aws.fixtures import demo_account
from mfa_session.local_aws.mfa_devices import VirtualDevice
from mfa_session.model.mfa_device import MFADevice, start_of, time_step
from mfa_session.state.used_codes import UsedCodes
from tests.clean_environment import clean_environment
from tests.faults import Endpoint
from tests.terminal import Program, PseudoTerminal

# What pip installs beside the interpreter; the AWS CLI is there too.
PROGRAMS = Path(sys.executable).parent
MFA_SESSION = PROGRAMS / "mfa-session"
AWS_CLI = PROGRAMS / "aws"

# What pip wrote into the first line of the program: python3, where the tests may be run by python.
INTERPRETER = MFA_SESSION.read_text(encoding="utf-8").splitlines()[0][2:] if sys.platform != "win32" else sys.executable

PHONE = "arn:aws:iam::123456789012:mfa/test-user-phone"
PASSPHRASE = "correct horse battery"

# From the start of a login to its call of AWS, on a machine that does many other things.
MAX_LOGIN_SECONDS = 8.0


class Machine:
    """The home of ``test-user``, whose account wants MFA for everything."""

    def __init__(self, home: Path, endpoint: Endpoint) -> None:
        self._returned_steps: set[int] = set()
        self.home = home
        self.endpoint = endpoint
        self.timeout_seconds = 60.0  # of a program without a terminal
        self.environment = {
            "AWS_ENDPOINT_URL": endpoint.url,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_PAGER": "",
            "MFA_SESSION_STORE": "file",
            "MFA_SESSION_PASSPHRASE": PASSPHRASE,
        }

    @property
    def account(self) -> Account:
        return self.endpoint.account

    @property
    def user(self) -> User:
        return self.account.users["test-user"]

    @property
    def key(self) -> LongTermKey:
        return self.account.keys_of(self.user)[0]

    @property
    def phone(self) -> VirtualDevice:
        device = self.user.devices[PHONE]
        assert isinstance(device, VirtualDevice)
        return device

    @property
    def credentials_file(self) -> Path:
        return self.home / ".aws" / "credentials"

    @property
    def config_file(self) -> Path:
        return self.home / ".aws" / "config"

    def write_credentials(self, text: str) -> None:
        self._write(self.credentials_file, text)

    def write_config(self, text: str) -> None:
        self._write(self.config_file, text)

    def lay_down_the_key(self) -> None:
        """Put the long-term key where people have it before they know better."""
        self.write_credentials(
            f"[test-user]\naws_access_key_id = {self.key.access_key_id}\n"
            f"aws_secret_access_key = {self.key.secret_access_key}\n"
        )

    def fresh_code(self) -> str:
        """Return a code that AWS takes and that was not returned yet; there are three at any moment."""
        now = time_step(self.account.now())
        step = next(step for step in (now, now + 1, now - 1) if step not in self._returned_steps)
        left = (start_of(now + 1) - self.account.now()).total_seconds()
        if step < now and left < MAX_LOGIN_SECONDS:
            # It would be too old on the way; a moment later there is a fresher one.
            time.sleep(left)
            return self.fresh_code()
        self._returned_steps.add(step)
        return self.phone.code(start_of(step))

    def forget_used_codes(self) -> None:
        """Let the program believe that the present code is fresh, so that a test need not wait for the next."""
        shutil.rmtree(self.home / ".aws" / "mfa-session" / "used-codes", ignore_errors=True)

    def use_the_present_code(self) -> None:
        """Let the program believe that the present code is used; it stays the present one for the time of a login."""
        now = self.account.now()
        left = (start_of(time_step(now) + 1) - now).total_seconds()
        if left < MAX_LOGIN_SECONDS:
            time.sleep(left)
        used_codes = UsedCodes(self.home / ".aws" / "mfa-session" / "used-codes")
        used_codes.set_last_step(MFADevice(PHONE), time_step(self.account.now()))

    def credentials(self, profile: str) -> dict[str, str]:
        return self._section(self.credentials_file, profile)

    def config(self, profile: str) -> dict[str, str]:
        return self._section(self.config_file, f"profile {profile}")

    def add_role(self, name: str) -> Role:
        """Let there be a role that every user of the account can assume, and a profile for it."""
        trust = {"Effect": "Allow", "Principal": {"AWS": self.account.account_id}, "Action": "sts:AssumeRole"}
        role = self.account.add_role(name, json.dumps({"Version": "2012-10-17", "Statement": trust}))
        permission = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
        self.user.grants.inline["roles"] = json.dumps({"Version": "2012-10-17", "Statement": permission})
        profile = f"\n[profile {name}]\nrole_arn = {role.arn}\nsource_profile = test-user\n"
        self.write_config(self.config_file.read_text() + profile)
        return role

    def calls(self, action: str) -> list[Call]:
        return [call for call in self.endpoint.journal if call.action == action]

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run `mfa-session` where there is no terminal."""
        return self.run_program(MFA_SESSION, *arguments, **environment)

    def run_program(self, *command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(word) for word in command],
            env=clean_environment(self.home, **self.environment, **environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            start_new_session=True,
            timeout=self.timeout_seconds,
            check=False,
        )

    def log_in(self, *options: str) -> subprocess.CompletedProcess[str]:
        """Log in with a fresh code, where there is no terminal."""
        return self.run("login", "--profile", "test-user", "--token-code", self.fresh_code(), *options)

    def start(self, terminal: PseudoTerminal, *arguments: str, **environment: str) -> Program:
        """Start `mfa-session` at a terminal."""
        return terminal.run(MFA_SESSION, *arguments, environment={**self.environment, **environment})

    def terminal(self, *, columns: int = 200) -> PseudoTerminal:
        """Return a terminal wide enough that no line is broken."""
        return PseudoTerminal(self.home, columns=columns)

    def _write(self, path: Path, text: str) -> None:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)

    @staticmethod
    def _section(path: Path, name: str) -> dict[str, str]:
        parser = configparser.RawConfigParser()
        parser.read(path, encoding="utf-8")
        return dict(parser[name]) if parser.has_section(name) else {}


@contextmanager
def running_machine(home: Path) -> Iterator[Machine]:
    """Yield a machine whose config file names a region and an output for ``test-user``, and no key yet."""
    with Endpoint(demo_account()) as endpoint:
        machine = Machine(home, endpoint)
        machine.write_config("[profile test-user]\nregion = ap-northeast-1\noutput = json\n")
        yield machine
