"""Somebody who follows a page at a terminal: types its commands, and answers what the programs ask.

A shell with job control runs in a real terminal. A question is answered as its reader would: with
the key, the code that the phone shows, or what the page itself shows behind the question.
"""

import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mfa_session.demo.devices import VirtualDevice
from tests.machine import PROGRAMS, Machine
from tests.terminal import PseudoTerminal

ADMIN_PHONE = "arn:aws:iam::123456789012:mfa/admin-phone"
PASSPHRASE = "correct horse battery"

# The shell says how the last command ended, in words that no program of a page prints.
_PROMPT = "[ended with $?]$ "
_PROMPTED = re.compile(r"\[ended with (\d+)\]\$ \Z")

_YES_OR_NO = re.compile(r"^(?P<question>.*\[[yYnN]/[yYnN]\] )\Z", re.MULTILINE)
_COMMAND_SECONDS = 60.0


@dataclass(frozen=True)
class Ran:
    """One command of a page that was run: what the terminal showed, and how it ended."""

    command: str
    shown: str
    exit_code: int


@dataclass
class Reader:
    """The reader of one page, at *terminal*. *environment* is what its programs have."""

    machine: Machine
    terminal: PseudoTerminal
    environment: Mapping[str, str]
    _answered: int = 0
    _yes_or_no: str = ""

    def type(self, command: str, *, page_shows: str = "", yes_or_no: str = "") -> Ran:
        """Type *command* into the shell, answer its questions, and return when the shell waits for the next.

        Where a question wants yes or no, the answer is the one in *page_shows*, else *yes_or_no*.
        """
        self._yes_or_no = yes_or_no
        self.machine.forget_used_codes()
        begun = len(self.terminal.text)
        self.terminal.type(command + "\n")
        self._answered = begun + len(command)
        self.terminal.wait_until(
            lambda: self._has_answered_all(page_shows, end=_PROMPTED),
            f"the end of {command!r}",
            within=_COMMAND_SECONDS,
        )
        ended = _PROMPTED.search(self.terminal.text)
        assert ended
        shown = self.terminal.text[begun + len(command) + 1 : ended.start()]
        return Ran(command, shown, int(ended[1]))

    def run(self, *command: str | Path) -> Ran:
        """Run one program beside the shell, answer its questions, and return when it has ended."""
        self.machine.forget_used_codes()
        begun = self._answered = len(self.terminal.text)
        program = self.terminal.run(*command, environment=self.environment)
        self.terminal.wait_until(
            lambda: self._has_answered_all("") or program.exit_code is not None,
            f"the end of {command[0]}",
            within=_COMMAND_SECONDS,
        )
        exit_code = program.wait()
        return Ran(str(command[-1]), self.terminal.text[begun:], exit_code)

    def _has_answered_all(self, page_shows: str, *, end: re.Pattern[str] | None = None) -> bool:
        """Answer the question that stands on the terminal, if there is one; tell whether it shows *end*."""
        shown = self.terminal.text[self._answered :]
        if end and end.search(shown):
            return True
        for question, answer in self._questions(page_shows).items():
            if re.search(question + r"\Z", shown):
                self._answered = len(self.terminal.text)
                self.terminal.type((answer if isinstance(answer, str) else answer()) + "\n")
        if asked := _YES_OR_NO.search(shown):
            self._answered = len(self.terminal.text)
            self.terminal.type((answer_of(page_shows, asked["question"]) or self._yes_or_no) + "\n")
        return False

    def _questions(self, page_shows: str) -> dict[str, str | Callable[[], str]]:
        key = self.machine.key
        return {
            r"Access key ID for [\w-]+: ": key.access_key_id,
            r"Secret access key \(not shown\): ": key.secret_access_key,
            r"New passphrase of the encrypted file \(8 characters or more\): ": PASSPHRASE,
            r"The same again: ": PASSPHRASE,
            r"Passphrase of the encrypted file: ": PASSPHRASE,
            r"Passphrase of aws-vault's files in \S+: ": PASSPHRASE,
            r"code of MFA device test-user-phone.*: ": self.code,
            r"code of MFA device admin-phone.*: ": self.code_of_the_administrator,
        }

    def code(self) -> str:
        """Return a code that was not typed yet, without waiting for the phone to show it."""
        self.machine.forget_used_codes()
        return self.machine.fresh_code()

    def code_of_the_administrator(self) -> str:
        phone = self.machine.account.devices[ADMIN_PHONE]
        assert isinstance(phone, VirtualDevice)
        return phone.code()


def answer_of(page_shows: str, question: str) -> str:
    """Return what the page shows behind *question*, which is what its reader types; nothing where it does not."""
    _, found, behind = page_shows.partition(question)
    return behind.split("\n", 1)[0] if found else ""


@contextmanager
def reading(machine: Machine, *folders: Path, **environment: str) -> Iterator[Reader]:
    """Yield a reader on *machine*, with the programs of *folders* before all others, and *environment* on top."""
    path = ":".join(map(str, [*folders, PROGRAMS, "/usr/bin", "/bin"]))
    surroundings = {**machine.environment, "PATH": path, **environment}
    with machine.terminal() as terminal:
        quiet = {"PS1": _PROMPT, "PS2": "", "HISTFILE": "", "BASH_SILENCE_DEPRECATION_WARNING": "1"}
        terminal.run("bash", "--norc", "--noprofile", "--noediting", "-i", environment={**surroundings, **quiet})
        terminal.expect(_PROMPTED)
        yield Reader(machine, terminal, surroundings)


def commands(text: str) -> list[str]:
    """Split what stands in a block into commands that bash finds complete, comments left out."""
    found: list[str] = []
    lines: list[str] = []
    for line in text.splitlines():
        if not lines and (not line.strip() or line.startswith("#")):
            continue
        lines.append(line)
        if _is_complete("\n".join(lines)):
            found.append("\n".join(lines))
            lines = []
    assert not lines, f"bash finds this incomplete: {lines}"
    return found


def _is_complete(text: str) -> bool:
    read = subprocess.run(["bash", "-n"], input=text + "\n", text=True, capture_output=True, check=False)
    return read.returncode == 0 and not read.stderr and not text.endswith("\\")


def typed_and_shown(text: str) -> list[tuple[str, str]]:
    """Split a block with prompts into what is typed behind each ``$``, and what is shown below it."""
    assert text.startswith("$ "), text
    parts = re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]
    return [(typed, shown) for typed, _, shown in (part.partition("\n") for part in parts)]
