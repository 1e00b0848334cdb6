"""Scenes: every place from which text from outside comes, and a command that may show it."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from tests.cli.mfa_process.code_program import configure
from tests.faults import HostileFields, Refuse
from tests.machine import PHONE, Machine
from tests.programs import shell_program

PROFILE = ("--profile", "test-user")

_COMMANDS: tuple[tuple[str, ...], ...] = (("login",), ("doctor",))

_OPTIONS = ("--serial", "--token-code", "--duration", "--session-profile", "--region", "--output", "--min-remaining")

_SETTINGS = (
    *("region", "output", "mfa_serial", "role_arn", "source_profile", "duration_seconds", "endpoint_url", "ca_bundle"),
    *("mfa_process", "mfa_session_profile", "mfa_session_duration", "mfa_session_store", "mfa_session_keyring"),
)

_FIELDS = (("GetCallerIdentity", "Arn"), ("ListMFADevices", "SerialNumber"), ("ListMFADevices", "UserName"))


# It says its lines itself, on lines of their own.
SPEAKING_PROGRAM = "a program that prints codes"


@dataclass(frozen=True)
class TextCase:
    """One *command*, after *prepare* has put a text where it comes from; ``TEXT`` in words and values stands for it."""

    source: str
    command: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)
    prepare: Callable[[Machine, str], object] = lambda machine, text: None

    def __str__(self) -> str:
        return f"{self.source}, {' '.join(self.command)}"


def scenes() -> Iterator[TextCase]:
    """Yield all of them."""
    yield from _arguments()
    yield from _environments()
    yield from _files()
    yield from _answers()
    yield TextCase(SPEAKING_PROGRAM, ("login", *PROFILE), prepare=_code_program)


def _arguments() -> Iterator[TextCase]:
    for command in ("login", "status", "export", "credential-process", "configure", "doctor", "logout", "console"):
        yield TextCase("--profile", (command, "--profile", "TEXT"))
    for group in (("keys", "list"), ("keys", "rotate"), ("keys", "import"), ("device", "list"), ("device", "resync")):
        yield TextCase("--profile", (*group, "--profile", "TEXT"))
    yield TextCase("--profile", ("exec", "--profile", "TEXT", "--", "true"))
    for option in _OPTIONS:
        yield TextCase(option, ("login", *PROFILE, option, "TEXT"))
    yield TextCase("an option", ("login", "--TEXT"))
    yield TextCase("an argument", ("login", "TEXT"))
    yield TextCase("a command", ("TEXT",))
    yield TextCase("a subcommand", ("keys", "TEXT"))
    yield TextCase("a format", ("export", *PROFILE, "--format", "TEXT"))
    yield TextCase("the name of a device", ("device", "add", *PROFILE, "--name", "TEXT"))
    yield TextCase("the name of a file", ("device", "add", *PROFILE, "--qr-file", "missing/TEXT"))
    yield TextCase("the name of a file", ("policy", "check", "TEXT"))
    yield TextCase("a program", ("exec", *PROFILE, "--", "TEXT"), prepare=_log_in)


def _environments() -> Iterator[TextCase]:
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_ENDPOINT_URL", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        for command in ("login", "status", "doctor"):
            profile = () if name == "AWS_PROFILE" else PROFILE
            yield TextCase(name, (command, *profile), {name: "TEXT"})
    for name in ("AWS_CA_BUNDLE", "HTTPS_PROXY", "MFA_SESSION_STORE", "MFA_SESSION_PASSPHRASE_FILE", "TZ"):
        yield TextCase(name, ("login", *PROFILE), {name: "TEXT", "AWS_ENDPOINT_URL": "https://127.0.0.1:9"})
        yield TextCase(name, ("doctor", *PROFILE), {name: "TEXT"})
    yield TextCase("HOME", ("login", *PROFILE), {"HOME": "/nowhere/TEXT"})
    yield TextCase("a folder", ("login", *PROFILE), {"AWS_CONFIG_FILE": "/dev/null/TEXT"})
    yield TextCase("PYTHON_KEYRING_BACKEND", ("login", *PROFILE), {"PYTHON_KEYRING_BACKEND": "TEXT"})


def _files() -> Iterator[TextCase]:
    for command in (("status",), ("login", "--all"), ("doctor",), ("keys", "list"), ("keys", "import", "--all")):
        yield TextCase("the name of a profile in a file", command, prepare=_profile_called)
    for setting in _SETTINGS:
        for verb in ("login", "status", "doctor"):
            yield TextCase(f"{setting} in a file", (verb, *PROFILE), prepare=_setting(setting))
    for verb in ("login", "status", "doctor"):
        yield TextCase("a line that cannot be read", (verb, *PROFILE), prepare=_line)


def _answers() -> Iterator[TextCase]:
    for action in ("GetSessionToken", "ListMFADevices", "GetCallerIdentity"):
        for command in (*_COMMANDS, ("device", "list")):
            yield TextCase(f"AWS's refusal of {action}", (*command, *PROFILE), prepare=_refusal(action))
    for action, name in _FIELDS:
        for command in (*_COMMANDS, ("device", "list"), ("status", "--verify")):
            yield TextCase(f"{name} of AWS", (*command, *PROFILE), prepare=_field(action, name))


def _append(machine: Machine, text: str, *, config: bool) -> None:
    path = machine.config_file if config else machine.credentials_file
    path.write_bytes(path.read_bytes() + os.fsencode(text))


def _profile_called(machine: Machine, text: str) -> None:
    key = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"
    _append(machine, f"\n[{text}]\n{key}", config=False)
    _append(machine, f"\n[profile {text}]\nmfa_serial = {PHONE}\n", config=True)


def _setting(name: str) -> Callable[[Machine, str], object]:
    return lambda machine, text: _append(machine, f"{name} = {text}\n", config=True)


def _line(machine: Machine, text: str) -> None:
    _append(machine, f"{text} is no line of such a file\n", config=False)


def _refusal(action: str) -> Callable[[Machine, str], object]:
    def prepare(machine: Machine, text: str) -> None:
        fault = Refuse(403, "AccessDenied", f"User: {text} is not authorized to perform: iam:{text} with {text}")
        other = Refuse(400, f"Odd{text}", f"Odd {text}")
        machine.endpoint.faults.add(action, fault, other, fault, other)

    return prepare


def _field(action: str, name: str) -> Callable[[Machine, str], object]:
    def prepare(machine: Machine, text: str) -> None:
        value = f"arn:aws:iam::123456789012:{'user' if name == 'Arn' else 'mfa'}/{escape(text)}"
        machine.endpoint.faults.add(action, *[HostileFields({name: value})] * 4)

    return prepare


def _code_program(machine: Machine, text: str) -> None:
    says = machine.home / "says"
    says.write_bytes(os.fsencode(text))
    program = shell_program(machine.home / "code", f"cat {says} >&2; echo; cat {says}; exit 1")
    configure(machine, f"mfa_process = {program}")


def _log_in(machine: Machine, text: str) -> None:
    assert machine.log_in().returncode == 0
