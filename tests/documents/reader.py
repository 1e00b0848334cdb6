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

from mfa_session.local_aws.mfa_devices import VirtualDevice
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

    shown: str
    exit_code: int


@dataclass
class Reader:
    """The reader of one page, at *terminal*. *environment* is what its programs have."""

    machine: Machine
    terminal: PseudoTerminal
    environment: Mapping[str, str]
    _answered: int = 0

    def type(self, command: str, *, page_shows: str = "", yes_or_no: str = "") -> Ran:
        """Type *command* into the shell, answer its questions, and return when the shell waits for the next.

        Where a question wants yes or no, the answer is the one in *page_shows*, else *yes_or_no*.
        """
        self.machine.forget_used_codes()
        begun = len(self.terminal.text)
        self.terminal.type(command + "\n")
        self._answered = begun + len(command)

        def is_over() -> bool:
            self._answer_what_is_asked(page_shows, yes_or_no)
            return _PROMPTED.search(self.terminal.text, self._answered) is not None

        self.terminal.wait_until(is_over, f"the end of {command!r}", timeout=_COMMAND_SECONDS)
        ended = _PROMPTED.search(self.terminal.text, self._answered)
        assert ended
        return Ran(self.terminal.text[begun + len(command) + 1 : ended.start()], int(ended[1]))

    def run(self, *command: str | Path) -> Ran:
        """Run one program beside the shell, answer its questions, and return when it has ended."""
        self.machine.forget_used_codes()
        begun = self._answered = len(self.terminal.text)
        program = self.terminal.run(*command, environment=self.environment)

        def is_over() -> bool:
            self._answer_what_is_asked()
            return program.exit_code is not None

        self.terminal.wait_until(is_over, f"the end of {command[0]}", timeout=_COMMAND_SECONDS)
        exit_code = program.wait()
        return Ran(self.terminal.text[begun:], exit_code)

    def _answer_what_is_asked(self, page_shows: str = "", yes_or_no: str = "") -> None:
        """Answer the question that stands on the terminal, if there is one."""
        shown = self.terminal.text[self._answered :]
        for question, answer in self._answers().items():
            if re.search(question + r"\Z", shown):
                self._type_answer(answer())
        if asked := _YES_OR_NO.search(shown):
            self._type_answer(answer_of(page_shows, asked["question"]) or yes_or_no)

    def _type_answer(self, answer: str) -> None:
        self._answered = len(self.terminal.text)
        self.terminal.type(answer + "\n")

    def _answers(self) -> dict[str, Callable[[], str]]:
        key = self.machine.key
        return {
            r"Access key ID for [\w-]+: ": lambda: key.access_key_id,
            r"Secret access key \(not shown\): ": lambda: key.secret_access_key,
            r"New passphrase of the encrypted file \(8 characters or more\): ": lambda: PASSPHRASE,
            r"Repeat passphrase: ": lambda: PASSPHRASE,
            r"Passphrase of the encrypted file: ": lambda: PASSPHRASE,
            r"Passphrase of aws-vault's files in \S+: ": lambda: PASSPHRASE,
            r"MFA code for \S+ \(test-user-phone[^\n]*\nMFA code: ": self.code,
            r"MFA code for \S+ \(admin-phone[^\n]*\nMFA code: ": self.code_of_the_administrator,
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
