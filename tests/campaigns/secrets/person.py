"""A person who answers whatever is asked at a terminal, with what is right."""

import itertools
import re
from collections.abc import Callable

from mfa_session.local_aws.mfa_devices import VirtualDevice, totp
from mfa_session.model.mfa_device import time_step
from tests.machine import PASSPHRASE, Machine
from tests.terminal import Program, PseudoTerminal

# There are three codes that AWS takes at any moment; who has typed that much has no more.
_TIMEOUT = 12
_MAX_CODES = 3

# The first that fits is answered.
_QUESTIONS = {
    "give up": re.compile(r"Wait for the next code[^\n]*\n"),
    "two codes": re.compile(r"First code: $"),
    "next code": re.compile(r"[Nn]ext code[^\n]*: $"),
    "code": re.compile(r"MFA code: $"),
    "passphrase": re.compile(r"(?:[Pp]assphrase[^\n]*|Repeat passphrase): $"),
    "key ID": re.compile(r"Access key ID[^\n]*: $"),
    "secret": re.compile(r"Secret access key[^\n]*: $"),
    "yes or no": re.compile(r"\[(?:y/N|Y/n)\] $"),
    "number": re.compile(r"Number \(1 to[^\n]*: $"),
    "anything": re.compile(r"[\])]: $"),
}


class Person:
    """The owner of *machine*; *know* is told of every code that is typed."""

    def __init__(self, machine: Machine, *, know: Callable[..., None]) -> None:
        self._machine = machine
        self._know = know
        self._codes = 0
        self._devices = len(machine.account.devices)
        self._steps = itertools.count(-1)

    def answer(self, terminal: PseudoTerminal, program: Program) -> None:
        """Answer every question of *program*, until it has ended or there are too many."""
        answered = 0
        for _ in range(_TIMEOUT):
            asked: list[str] = []

            def is_decided(seen: int = answered, asked: list[str] = asked) -> bool:
                unanswered = terminal.text[seen:]
                asked += [name for name, pattern in _QUESTIONS.items() if pattern.search(unanswered)]
                return bool(asked) or program.exit_code is not None

            terminal.wait_until(is_decided, "a question or the end", timeout=90)
            if not asked:
                return
            answered = len(terminal.text)
            keys = self._answer(asked[0])
            if keys is None:
                terminal.press("^C")
            else:
                terminal.type(f"{keys}\n")
        terminal.press("^C")

    def _answer(self, asked: str) -> str | None:
        match asked:
            case "two codes" | "next code":
                return self._code_of_newest()
            case "code":
                return self._code()
            case "passphrase":
                return PASSPHRASE
            case "key ID":
                return self._machine.key.access_key_id
            case "secret":
                return self._machine.key.secret_access_key
            case "yes or no":
                return "y"
            case "number":
                return "1"
            case "anything":
                return ""
        return None

    def _code(self) -> str | None:
        self._codes += 1
        if self._codes > _MAX_CODES:
            return None
        code = self._machine.fresh_code()
        self._know("token code", code)
        return code

    def _code_of_newest(self) -> str:
        """Return the next code of the device that has just been made, or of the phone where none was."""
        account = self._machine.account
        newest = list(account.devices.values())[-1] if len(account.devices) > self._devices else self._machine.phone
        assert isinstance(newest, VirtualDevice)
        code = totp(newest.seed, time_step(account.now()) + next(self._steps))
        self._know("token code", code)
        return code
