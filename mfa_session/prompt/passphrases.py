"""The passphrase of the encrypted file: from a descriptor, a file, the environment, or the user at the terminal.

The first that is set counts: if it holds no passphrase, that is an error and the next is
not tried. Standard input is never read; it may be the user's data.
"""

import errno
import os
import re
import select
import stat
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from mfa_session.errors import PassphraseError, PersonNeededError, hint_command
from mfa_session.prompt.prompt import Deadline
from mfa_session.prompt.terminal import Terminal
from mfa_session.text import escape_control

DESCRIPTOR = "MFA_SESSION_PASSPHRASE_FD"
FILE = "MFA_SESSION_PASSPHRASE_FILE"
VARIABLE = "MFA_SESSION_PASSPHRASE"

# NIST SP 800-63B, for secrets that users choose.
_MIN = 8
_MAX_BYTES = 4096

# The program that feeds the descriptor may itself have to ask the user.
_TIMEOUT_SECONDS = 60.0

# How often a wrong passphrase may be typed.
_TRIES = 3


def _descriptor_hint() -> str:
    return f"open one for this program, 3 or higher: {DESCRIPTOR}=3 {hint_command('login')} 3< FILE"


class Passphrases:
    """The passphrase of the encrypted file, from where *environment* says.

    *open_terminal* is called only to ask the user, until *deadline*. *question* is asked
    for a passphrase that exists.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        open_terminal: Callable[[], Terminal],
        *,
        deadline: Callable[[], Deadline] = Deadline,
        question: Callable[[], str] = lambda: "Passphrase of the encrypted file:",
    ) -> None:
        self._environment = environment
        self._open_terminal = open_terminal
        self._deadline = deadline
        self._question = question
        self._read_from_descriptor: str | None = None

    def passphrase(self, *, new: bool) -> str:
        """Return the passphrase, which ends where the first line ends.

        A *new* one has at least 8 characters, and is typed twice at a terminal. The descriptor
        is closed after it was read, so that no child process inherits it.

        Raises:
            PassphraseError: the place that is set holds none, or one that is too short
                for a new one, or is a file that others may read.
            PersonNeededError: no place is set, and there is no terminal.
            PromptCancelledError: the user cancelled.
        """
        given = self._given()
        if given is None:
            return self._asked(new=new)
        place, passphrase = given
        if not passphrase:
            raise PassphraseError(
                f"{place} is set, but there is no passphrase", hint=f"put the passphrase there, or unset {place}"
            )
        if new and len(passphrase) < _MIN:
            raise PassphraseError(
                f"the passphrase from {place} is too short for a new one", hint=f"use at least {_MIN} characters"
            )
        return passphrase

    def try_again(self, tries: int) -> bool:
        """Tell whether another passphrase can be typed after *tries* wrong ones, and say so on the terminal."""
        if tries >= _TRIES or any(name in self._environment for name in (DESCRIPTOR, FILE, VARIABLE)):
            return False
        self._open_terminal().tell("Wrong passphrase. Try again.")
        return True

    def _given(self) -> tuple[str, str] | None:
        """Return the name of the place that is set, and the passphrase there."""
        if (number := self._environment.get(DESCRIPTOR)) is not None:
            if self._read_from_descriptor is None:
                self._read_from_descriptor = _from_descriptor(number)
            return DESCRIPTOR, self._read_from_descriptor
        if (path := self._environment.get(FILE)) is not None:
            return FILE, _from_file(str(Path(path).expanduser()) if path.startswith("~") else path)
        if (text := self._environment.get(VARIABLE)) is not None:
            return VARIABLE, _first_line(os.fsencode(text), VARIABLE)
        return None

    def _asked(self, *, new: bool) -> str:
        try:
            terminal = self._open_terminal()
        except PersonNeededError as error:
            raise PersonNeededError(
                f"passphrase of the encrypted file required: {error}",
                hint=f"run it in a terminal, or set {FILE}, {DESCRIPTOR} or {VARIABLE}",
            ) from error
        return self._chosen(terminal) if new else self._known(terminal)

    def _known(self, terminal: Terminal) -> str:
        while not (passphrase := self._typed(terminal, self._question())):
            terminal.tell("The passphrase is empty. Try again.")
        return passphrase

    def _chosen(self, terminal: Terminal) -> str:
        while True:
            passphrase = self._typed(terminal, f"New passphrase of the encrypted file ({_MIN} characters or more):")
            if len(passphrase) < _MIN:
                terminal.tell(f"Use at least {_MIN} characters.")
            elif self._typed(terminal, "Repeat passphrase:") != passphrase:
                terminal.tell("Passphrases do not match.")
            else:
                return passphrase

    def _typed(self, terminal: Terminal, question: str) -> str:
        return terminal.ask(question, secret=True, timeout=self._deadline().left, reader_fd=self._deadline().reader_fd)


def _from_descriptor(number: str) -> str:
    # 0 to 2 are the standard streams.
    if not re.fullmatch(r"[0-9]{1,6}", number) or int(number) <= 2:
        raise PassphraseError(f"{DESCRIPTOR} is not the number of a descriptor to read from", hint=_descriptor_hint())
    descriptor = int(number)
    try:
        # Descriptors that this program has opened are not inheritable.
        if not os.get_inheritable(descriptor):
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        content = _content(descriptor, DESCRIPTOR)
        os.close(descriptor)
    except OSError as error:
        raise PassphraseError(
            f"the descriptor that {DESCRIPTOR} names cannot be read: {_reason(error)}", hint=_descriptor_hint()
        ) from error
    return _first_line(content, DESCRIPTOR)


def _from_file(path: str) -> str:
    try:
        # Not blocking: the wait for a named pipe has a limit below.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with open(descriptor, "rb", buffering=0):
            if sys.platform != "win32" and os.fstat(descriptor).st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise PassphraseError(
                    f"the passphrase file {escape_control(path)} is readable by others",
                    hint=f"run: chmod 600 {escape_control(path)}",
                )
            content = _content(descriptor, FILE)
    except OSError as error:
        raise PassphraseError(
            f"the passphrase file {escape_control(path)} cannot be read: {_reason(error)}",
            hint=f"check what {FILE} names",
        ) from error
    return _first_line(content, FILE)


def _content(descriptor: int, place: str) -> bytes:
    """Return what can be read, at least up to the first line end."""
    deadline = time.monotonic() + _TIMEOUT_SECONDS
    content = b""
    while b"\n" not in content and len(content) <= _MAX_BYTES:
        # Windows can wait for sockets only.
        if sys.platform != "win32" and not select.select([descriptor], [], [], max(0, deadline - time.monotonic()))[0]:
            raise PassphraseError(
                f"no passphrase came from {place} in time", hint="check that the program that writes it does so"
            )
        piece = os.read(descriptor, _MAX_BYTES)
        if not piece:
            break
        content += piece
    return content


def _first_line(content: bytes, place: str) -> str:
    line = content.split(b"\n", 1)[0].removesuffix(b"\r")
    try:
        passphrase = line.decode("utf-8")
    except UnicodeDecodeError:
        # The original error holds the passphrase.
        raise PassphraseError(f"the passphrase from {place} is not UTF-8", hint="save it as UTF-8") from None
    if len(line) > _MAX_BYTES:
        raise PassphraseError(
            f"the passphrase from {place} is longer than {_MAX_BYTES} bytes", hint=f"check what {place} names"
        )
    return passphrase


def _reason(error: OSError) -> str:
    return (error.strerror or "it is not readable").lower()
