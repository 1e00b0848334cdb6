"""A login at a terminal that something befalls at a random moment, and what it left behind."""

import contextlib
import os
import random
import re
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from tests.campaigns import scale
from tests.cli.mfa_process.code_program import configure
from tests.machine import MFA_SESSION, PHONE, Machine
from tests.stored_keys import store
from tests.terminal import Program, PseudoTerminal

QUESTION = "(test-user-phone"
LOGIN = ("login", "--profile", "test-user", "--force")

OTHER = "[other]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = of-somebody-else\n"

_SESSION = re.compile(
    r"\n?\[test-user-mfa\]\naws_access_key_id = (?P<id>\S+)\naws_secret_access_key = (?P<secret>\S+)\n"
    r"aws_session_token = (?P<token>\S+)\nx_security_token_expires = \S+\nmfa_session_source = test-user\n"
    r"mfa_session_region = \S+\nmfa_session_output = \S+\n"
)
_SETTINGS = re.compile(r"\n?\[profile test-user-mfa\]\nregion = \S+\noutput = \S+\n")

# Before the question, at it, and after Enter. While Python itself starts, a signal is its own affair, and now and then
# it loses one: only the full campaign goes there.
_WEIGHTS = (4, 2, 4) if scale.IS_FULL else (0, 2, 4)

_FRAME = re.compile(r'File "([^"]+)"')


@dataclass
class Times:
    """How long an undisturbed login takes: to its question, and from Enter to its end."""

    to_question: float = 0.4
    from_enter: float = 0.2


def prepare(machine: Machine) -> None:
    """Give the user a stored key and a known device, and a neighbour in the credentials file."""
    store(machine, machine.key)
    configure(machine, f"mfa_serial = {PHONE}")
    machine.write_credentials(OTHER)


def renew(machine: Machine, config: str) -> None:
    """Make the machine as it was, with a phone whose codes were not used yet."""
    machine.account.add_device(machine.user, "test-user-phone")
    machine.forget_used_codes()
    machine.write_credentials(OTHER)
    machine.write_config(config)


def come_to_a_random_moment(machine: Machine, terminal: PseudoTerminal, times: Times) -> str:
    """Go on with a login that was just started, and return what is still to be typed for it."""
    code = machine.phone.code()
    match random.choices(("before the question", "at the question", "after Enter"), _WEIGHTS)[0]:
        case "before the question":
            time.sleep(random.uniform(0, 1.2 * times.to_question))
            return f"{code}\n"
        case "at the question":
            terminal.expect(QUESTION)
            typed = random.randrange(7)
            terminal.type(code[:typed])
            time.sleep(random.uniform(0, 0.05))
            return f"{code[typed:]}\n"
    terminal.expect(QUESTION)
    terminal.type(f"{code}\n")
    time.sleep(random.uniform(0, 1.2 * times.from_enter))
    return ""


def measure(machine: Machine, terminal: PseudoTerminal) -> Times:
    """Log in undisturbed."""
    begun = time.monotonic()
    login = machine.start(terminal, *LOGIN)
    terminal.expect(QUESTION)
    asked = time.monotonic()
    terminal.type(f"{machine.phone.code()}\n")
    assert login.wait() == 0
    return Times(asked - begun, time.monotonic() - asked)


def send(program: Program, number: signal.Signals) -> None:
    """Send a signal to a program that may have ended."""
    with contextlib.suppress(ProcessLookupError):
        program.send_signal(number)


def files_are_whole(machine: Machine, config: str) -> bool:
    """Tell whether both files are as they were, or have one whole session that AWS gave."""
    credentials = machine.credentials_file.read_text()
    if not credentials.startswith(OTHER) or not machine.config_file.read_text().startswith(config):
        return False
    settings = machine.config_file.read_text().removeprefix(config)
    section = credentials.removeprefix(OTHER)
    return (settings == "" or _SETTINGS.fullmatch(settings) is not None) and (
        section == "" or _is_a_session(machine, section)
    )


def _is_a_session(machine: Machine, section: str) -> bool:
    if not (found := _SESSION.fullmatch(section)):
        return False
    session = machine.account.sessions[found["id"]]
    return (session.secret_access_key, session.session_token) == (found["secret"], found["token"])


def orphans(home: Path) -> list[int]:
    """Return the processes of `mfa-session` that have this *home*, where the system tells.

    The path of the program is a word of their command line. Our own helpers may have the name in a path, too:
    that of a checkout, or of a virtual environment in one.
    """
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            environment = (process / "environ").read_bytes().split(b"\0")
            runs = os.fsencode(MFA_SESSION) in (process / "cmdline").read_bytes().split(b"\0")
            if runs and b"HOME=" + os.fsencode(home) in environment:
                found.append(int(process.name))
    return found


def has_traceback_of_ours(text: str) -> bool:
    """Tell whether there is a traceback that goes through a line of ours."""
    return "internal error" in text or any("/mfa_session/" in name for name in _FRAME.findall(text))


def has_traceback(text: str) -> bool:
    return "Traceback" in text or "Fatal Python error" in text
