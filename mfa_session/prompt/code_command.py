"""A program that prints a token code: aws-vault's ``mfa_process``, or one of four that are known by a word.

It gives a code or a reason, within 45 seconds, and no person is needed for it. What it writes
to standard error is for the person at the terminal ("touch your YubiKey"), and is shown there.
"""

import re
import shlex
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from mfa_session.errors import CodeSourceError, PromptTimeoutError, UsageError
from mfa_session.model.mfa_device import MFADevice, TokenCode
from mfa_session.prompt.prompt import Deadline, Prompt
from mfa_session.prompt.subprocess import started
from mfa_session.system.commands import words_of
from mfa_session.text import escape_control

# What each word stands for. The item has the name of the device unless another is configured, as with aws-vault.
_ITEM = "ITEM"
PRESETS: Mapping[str, Sequence[str]] = {
    "ykman": ("ykman", "oath", "accounts", "code", "--single", _ITEM),
    "op": ("op", "item", "get", _ITEM, "--otp"),
    "pass-otp": ("pass", "otp", _ITEM),
    "bw": ("bw", "--nointeraction", "get", "totp", _ITEM),
}

# Go and Terraform wait sixty seconds for everything.
_LIMIT = timedelta(seconds=45)

# A program that has so much to say does not print a code.
_MAX_BYTES = 65536

_MAX_QUOTE = 200

# Six digits that stand alone, as codes are printed.
_CODE = re.compile(r"(?<!\d)\d{3}[ -]?\d{3}(?!\d)")

# Where any of these stands, its author had a shell in mind.
_SHELL_SYNTAX = re.compile(r"[|&;<>$`*]")


@dataclass(frozen=True, slots=True)
class Command:
    """How to run the program that messages call *name*; its *words* may hold a secret, and are never shown.

    They are a string on Windows alone, whose programs take their command line apart themselves.
    """

    name: str
    words: Sequence[str] | str
    hint: str


def mfa_process(text: str) -> Command:
    """Return what ``mfa_process = text`` means: the words of a command, for which no shell is started.

    Raises:
        UsageError: it is no command.
    """
    try:
        words = words_of(text)
    except ValueError:
        raise UsageError(
            "a quotation mark in it is not closed", hint="close it, or put a backslash before it"
        ) from None
    if not words or not words[0]:
        raise UsageError("it names no program", hint="write the program and its arguments")
    words = [str(Path(word).expanduser()) if word.startswith("~/") else word for word in words]
    hint = "run what mfa_process says yourself, and see that it prints six digits and nothing else"
    if _SHELL_SYNTAX.search(text) and words[0] not in ("sh", "bash", "/bin/sh", "/bin/bash"):
        hint = "mfa_process is run without a shell: where it needs one, write sh -c '…'"
    return Command("mfa_process", text if sys.platform == "win32" else words, hint)


def preset(word: str, item: str) -> Command:
    """Return how the program behind *word*, one of `PRESETS`, prints the code of *item*."""
    words = [item if part == _ITEM else part for part in PRESETS[word]]
    return Command(word, words, f"run it yourself, and see that it prints six digits: {shlex.join(words)}")


class CodeProgram:
    """A program that prints a token code; *command* says how it is run for a device.

    *environ* is what it finds in its environment, but for secrets of ours; *limit* is how
    long it may take, if *patience* does not end sooner.
    """

    def __init__(
        self,
        command: Callable[[MFADevice], Command],
        *,
        environ: Mapping[str, str],
        deadline: Deadline,
        limit: timedelta = _LIMIT,
    ) -> None:
        self._command = command
        self._environ = environ
        self._deadline = deadline
        self._limit = limit

    def token_code(self, device: MFADevice, *, show: Callable[[str], None]) -> TokenCode:
        """Return the code that the program prints for *device*; *show* is given each line of its standard error.

        Raises:
            CodeSourceError: it printed none, or not in time.
            PromptCancelledError: nobody wants the code any more.
        """
        command = self._command(device)
        limit = self._deadline.limit(self._limit)
        try:
            output = _run(command, self._environ, self._deadline.question(timeout=limit), show=show)
        except PromptTimeoutError:
            raise CodeSourceError(
                f"{command.name} printed no code within {limit.total_seconds():.0f} s", hint=command.hint
            ) from None
        return _code(command, output)


def _run(command: Command, environ: Mapping[str, str], wanted: Prompt, *, show: Callable[[str], None]) -> bytes:
    """Return what the program printed on standard output when it ended well."""
    printed = {"stdout": b"", "stderr": b""}
    with started(command.words, name=command.name, hint=command.hint, environ=environ) as child:
        for stream, piece in child.pieces(wanted):
            printed[stream] += piece
            if len(printed[stream]) > _MAX_BYTES:
                raise CodeSourceError(f"{command.name} printed too much to be a token code", hint=command.hint)
            if stream == "stderr":
                for line in _lines(piece):
                    show(line)
        exit_code = child.exit_code
    if exit_code:
        raise CodeSourceError(f"{command.name} {_ending(exit_code)}{_last_words(printed['stderr'])}", hint=command.hint)
    return printed["stdout"]


def _code(command: Command, output: bytes) -> TokenCode:
    """Return the code that *output* is; not one that stands somewhere in it, which may be another number."""
    text = output.decode("utf-8", errors="replace").strip()
    if not text:
        raise CodeSourceError(f"{command.name} printed nothing", hint=command.hint)
    try:
        if len(text.splitlines()) > 1:
            raise UsageError("it is more than one line", hint="")
        return TokenCode(text)
    except UsageError:
        raise CodeSourceError(
            f"{command.name} printed something else than one token code of six digits", hint=command.hint
        ) from None


def _ending(exit_code: int) -> str:
    if exit_code > 0:
        return f"ended with exit code {exit_code}"
    try:
        return f"was ended by {signal.Signals(-exit_code).name}"
    except ValueError:
        return f"was ended by signal {-exit_code}"


def _last_words(errors: bytes) -> str:
    """Return the last line of *errors*, which mostly says why, with nothing in it that could be a code."""
    lines = _lines(errors)
    return f": {escape_control(_CODE.sub('······', lines[-1]))[:_MAX_QUOTE]}" if lines else ""


def _lines(text: bytes) -> list[str]:
    return [line.strip() for line in text.decode("utf-8", errors="replace").splitlines() if line.strip()]
