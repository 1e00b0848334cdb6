"""Get an MFA code from a program: aws-vault's ``mfa_process``, or a preset such as ``ykman``.

It prints a code within 45 seconds. What it writes to standard error is for the user ("touch
your YubiKey"), and is shown on the terminal.
"""

import re
import shlex
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from mfa_session.errors import CodeSourceError, PromptTimeoutError, UsageError
from mfa_session.model.mfa_device import MFADevice, TokenCode
from mfa_session.prompt.prompt import Deadline, Prompt
from mfa_session.prompt.subprocess import started
from mfa_session.system.commands import words_of
from mfa_session.text import escape_control

SOURCES = "mfa_session_code_source"

PROCESS = "mfa_process"
TERMINAL = "terminal"
PINENTRY = "pinentry"
DIALOG = "dialog"

# Where the user is asked, in the default order.
_PROMPTS = (TERMINAL, PINENTRY, DIALOG)


# The command of each preset. The item is named like the device unless another is configured, as with aws-vault.
_ITEM = "ITEM"
PRESETS: Mapping[str, Sequence[str]] = {
    "ykman": ("ykman", "oath", "accounts", "code", "--single", _ITEM),
    "op": ("op", "item", "get", _ITEM, "--otp"),
    "pass-otp": ("pass", "otp", _ITEM),
    "bw": ("bw", "--nointeraction", "get", "totp", _ITEM),
}

# Go and Terraform wait 60 seconds for the whole answer.
_LIMIT = timedelta(seconds=45)

# A program that prints more prints no code.
_MAX_BYTES = 65536

_MAX_QUOTE = 200

# Six digits that stand alone.
_CODE = re.compile(r"(?<!\d)\d{3}[ -]?\d{3}(?!\d)")

# Any of these was written for a shell.
_SHELL_SYNTAX = re.compile(r"[|&;<>$`*]")


@dataclass(frozen=True, slots=True)
class Command:
    """How to run the program that messages call *name*; its *words* may hold a secret, and are never shown.

    They are a string on Windows only, whose programs parse their command line themselves.
    """

    name: str
    words: Sequence[str] | str
    hint: str


def mfa_process(text: str) -> Command:
    """Return the command of ``mfa_process = text``, which is run without a shell.

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
    hint = "run the command of mfa_process yourself: it must print six digits and nothing else"
    if _SHELL_SYNTAX.search(text) and words[0] not in ("sh", "bash", "/bin/sh", "/bin/bash"):
        hint = "mfa_process is run without a shell; to use one, write sh -c '…'"
    return Command("mfa_process", text if sys.platform == "win32" else words, hint)


def preset(word: str, item: str) -> Command:
    """Return the command of the preset *word* for *item*."""
    words = [item if part == _ITEM else part for part in PRESETS[word]]
    return Command(word, words, f"run it yourself (it must print six digits): {shlex.join(words)}")


class CodeProgram:
    """A program that prints an MFA code; *command* returns its command for a device.

    *environ* is its environment, secrets removed; it may take *limit*, if *deadline* is not
    sooner.
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
        """Return the code that the program prints for *device*; *show* gets each line of its standard error.

        Raises:
            CodeSourceError: it printed none, or not in time.
            ReaderGoneError: the code is no longer wanted.
        """
        command = self._command(device)
        limit = self._deadline.limit(self._limit)
        try:
            output = _run(command, self._environ, self._deadline.prompt(timeout=limit), show=show)
        except PromptTimeoutError:
            raise CodeSourceError(
                f"{command.name} printed no code within {limit.total_seconds():.0f} s", hint=command.hint
            ) from None
        return _code(command, output)


def _run(command: Command, environ: Mapping[str, str], wanted: Prompt, *, show: Callable[[str], None]) -> bytes:
    """Return the standard output of the program, which exits with 0."""
    printed = {"stdout": b"", "stderr": b""}
    with started(command.words, name=command.name, hint=command.hint, environ=environ) as child:
        for stream, piece in child.pieces(wanted):
            printed[stream] += piece
            if len(printed[stream]) > _MAX_BYTES:
                raise CodeSourceError(f"{command.name} printed too much to be an MFA code", hint=command.hint)
            if stream == "stderr":
                for line in _lines(piece):
                    show(line)
        exit_code = child.exit_code
    if exit_code:
        raise CodeSourceError(f"{command.name} {_end(exit_code)}{_last_words(printed['stderr'])}", hint=command.hint)
    return printed["stdout"]


