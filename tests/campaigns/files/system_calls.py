"""The calls by which a program touches a folder or the network, each of which can be made to fail, or be the last.

strace writes them down once. A call is then known by its name, its file and its number in
its thread, and a second run of the same program is struck at just this one. Between two of
them nothing changes that anybody else could see.
"""

import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")

# What another program, or AWS, would notice of a conversation.
_NETWORK = ("connect", "sendto", "sendmsg", "recvfrom", "recvmsg")

_LINE = re.compile(
    r"^(?P<thread>\d+) +(?P<name>\w+)\((?:AT_FDCWD<[^>]*>, |\d+<(?P<opened>[^>]*)>)?(?:\"(?P<path>[^\"]*)\")?"
)

KILL = "signal=KILL"


@dataclass(frozen=True)
class Call:
    """The *number*-th call of this *name* about the file *path*, below the folder; about no file on the network."""

    name: str
    path: str | None
    number: int

    def __str__(self) -> str:
        return f"{self.name} {self.number} of {self.path if self.path is not None else 'the network'}"


@dataclass(frozen=True)
class Invocation:
    """What is started: the words, with this whole environment; *typed* is its standard input."""

    words: Sequence[str]
    environment: Mapping[str, str]
    typed: str = ""

    def run(self, *through: str) -> "subprocess.CompletedProcess[str]":
        """Run it to its end, started *through* another program."""
        return subprocess.run(
            [*through, *self.words],
            env=self.environment,
            input=self.typed,
            capture_output=True,
            text=True,
            start_new_session=True,
            timeout=120,
            check=False,
        )


@dataclass(frozen=True)
class Ending:
    """How a run ended that was struck; *was_struck* is false where it never came to that call."""

    exit_code: int
    stderr: str
    was_struck: bool


def calls_of(program: Invocation, folder: Path) -> list[Call]:
    """Run *program* to its end, and return its calls about what is below *folder*, from the first on."""
    lines = traced(program, folder)
    numbers: Counter[tuple[str, str, str | None]] = Counter()
    calls: dict[Call, None] = {}
    for line in lines:
        found = _LINE.match(line)
        if found is None:
            continue
        path = _below(folder, found["opened"] or "", found["path"] or "")
        if path is None and (found["name"] not in _NETWORK or not calls):
            continue
        numbers[found["thread"], found["name"], path] += 1
        # Two threads may each have one of this kind; whichever comes first is struck.
        calls[Call(found["name"], path, numbers[found["thread"], found["name"], path])] = None
    return list(calls)


def traced(program: Invocation, folder: Path) -> list[str]:
    """Run *program* to its end, and return what strace says of its calls; it must not fail."""
    log = folder.with_name(f"{folder.name}.strace")
    ran = program.run(*_strace(log), "-y", "-e", "trace=%file,%desc,%network")
    assert ran.returncode == 0, ran.stderr
    return log.read_text(errors="replace").splitlines()


def strike(program: Invocation, folder: Path, call: Call, how: str) -> Ending:
    """Run *program* and let strace inject *how* into this *call*: ``signal=KILL``, ``error=EIO``."""
    log = folder.with_name(f"{folder.name}.strace")
    where = () if call.path is None else ("-P", str(folder / call.path))
    inject = f"inject={call.name}:{how}:when={call.number}"
    # It looks at no other call then, which is quicker; only signals get lost.
    quickly = () if "signal" in how else ("--seccomp-bpf",)
    ran = program.run(*_strace(log), *quickly, *where, "-e", f"trace={call.name}", "-e", inject)
    said = log.read_text(errors="replace")
    return Ending(ran.returncode, ran.stderr, "(INJECTED)" in said or "killed by SIGKILL" in said)


def modes_at_creation(lines: Sequence[str], folder: Path) -> Iterator[tuple[str, int]]:
    """Yield what *lines* of strace show to be created below *folder*, and the mode that was asked for right then."""
    creation = re.compile(
        rf"(?:O_CREAT[^,]*|mkdir\(\"{re.escape(str(folder))}[^\"]*\"|mkdirat\([^,]*, \"[^\"]*\"), 0(\d+)"
    )
    for line in lines:
        found = _LINE.match(line)
        mode = creation.search(line)
        if found and mode and (path := _below(folder, found["opened"] or "", found["path"] or "")) is not None:
            yield path, int(mode[1], 8)


def _strace(log: Path) -> tuple[str, ...]:
    return ("strace", "-f", "-qq", "-o", str(log))


def _below(folder: Path, *names: str) -> str | None:
    for name in names:
        if name == str(folder) or name.startswith(f"{folder}/"):
            return name.removeprefix(str(folder)).removeprefix("/").removesuffix(" (deleted)")
    return None
