"""Where long-term keys and the lines of others are on a machine, read without the program's own code for it."""

import json
from dataclasses import dataclass

from mfa_session.keystore.encryption import read
from tests.machine import PASSPHRASE, Machine


@dataclass(frozen=True)
class Places:
    """What a machine holds: the text of both AWS files, and the items of the encrypted file."""

    credentials: str
    config: str
    store: tuple[str, ...]

    @classmethod
    def of(cls, machine: Machine) -> "Places":
        """Read *machine* as it is now."""
        return cls(_text(machine.credentials_file), _text(machine.config_file), _items(machine))

    def of_secret(self, secret: str) -> int:
        """Return how often *secret* is written down."""
        return self.credentials.count(secret) + self.config.count(secret) + sum(secret in item for item in self.store)

    def has_line(self, line: str) -> bool:
        """Tell whether *line* is a whole line of one of the AWS files."""
        return line in self.credentials.splitlines() or line in self.config.splitlines()


def _text(path: object) -> str:
    try:
        with open(str(path), encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def _items(machine: Machine) -> tuple[str, ...]:
    path = machine.home / ".aws" / "mfa-session" / "keys.json"
    if not path.exists():
        return ()
    document = read(path.read_bytes())
    items: dict[str, str] = json.loads(document.open(document.derivation.key(PASSPHRASE)))
    return tuple(items.values())
