"""A `device add` at a terminal, and the app that learns a seed from its QR code."""

from base64 import b32decode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import parse_qs, urlsplit

from mfa_session.local_aws.mfa_devices import VirtualDevice, totp
from mfa_session.model.mfa_device import time_step
from tests.machine import Machine
from tests.terminal import Program, PseudoTerminal


@dataclass
class Adding:
    """A `device add` at a terminal."""

    machine: Machine
    terminal: PseudoTerminal
    program: Program

    @property
    def device(self) -> VirtualDevice:
        """The device that is being added, as AWS knows it."""
        return list(self.machine.account.devices.values())[-1]

    def wait_for_the_question(self) -> None:
        self.terminal.expect("First code")
        self.terminal.expect(": ")

    def type_codes(self, code: Callable[[int], str]) -> None:
        """Type the codes of the step before, of this one and of the next; AWS takes each of them now."""
        for steps in (-1, 0, 1):
            self.terminal.type(f"{code(steps)}\n")

    def keep_the_key_where_it_is(self) -> None:
        self.terminal.expect("Move it to the ")
        self.terminal.type("n\n")


@contextmanager
def adding(
    machine: Machine,
    *options: str,
    rows: int = 40,
    columns: int = 100,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Adding]:
    with PseudoTerminal(machine.home, rows=rows, columns=columns) as terminal:
        program = machine.start(terminal, "device", "add", "--profile", "test-user", *options, **environment)
        yield Adding(machine, terminal, program)


def seed_in(uri: str) -> bytes:
    return b32decode(parse_qs(urlsplit(uri).query)["secret"][0])


def app(machine: Machine, seed: bytes) -> Callable[[int], str]:
    """Return an authenticator app that shows the code of so many steps from now."""
    now = time_step(machine.account.now())
    return lambda steps: totp(seed, now + steps)
