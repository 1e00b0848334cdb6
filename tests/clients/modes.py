"""One client in each mode: how it is started, and what AWS and the user saw of it."""

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mfa_session.local_aws.fixtures import demo_account
from tests.clients.buckets import Endpoint
from tests.clients.table import Client, Mode
from tests.machine import MFA_SESSION, Machine
from tests.terminal import ESCAPE_SEQUENCE, Stream

QUESTION = "(test-user-phone"
HINT = "mfa-session login --profile test-user"

# The longest that a client was seen to take on a busy machine, until it gives up by itself.
CLIENT_SECONDS = 90

_OF_SESSIONS = {"GetSessionToken", "AssumeRole"}


@dataclass(frozen=True)
class Outcome:
    """How a client fared in one mode: *works*, and a word or a reason."""

    works: bool
    text: str = "works"


WORKS = Outcome(True)


@contextmanager
def client_machine(home: Path) -> Iterator[Machine]:
    """Yield a machine with a live session, a profile that asks by `credential_process`, and a role in both ways."""
    home.mkdir(parents=True, exist_ok=True)
    with Endpoint(demo_account()) as endpoint:
        machine = Machine(home, endpoint)
        machine.timeout_seconds = CLIENT_SECONDS
        machine.write_config("[profile test-user]\nregion = us-east-1\noutput = json\n")
        machine.lay_down_the_key()
        for ran in (machine.run("keys", "import", "--profile", "test-user"), machine.log_in()):
            assert ran.returncode == 0, ran.stderr
        role = machine.add_role("admin")
        everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        role.grants.inline["all"] = json.dumps({"Version": "2012-10-17", "Statement": everything})
        line = machine.config("test-user")["credential_process"].replace("test-user", "admin")
        auto = f"\n[profile admin-auto]\nregion = us-east-1\ncredential_process = {line}\n"
        machine.write_config(machine.config_file.read_text() + auto)
        yield machine


def try_mode(machine: Machine, client: Client, folder: Path, mode: Mode) -> Outcome:
    """Run *client*, which is installed in *folder*, in one *mode*; afterwards there may be a session or not."""
    command = client_command(machine, client, folder)
    environment = client_environment(machine, client, folder)
    seen = len(machine.endpoint.journal)
    match mode:
        case Mode.SESSION:
            ran = _run(machine, *command, AWS_PROFILE="test-user-mfa", **environment)
        case Mode.LIVE:
            ran = _run(machine, *command, AWS_PROFILE="test-user", **environment)
        case Mode.EXEC | Mode.SERVE:
            word = "exec" if mode is Mode.EXEC else "serve"
            ran = _run(machine, MFA_SESSION, word, "--profile", "test-user", "--", *command, **environment)
        case Mode.ROLE:
            ran = _run(machine, *command, AWS_PROFILE="admin", **environment)
        case Mode.ROLE_PROCESS:
            ran = _run(machine, *command, AWS_PROFILE="admin-auto", **environment)
        case Mode.ASKED:
            _log_out(machine)
            ran = _run_asked(machine, *command, **environment)
        case Mode.NO_TERMINAL:
            _log_out(machine)
            return _without_terminal(_run(machine, *command, AWS_PROFILE="test-user", **environment), machine, seen)
    if ran is None:
        return Outcome(False, f"has not ended after {CLIENT_SECONDS} s")
    if ran.returncode == 0 and _reached_aws(machine, seen, role=mode in (Mode.ROLE, Mode.ROLE_PROCESS)):
        return WORKS
    return Outcome(False, telling_line(ran.stderr or ran.stdout) or f"exit code {ran.returncode}")


def client_command(machine: Machine, client: Client, folder: Path) -> list[str]:
    """Return the command of *client*, for this local AWS."""
    return [_filled(word, machine, folder) for word in client.command]


def client_environment(machine: Machine, client: Client, folder: Path) -> dict[str, str]:
    """Return the variables that *client* needs beside those of the machine."""
    own = {name: _filled(value, machine, folder) for name, value in client.environment.items()}
    return {"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1", **own}


def _filled(text: str, machine: Machine, folder: Path) -> str:
    endpoint = machine.endpoint
    return text.replace("{folder}", str(folder)).replace("{url}", endpoint.url).replace("{host}", endpoint.host)


def _run(machine: Machine, *command: str | Path, **environment: str) -> subprocess.CompletedProcess[str] | None:
    try:
        return machine.run_program(*command, **environment)
    except subprocess.TimeoutExpired:
        return None


def _run_asked(machine: Machine, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program at a terminal, answer its question, and return what it printed and wrote to the terminal."""
    code = machine.fresh_code()
    with machine.terminal() as terminal:
        program = terminal.run(
            *command,
            stdout=Stream.PIPE,
            stderr=Stream.PIPE,
            environment={**machine.environment, "AWS_PROFILE": "test-user", **environment},
        )
        try:
            terminal.expect(QUESTION, timeout=CLIENT_SECONDS)
            terminal.type(f"{code}\n")
            exit_code = program.wait(timeout=CLIENT_SECONDS)
        except AssertionError as error:
            said = program.stderr.decode(errors="replace") or str(error)
            return subprocess.CompletedProcess(command, 1, program.stdout.decode(errors="replace"), said)
        return subprocess.CompletedProcess(
            command, exit_code, program.stdout.decode(errors="replace"), program.stderr.decode(errors="replace")
        )


def _log_out(machine: Machine) -> None:
    machine.run("logout", "--profile", "test-user")
    machine.forget_used_codes()


def _without_terminal(ran: subprocess.CompletedProcess[str] | None, machine: Machine, seen: int) -> Outcome:
    if ran is None:
        return Outcome(False, f"has not ended after {CLIENT_SECONDS} s")
    if _reached_aws(machine, seen, role=False):
        return Outcome(False, "got credentials without a session")
    return Outcome(True, "shows what to run" if HINT in ran.stderr + ran.stdout else "fails, hides why")


def _reached_aws(machine: Machine, seen: int, *, role: bool) -> bool:
    """Tell whether AWS took a session of the user, or of the role, for something that came after *seen* calls."""
    return any(
        call.status == 200
        and call.action not in _OF_SESSIONS
        and (call.access_key_id or "").startswith("ASIA")
        and (call.mfa is True or (role and call.user_name is None))
        and (not role or call.user_name is None)
        for call in machine.endpoint.journal[seen:]
    )


def telling_line(text: str) -> str:
    """Return the line of an error that says most, without colours and paths of this run."""
    lines = [line.strip() for line in ESCAPE_SEQUENCE.sub("", text).splitlines() if line.strip()]
    wrong = [line for line in lines if re.search(r"error\b|denied|refused|cannot|failed|unable", line, re.IGNORECASE)]
    line = wrong[0] if wrong else (lines or [""])[-1]
    return re.sub(r"/(?:tmp|root|home)/\S+", "…", line)[:160]
