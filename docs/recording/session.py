"""What is recorded: a user who is denied, logs in with one code, and is allowed.

The programs are the installed ones, AWS is the strict one on the loopback, and the keyring is a private Secret
Service. Times and the local address are taken out, so that the same programs make the same recording.
"""

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.documents.reader import reading
from tests.machine import running_machine
from tests.secret_service import secret_service

# Each command, and how the reader answers where the program wants yes or no.
COMMANDS = (
    ("aws s3 ls --profile test-user", ""),
    ("mfa-session login --profile test-user", "y"),
    ("aws s3 ls --profile test-user", ""),
    ("mfa-session status", ""),
)

_ON_AN_ORDINARY_DAY = {
    r", sent to http://127\.0\.0\.1:\d+": "",
    r"until (?:tomorrow |\d{4}-\d\d-\d\d |[A-Z][a-z]{2} )?\d\d:\d\d": "until 22:29",
    r"\((?:12 h|11 h 5\d min)\)": "(12 h)",
    r"(\d{4}-\d\d-\d\d) \d\d:\d\d:\d\d": r"\1 09:00:00",
    r"valid until 22:29 {2,}": "valid until 22:29  ",
    r"SESSION {9,}DEVICE": "SESSION            DEVICE",
    r" +$": "",
}


@dataclass(frozen=True)
class Step:
    """One command that is typed, and what the terminal shows below it."""

    command: str
    shown: str


def record() -> list[Step]:
    """Run the commands, and return what was typed and shown."""
    with tempfile.TemporaryDirectory(prefix="recording-") as folder, running_machine(Path(folder)) as machine:
        for name in ("MFA_SESSION_STORE", "MFA_SESSION_PASSPHRASE"):
            del machine.environment[name]
        machine.lay_down_the_key()
        with (
            secret_service(machine.home) as service,
            reading(machine, DBUS_SESSION_BUS_ADDRESS=service.address) as reader,
        ):
            return [
                Step(command, _on_an_ordinary_day(reader.type(command, yes_or_no=answer).shown))
                for command, answer in COMMANDS
            ]


def _on_an_ordinary_day(shown: str) -> str:
    for pattern, words in _ON_AN_ORDINARY_DAY.items():
        shown = re.sub(pattern, words, shown, flags=re.MULTILINE)
    return shown.strip("\n")


def as_text(steps: list[Step]) -> str:
    """Return the recording as it would be read in a terminal."""
    return "\n\n".join(f"$ {step.command}\n{step.shown}" for step in steps) + "\n"
