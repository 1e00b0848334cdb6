"""Errands: what a person does for which a code goes to AWS, done with the real program."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from mfa_session.model.mfa_device import STEP
from tests.cli.enrolment import app
from tests.cli.mfa_process.code_program import configure
from tests.cli.roles.role_sessions import add_role, log_in, policy
from tests.machine import MFA_SESSION, PHONE, Machine
from tests.programs import shell_program
from tests.stored_keys import store
from tests.terminal import Program, PseudoTerminal, Stream

PROFILE = ("--profile", "test-user")

# From the first look at AWS to the end of the longest wait for it, and what a busy machine adds.
_TIMEOUT_SECONDS = 60.0

Type = Callable[[Machine, PseudoTerminal, Program], None]


@dataclass(frozen=True)
class Ended:
    """How an errand ended; *said* is what stood on stderr."""

    exit_code: int
    said: str

    @property
    def is_told(self) -> bool:
        """Whether there is one error, with what to do about it, and nothing that only a programmer understands."""
        # `credential-process` says both on one line, for tools that show one.
        told = re.findall(r"^mfa-session: error: .+(?:; .+|\nmfa-session: hint: .+)$", self.said, re.MULTILINE)
        return len(told) == 1 and "Traceback" not in self.said and "error: internal error" not in self.said


@dataclass(frozen=True)
class Errand:
    """One *command*, prepared and typed for; *action* is the call that carries its code.

    *knows_the_device* tells whether that is the first call of all.
    """

    command: tuple[str, ...]
    action: str
    prepare: Callable[[Machine], object]
    typed: Type
    knows_the_device: bool = False

    def run(self, machine: Machine, **environment: str) -> Ended:
        """Run it at a terminal, and type what it asks for."""
        with PseudoTerminal(machine.home, columns=200) as terminal:
            program = terminal.run(
                MFA_SESSION,
                *self.command,
                stdout=Stream.PIPE,
                stderr=Stream.PIPE,
                environment={**machine.environment, **environment},
            )
            self.typed(machine, terminal, program)
            return Ended(program.wait(timeout=_TIMEOUT_SECONDS), program.stderr.decode())


def _with_key_and_device(machine: Machine) -> None:
    machine.lay_down_the_key()
    configure(machine, f"mfa_serial = {PHONE}")


def _with_code_program(machine: Machine) -> None:
    _with_key_and_device(machine)
    program = shell_program(machine.home / "code", f"echo {machine.phone.code()}")
    configure(machine, f"mfa_process = {program}")


def _with_role(machine: Machine) -> None:
    _with_key_and_device(machine)
    machine.user.grants.inline["roles"] = policy(Action="sts:AssumeRole", Resource="*")
    add_role(machine, "admin", f"mfa_serial = {PHONE}", "duration_seconds = 7200").longest_session = timedelta(hours=2)


def _without_device(machine: Machine) -> None:
    machine.lay_down_the_key()
    machine.user.devices.clear()


def _with_stored_key(machine: Machine) -> None:
    store(machine, machine.key)
    configure(machine, f"mfa_serial = {PHONE}")


def _with_stored_key_and_session(machine: Machine) -> None:
    _with_stored_key(machine)
    machine.write_credentials("")
    log_in(machine)


def _code(machine: Machine, terminal: PseudoTerminal, program: Program) -> None:
    terminal.type(f"{machine.phone.code()}\n")
    terminal.type("n\n")  # whether the key is to be moved into the store, where it lies in the file


def _nothing(machine: Machine, terminal: PseudoTerminal, program: Program) -> None:
    pass


def _two_codes(machine: Machine, terminal: PseudoTerminal, program: Program) -> None:
    now = machine.account.now()
    terminal.type(f"{machine.phone.code(now - STEP)}\n{machine.phone.code(now)}\n")


def _codes_of_the_new_device(machine: Machine, terminal: PseudoTerminal, program: Program) -> None:
    known = len(machine.account.devices)
    terminal.wait_until(lambda: len(machine.account.devices) > known or program.exit_code is not None, "the new device")
    if program.exit_code is not None:
        return
    code = app(machine, list(machine.account.devices.values())[-1].seed)
    for steps in (-1, 0, 1):
        terminal.type(f"{code(steps)}\n")
    terminal.type("n\n")  # whether the key is to be moved into the store


ERRANDS: dict[str, Errand] = {
    "login": Errand(("login", *PROFILE), "GetSessionToken", _with_key_and_device, _code, knows_the_device=True),
    "credential-process": Errand(
        ("credential-process", *PROFILE), "GetSessionToken", _with_key_and_device, _code, knows_the_device=True
    ),
    "credential-process with mfa_process": Errand(
        ("credential-process", *PROFILE), "GetSessionToken", _with_code_program, _nothing, knows_the_device=True
    ),
    "login to a role with a code": Errand(
        ("login", "--profile", "admin"), "AssumeRole", _with_role, _code, knows_the_device=True
    ),
    "exec": Errand(("exec", *PROFILE, "--", "true"), "GetSessionToken", _with_key_and_device, _code),
    "device add, the two codes": Errand(
        ("device", "add", *PROFILE), "EnableMFADevice", _without_device, _codes_of_the_new_device
    ),
    "device add, the code of the login": Errand(
        ("device", "add", *PROFILE), "GetSessionToken", _without_device, _codes_of_the_new_device
    ),
    "device resync": Errand(("device", "resync", *PROFILE), "ResyncMFADevice", _with_key_and_device, _two_codes),
    "keys rotate, the code": Errand(("keys", "rotate", *PROFILE), "GetSessionToken", _with_stored_key, _code),
    "keys rotate, the new key": Errand(
        ("keys", "rotate", *PROFILE), "CreateAccessKey", _with_stored_key_and_session, _nothing
    ),
}
