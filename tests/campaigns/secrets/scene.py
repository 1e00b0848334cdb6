"""One run of the program, and everything that it shows, leaves behind and hands on meanwhile."""

import contextlib
import json
import os
import signal
import subprocess
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mfa_session.local_aws.mfa_devices import VirtualDevice
from tests.campaigns.secrets.person import Person
from tests.campaigns.secrets.search import found_in
from tests.clean_environment import clean_environment
from tests.faults import Fault, Faults
from tests.machine import MFA_SESSION, PASSPHRASE, Machine
from tests.programs import shell_program
from tests.terminal import PseudoTerminal

INSIDE = Path(__file__).with_name("inside")

COLUMNS, ROWS = 20, 400

# A call may be made three times; each is to fail.
_TIMES = 3

# What the program keeps in the home folder, whatever it has done.
_KEPT = ("credentials", "config", ".mfa-session.lock")

# Notes its arguments and its environment as the system shows them, and does SCRIPT.
_WITNESS = """\
cat /proc/$$/environ >"$SEEN_FOLDER/$$.environ"
tr '\\0' '\\n' </proc/$$/cmdline >"$SEEN_FOLDER/$$.arguments"
"""


@dataclass(frozen=True)
class Process:
    """A process that was seen; *is_ours* if it is the program itself."""

    arguments: tuple[str, ...]
    environment: str
    is_ours: bool


class LookingFaults(Faults):
    """The faults of an endpoint that has somebody *look* before each call, when all secrets are in the program."""

    def __init__(self, look: Callable[[], None]) -> None:
        super().__init__()
        self.everywhere: Fault | None = None
        self._look = look
        self._taken: Counter[str] = Counter()

    def take(self, action: str) -> Fault | None:
        self._look()
        self._taken[action] += 1
        fault = super().take(action)
        return fault or (self.everywhere if self._taken[action] <= _TIMES else None)