def _code(command: Command, output: bytes) -> TokenCode:
    """Return the code that *output* is; a number somewhere in it may be something else."""
    text = output.decode("utf-8", errors="replace").strip()
    if not text:
        raise CodeSourceError(f"{command.name} printed nothing", hint=command.hint)
    try:
        if len(text.splitlines()) > 1:
            raise UsageError("it is more than one line", hint="")
        return TokenCode(text)
    except UsageError:
        raise CodeSourceError(
            f"{command.name} printed something other than one MFA code of six digits", hint=command.hint
        ) from None


def _end(exit_code: int) -> str:
    if exit_code > 0:
        return f"exited with code {exit_code}"
    try:
        return f"was killed by {signal.Signals(-exit_code).name}"
    except ValueError:
        return f"was killed by signal {-exit_code}"


def _last_words(errors: bytes) -> str:
    """Return the last line of *errors*, with whatever could be a code removed."""
    lines = _lines(errors)
    return f": {escape_control(_CODE.sub('······', lines[-1]))[:_MAX_QUOTE]}" if lines else ""


def _lines(text: bytes) -> list[str]:
    return [line.strip() for line in text.decode("utf-8", errors="replace").splitlines() if line.strip()]


@dataclass(frozen=True, slots=True)
class Choice:
    """A code source: its *word*, and for a preset the *item* if it is not named like the device."""

    word: str
    item: str | None = None


def parse_choices(text: str) -> list[Choice]:
    """Return the code sources that *text* names: words with blanks between, such as ``op:AWS terminal``.

    Raises:
        UsageError: a word is no code source.
    """
    try:
        words = shlex.split(text)
    except ValueError:
        raise UsageError("a quotation mark in it is not closed", hint="close it") from None
    return [_choice(word) for word in words]


def _choice(text: str) -> Choice:
    word, colon, item = text.partition(":")
    if word not in (*PRESETS, PROCESS, *_PROMPTS):
        known = ", ".join((*PRESETS, PROCESS, *_PROMPTS))
        raise UsageError(f"there is no code source {word}", hint=f"these are: {known}")
    if colon and (word not in PRESETS or not item or item.startswith("-")):
        raise UsageError(f"{word}: is not followed by the name of an item", hint=f"write {word}, or {word}:NAME")
    return Choice(word, item or None)


def choices_in_order(settings: Mapping[str, str]) -> list[Choice]:
    """Return every code source in order: those that *settings* name, then the other prompts.

    Raises:
        UsageError: ``mfa_session_code_source`` is invalid, or names a ``mfa_process`` that is
            not set.
    """
    try:
        named = parse_choices(settings.get(SOURCES, ""))
    except UsageError as error:
        raise UsageError(f"{SOURCES}: {error}", hint=error.hint) from None
    words = [choice.word for choice in named]
    has_process = bool(settings.get(PROCESS))
    if PROCESS in words and not has_process:
        raise UsageError(f"{SOURCES} names mfa_process, which is not set", hint="set mfa_process, or remove the word")
    first = [Choice(PROCESS)] if has_process and PROCESS not in words else []
    return [*first, *named, *(Choice(word) for word in _PROMPTS if word not in words)]


def has_program(settings: Mapping[str, str]) -> bool:
    """Tell whether a program may give the code, without a prompt."""
    return any(choice.word not in _PROMPTS for choice in choices_in_order(settings))


def command_of(choice: Choice, settings: Mapping[str, str]) -> Callable[[MFADevice], Command] | None:
    """Return what makes the command for a device, or ``None`` if *choice* is a prompt.

    Raises:
        UsageError: ``mfa_process`` is no command.
    """
    if choice.word in _PROMPTS:
        return None
    if choice.word == PROCESS:
        try:
            command = mfa_process(settings[PROCESS])
        except UsageError as error:
            raise UsageError(f"{PROCESS}: {error}", hint=error.hint) from None
        return lambda _: command
    return partial(_preset, choice)


def _preset(choice: Choice, device: MFADevice) -> Command:
    return preset(choice.word, choice.item or device.serial_number)
