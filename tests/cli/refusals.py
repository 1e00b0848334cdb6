"""How a login ends that does not get a session: one line, one hint, an exit code, and every file as it was."""

import re
from typing import NamedTuple

from tests.machine import PHONE, Machine

# The AWS CLI's.
CANCELLED, USAGE, INTERRUPTED, CONFIGURATION, SERVICE, GENERAL = 1, 2, 130, 253, 254, 255


class Refusal(NamedTuple):
    """What was said, and the exit code."""

    exit_code: int
    error: str
    hint: str


def files(machine: Machine) -> dict[str, tuple[int, bytes]]:
    """Return the mode and the content of everything in the home that is not a lock, or what we remember."""
    found = {}
    for path in sorted(machine.home.rglob("*")):
        name = str(path.relative_to(machine.home))
        if not name.startswith((".aws/mfa-session", ".aws/.mfa-session.lock")):
            found[name] = (path.lstat().st_mode, path.read_bytes() if path.is_file() else b"")
    return found


def refusal(machine: Machine, *options: str, **environment: str) -> Refusal:
    """Log in without a terminal, hold the end to what every such end has in common, and return it."""
    before = files(machine)
    if "--profile" not in options:
        options = ("--profile", "test-user", *options)

    ran = machine.run("login", *options, **environment)

    assert ran.stdout == ""
    assert files(machine) == before
    said = re.fullmatch(r"mfa-session: error: (.+)\nmfa-session: hint: (.+)\n", ran.stderr)
    assert said, ran.stderr
    return Refusal(ran.returncode, said[1], said[2])


def refusal_of_a_code(machine: Machine, *options: str, **environment: str) -> Refusal:
    """Do so with the code that the phone shows."""
    code = machine.phone.code() if PHONE in machine.user.devices else "123456"
    return refusal(machine, "--token-code", code, *options, **environment)