class WatchedMachine:
    """A *machine*, and what is to be seen on it while *program* runs.

    *secrets* has all there are, by the name of the asset.
    """

    def __init__(self, folder: Path, machine: Machine, *, program: Path = MFA_SESSION) -> None:
        self.machine = machine
        self._program = str(program)
        self.secrets: defaultdict[str, set[str]] = defaultdict(set)
        self.shown: dict[str, bytes] = {}
        self.processes: set[Process] = set()
        self.wrapper = ""
        self._temporary, self._seen = folder / "temporary", folder / "seen"
        self._temporary.mkdir()
        self._seen.mkdir()
        self._lock = threading.Lock()
        self._files: dict[Path, tuple[bytes, int]] = {}
        self._planted: dict[Path, list[str]] = {}
        self._given: list[str] = []
        self.faults = LookingFaults(self.look)
        machine.endpoint.faults = self.faults
        self.know("passphrase", PASSPHRASE)

    def know(self, asset: str, *secrets: str) -> None:
        self.secrets[asset].update(secrets)

    def fresh_code(self) -> str:
        code = self.machine.fresh_code()
        self.know("token code", code)
        return code

    def witness(self, name: str, script: str = "") -> Path:
        """Write a program that notes what it is given."""
        return shell_program(self.machine.home / name, _WITNESS + script)

    def begin(self) -> None:
        """Take all that lies about now for what the user has put there."""
        self._know_the_account()
        self._planted = {path: found_in(content, self.secrets) for path, (content, _) in self._all_files()}

    def look(self) -> None:
        """See the processes and the files as they are now."""
        with self._lock:
            self._know_the_account()
            self.processes.update(process for _, process in self._numbered_processes())
            self._files.update(self._all_files())

    def run(self, *words: str, stdin: str | None = None, environment: Mapping[str, str]) -> int:
        """Run the program where there is no terminal, and return its exit code."""
        self._given = list(words)
        ran = subprocess.run(
            self._command(words),
            env=clean_environment(self.machine.home, **self.machine.environment, **self._more(environment)),
            input=None if stdin is None else stdin.encode(),
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            start_new_session=True,
            timeout=100,
            check=False,
        )
        self.shown = {"standard output": ran.stdout, "standard error": ran.stderr}
        self._end()
        return ran.returncode

    def run_at_terminal(self, *words: str, environment: Mapping[str, str]) -> int:
        """Run the program at a narrow terminal, with a person who answers every question, the passphrase too."""
        self._given = list(words)
        own = {name: value for name, value in self.machine.environment.items() if name != "MFA_SESSION_PASSPHRASE"}
        with PseudoTerminal(self.machine.home, columns=COLUMNS, rows=ROWS) as terminal:
            program = terminal.run(*self._command(words), environment={**own, **self._more(environment)})
            Person(self.machine, know=self.know).answer(terminal, program)
            exit_code = program.wait()
            self.shown = {"the terminal's bytes": terminal.raw, "screen": terminal.screen.encode()}
        self._end()
        return exit_code

    def leaks(self, asked_for: Mapping[str, set[str]]) -> list[str]:
        """Return every asset that is where it was not *asked for*, with the place."""
        return list(self._leaks(asked_for))

    def tracebacks(self) -> int:
        return sum(b"Traceback (most recent" in text for text in self.shown.values())

    def open_files(self) -> list[Path]:
        """Return the files with a secret that others could open."""
        return [
            path
            for path, (content, mode) in self._files.items()
            if mode & 0o077 and path not in self._planted and found_in(content, self.secrets)
        ]

    def left_behind(self) -> list[Path]:
        """Return the files that nobody needs any more."""
        state = self.machine.home / ".aws" / "mfa-session"
        kept = {self.machine.home / ".aws" / name for name in _KEPT} | set(self._planted)
        return [path for path, _ in self._all_files() if path not in kept and state not in path.parents]

    def strike(self, number: signal.Signals) -> None:
        """Send a signal to the program, wherever it runs."""
        for pid, process in self._numbered_processes():
            if self._program in process.arguments[:2]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)

    def _leaks(self, asked_for: Mapping[str, set[str]]) -> Iterator[str]:
        for place, content in self.shown.items():
            yield from self._unasked(place, content, asked_for.get(place, set()))
        for process in self.processes:
            mine = " ".join(self._given).encode()
            given = set(found_in(mine, self.secrets)) if process.is_ours else asked_for.get("arguments", set())
            yield from self._unasked("arguments", " ".join(process.arguments).encode(), given)
            if not process.is_ours:
                asked = asked_for.get("environment", set())
                yield from self._unasked("environment", process.environment.encode(), asked)
        session = {"session secret key", "session token"}
        for path, (content, _) in self._files.items():
            asked = set(self._planted.get(path, [])) | (session if path == self.machine.credentials_file else set())
            yield from self._unasked(str(path.name), content, asked)

    def _unasked(self, place: str, content: bytes, asked_for: set[str]) -> Iterator[str]:
        yield from (f"{asset} in {place}" for asset in found_in(content, self.secrets) if asset not in asked_for)

    def _command(self, words: tuple[str, ...]) -> list[str]:
        command = [self._program, *words]
        return ["sh", "-c", f'{self.wrapper} exec "$@"', "sh", *command] if self.wrapper else command

    def _more(self, environment: Mapping[str, str]) -> dict[str, str]:
        inside = {"PYTHONPATH": str(INSIDE), "SEEN_FOLDER": str(self._seen)}
        return {"TMPDIR": str(self._temporary), **inside, **environment}

    def _end(self) -> None:
        self.look()
        for file in sorted(self._seen.glob("*.json")):
            for line in file.read_text().splitlines():
                self._take_in(json.loads(line))
        for file in self._seen.glob("*.environ"):
            environment = file.read_text(errors="replace")
            arguments = file.with_suffix(".arguments").read_text(errors="replace").splitlines()
            self.processes.add(self._process(arguments, environment))
            for pair in environment.split("\0"):
                if pair.startswith("AWS_CONTAINER_AUTHORIZATION_TOKEN="):
                    self.know("token of the companion", pair.partition("=")[2])

    def _take_in(self, noted: dict[str, object]) -> None:
        match noted:
            case {"kind": "start", "arguments": [*arguments], "environment": {**environment}}:
                pairs = "\0".join(f"{name}={value}" for name, value in environment.items())
                self.processes.add(self._process(map(str, arguments), pairs))

    def _process(self, arguments: Iterable[str], environment: str) -> Process:
        words = tuple(arguments)
        return Process(words, environment, is_ours=self._program in words)

    def _know_the_account(self) -> None:
        account = self.machine.account
        with account.lock:
            self.know("long-term secret key", *(key.secret_access_key for key in account.access_keys.values()))
            self.know("session secret key", *(each.secret_access_key for each in account.sessions.values()))
            self.know("session token", *(each.session_token for each in account.sessions.values()))
            self.know("sign-in token", *account.signin_tokens)
            devices = [each for each in account.devices.values() if isinstance(each, VirtualDevice)]
            self.know("seed", *(device.base32_seed for device in devices))

    def _all_files(self) -> Iterator[tuple[Path, tuple[bytes, int]]]:
        for folder in (self.machine.home, self._temporary):
            for path in folder.rglob("*"):
                try:
                    if path.is_file():
                        yield path, (path.read_bytes(), path.stat().st_mode)
                except FileNotFoundError:
                    continue  # it was there for a moment only

    def _numbered_processes(self) -> Iterator[tuple[int, Process]]:
        """Yield the processes that have our home, as the system shows them to everybody."""
        mark = f"HOME={self.machine.home}\0".encode()
        for process in Path("/proc").iterdir():
            if process.name.isdecimal():
                try:
                    environment = (process / "environ").read_bytes()
                    if mark in environment:
                        arguments = (process / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
                        yield int(process.name), self._process(map(os.fsdecode, arguments), os.fsdecode(environment))
                except OSError:
                    continue  # it has ended, or is not ours to see
