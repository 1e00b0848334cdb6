"""No secret is ever where it was not asked for: every asset, through every command, failure and mode.

Each case runs one command on a machine of its own while something fails, and then looks
for every asset, as it is and in the forms in which text travels, in what was printed and
in every file below the home folder.
"""

import base64
import itertools
import json
import shutil
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from mfa_session.demo.faults import (
    DropReply,
    ExpiredSession,
    Fault,
    GarbageBody,
    HostileFields,
    HTMLBody,
    Refuse,
    ResetConnection,
    ServerError,
    Throttle,
    TruncatedXML,
)
from tests.campaigns import scale
from tests.machine import PASSPHRASE, Machine, running_machine

PROFILE = ("--profile", "test-user")

COMMANDS: dict[str, tuple[str, ...]] = {
    "login": ("login", *PROFILE, "--token-code", "CODE"),
    "login --force": ("login", *PROFILE, "--token-code", "CODE", "--force"),
    "credential-process": ("credential-process", *PROFILE),
    "exec": ("exec", *PROFILE, "--", "true"),
    "export": ("export", *PROFILE),
    "export --format process": ("export", *PROFILE, "--format", "process"),
    "status": ("status",),
    "status --json": ("status", "--json"),
    "status --verify": ("status", *PROFILE, "--verify"),
    "configure": ("configure", *PROFILE, "--region", "eu-west-1"),
    "logout": ("logout", *PROFILE),
    "a code that is none": ("login", *PROFILE, "--token-code", "CODE9", "--force"),
}

# These are asked for the session, on stdout.
PRINTS_THE_SESSION = {"credential-process", "export", "export --format process"}

Failure = Callable[[Machine], None]


def at_aws(fault: Fault) -> Failure:
    def fail(machine: Machine) -> None:
        for action in ("GetSessionToken", "GetCallerIdentity", "ListMFADevices"):
            machine.endpoint.faults.add(action, fault, fault, fault)

    return fail


def with_a_wrong_secret(machine: Machine) -> None:
    text = machine.credentials_file.read_text()
    machine.write_credentials(text.replace(machine.key.secret_access_key, machine.key.secret_access_key[::-1]))


def with_a_file_that_cannot_be_read(machine: Machine) -> None:
    machine.write_credentials(machine.credentials_file.read_text() + "this line has no key\n")


def with_a_secret_where_a_name_should_be(machine: Machine) -> None:
    text = machine.credentials_file.read_text()
    machine.write_credentials(f"{text}\n[{machine.key.secret_access_key}\n")


def with_a_state_folder_that_is_a_file(machine: Machine) -> None:
    folder = machine.home / ".aws" / "mfa-session"
    shutil.rmtree(folder, ignore_errors=True)
    folder.write_text("")


def with_a_clock_that_is_off(machine: Machine) -> None:
    machine.account.clock.offset = timedelta(minutes=20)


FAILURES: dict[str, Failure] = {
    "nothing": lambda machine: None,
    "dropped reply": at_aws(DropReply()),
    "reset": at_aws(ResetConnection()),
    "500": at_aws(ServerError()),
    "throttled": at_aws(Throttle()),
    "garbage": at_aws(GarbageBody()),
    "html": at_aws(HTMLBody()),
    "half an answer": at_aws(TruncatedXML()),
    "ended session": at_aws(ExpiredSession()),
    "newline in a token": at_aws(HostileFields({"SessionToken": "abc\n[evil]\naws_access_key_id = AKIA"})),
    "an error that quotes": at_aws(Refuse(400, "ValidationError", "Value 'CODE' at 'tokenCode' failed")),
    "wrong secret": with_a_wrong_secret,
    "clock": with_a_clock_that_is_off,
    "unreadable file": with_a_file_that_cannot_be_read,
    "secret in a header": with_a_secret_where_a_name_should_be,
    "no state folder": with_a_state_folder_that_is_a_file,
}

MODES: dict[str, tuple[str, ...]] = {"plain": (), "debug": ("--debug",), "no prompt": ("--no-prompt",)}


@dataclass(frozen=True)
class Case:
    """One command, while something fails, with or without a session that is live before."""

    command: str
    failure: str
    mode: str
    logged_in: bool

    def __str__(self) -> str:
        return f"{self.command}, {self.failure}, {self.mode}, {'live' if self.logged_in else 'no session'}"


def cases() -> list[Case]:
    every = (Case(*chosen) for chosen in itertools.product(COMMANDS, FAILURES, MODES, (False, True)))
    return scale.chosen(every, quick_nth=29)


def forms(secret: str) -> set[bytes]:
    """Return the bytes under which a secret may hide."""
    plain = secret.encode()
    texts = {secret, urllib.parse.quote(secret, safe=""), json.dumps(secret)[1:-1], repr(secret)[1:-1]}
    return {text.encode() for text in texts} | {base64.b64encode(plain), plain.hex().encode()}


def holds(content: bytes, secret: str) -> bool:
    return any(form in content for form in forms(secret))


@pytest.mark.parametrize("case", cases(), ids=str)
def test_no_asset_is_where_it_was_not_asked_for(tmp_path: Path, case: Case) -> None:
    with running_machine(tmp_path) as machine:
        machine.lay_down_the_key()
        if case.logged_in:
            machine.log_in()
        code = machine.fresh_code()
        FAILURES[case.failure](machine)
        arguments = [word.replace("CODE", code) for word in COMMANDS[case.command]]

        ran = machine.run(*MODES[case.mode], *arguments)

        given = list(machine.account.sessions.values())
        session_secrets = {part for session in given for part in (session.secret_access_key, session.session_token)}
        printed = (ran.stdout + ran.stderr).encode()
        never_printed = {machine.key.secret_access_key, code, PASSPHRASE}
        never_said = session_secrets if case.command in PRINTS_THE_SESSION else set()
        if not never_said:
            never_printed |= session_secrets
        assert not [secret for secret in never_printed if holds(printed, secret)], printed.decode()
        assert not [secret for secret in never_said if holds(ran.stderr.encode(), secret)], ran.stderr
        assert "Traceback" not in ran.stderr

        allowed = {machine.credentials_file}
        for path in machine.home.rglob("*"):
            if path.is_file() and path not in allowed:
                content = path.read_bytes()
                assert not [secret for secret in never_printed | session_secrets if holds(content, secret)], path
        assert not [secret for secret in (code, PASSPHRASE) if holds(machine.credentials_file.read_bytes(), secret)]
        assert machine.credentials_file.stat().st_mode & 0o077 == 0
