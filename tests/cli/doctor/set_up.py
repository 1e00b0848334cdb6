"""A set-up that a test breaks, and what `doctor` finds wrong with it."""

import json
from dataclasses import dataclass, field

from mfa_session.local_aws.credentials import LongTermKey, Session
from tests.machine import MFA_SESSION, Machine

DENIAL = "User: arn:aws:iam::123456789012:user/test-user is not authorized to perform: s3:ListAllMyBuckets"
Finding = tuple[str, str]


@dataclass
class SetUp:
    """A set-up that works, until a test breaks it: the key is in the encrypted file, and there is a live session."""

    machine: Machine
    session: Session
    key: LongTermKey
    environ: dict[str, str]
    options: list[str] = field(default_factory=list)

    @property
    def config(self) -> str:
        return self.machine.config_file.read_text()

    @config.setter
    def config(self, text: str) -> None:
        self.machine.write_config(text)

    @property
    def credentials(self) -> str:
        return self.machine.credentials_file.read_text()

    @credentials.setter
    def credentials(self, text: str) -> None:
        self.machine.write_credentials(text)

    @property
    def secrets(self) -> list[str]:
        return [self.key.secret_access_key, self.session.secret_access_key, self.session.session_token]

    def change(self, old: str, new: str) -> None:
        """Change a line of the config file."""
        assert old in self.config
        self.config = self.config.replace(old, new)

    def change_session(self, old: str, new: str) -> None:
        """Change a line of the credentials file."""
        assert old in self.credentials
        self.credentials = self.credentials.replace(old, new)

    def without_session(self) -> None:
        self.credentials = ""

    def with_the_key_in_plain_text(self) -> None:
        """Have the key where it can be used without a passphrase, and no session to use instead."""
        self.change("mfa_session_store = file\n", "")
        self.change(f"credential_process = {MFA_SESSION} credential-process --profile test-user\n", "")
        self.machine.lay_down_the_key()


def problems(shown: str, severity: str) -> set[Finding]:
    return {(each["about"], each["name"]) for each in json.loads(shown)["findings"] if each["severity"] == severity}
