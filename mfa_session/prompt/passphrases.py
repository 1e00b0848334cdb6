"""The passphrase of the encrypted file: from a descriptor, a file, the environment, or the person at the terminal.

The first of them that is set is the one that counts: when it holds no passphrase, that
is an error, and the next is not tried. Standard input is never read; it may be somebody's data.
"""

import errno
import os
import re
import select
import stat
import sys
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

from mfa_session.errors import PassphraseError, PersonNeededError, hint_command
from mfa_session.prompt.terminal import Terminal
from mfa_session.text import escape_control

DESCRIPTOR = "MFA_SESSION_PASSPHRASE_FD"
FILE = "MFA_SESSION_PASSPHRASE_FILE"
VARIABLE = "MFA_SESSION_PASSPHRASE"

# What NIST SP 800-63B asks of a secret that a person chooses.
_MIN = 8
_MAX_BYTES = 4096

# Whatever feeds the descriptor may itself have to ask a person.
_TIMEOUT_SECONDS = 60.0


def _descriptor_hint() -> str:
    return f"open one for this program, 3 or higher: {DESCRIPTOR}=3 {hint_command('login')} 3< FILE"


class Passphrases:
    """The passphrase of the encrypted file, as the *environment* says where it is.

    *open_terminal* is called only when a person has to be asked, who is asked as
    :meth:`Terminal.ask` says of *within* and *watching*.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        open_terminal: Callable[[], Terminal],
        *,
        timeout: timedelta | None = None,
        reader_fd: int | None = None,
    ) -> None:
        self._environment = environment
        self._open_terminal = open_terminal
        self._timeout = timeout
        self._reader_fd = reader_fd
        self._read_from_descriptor: str | None = None

    def passphrase(self, *, new: bool) -> str:
        """Return the passphrase, which ends where the first line ends.

        A *new* one has 8 characters or more, and is typed twice where it is typed. The
        descriptor is closed when it was read, so that no program of ours inherits it.

        Raises:
            PassphraseError: the place that is set holds none, or one that is too short
                to be new, or is a file that others may read.
            PersonNeededError: no place is set, and nobody can be asked.
            PromptCancelledError: the person did not want to give it.
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
                f"the passphrase from {place} is too short for a new one", hint=f"use {_MIN} characters or more"
            )
        return passphrase

    def _given(self) -> tuple[str, str] | None:
        """Return the name of the place that is set, and what stands there."""
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
                f"the passphrase of the encrypted file is needed: {error}",
                hint=f"run it in a terminal, or set {FILE}, {DESCRIPTOR} or {VARIABLE}",
            ) from error
        with terminal:
            return self._chosen(terminal) if new else self._known(terminal)

    def _known(self, terminal: Terminal) -> str:
        while not (passphrase := self._typed(terminal, "Passphrase of the encrypted file:")):
            terminal.tell("It is not empty.")
        return passphrase

    def _chosen(self, terminal: Terminal) -> str:
        while True:
            passphrase = self._typed(terminal, f"New passphrase of the encrypted file ({_MIN} characters or more):")
            if len(passphrase) < _MIN:
                terminal.tell("That is too short.")
            elif self._typed(terminal, "The same again:") != passphrase:
                terminal.tell("The two differ.")
            else:
                return passphrase

    def _typed(self, terminal: Terminal, question: str) -> str:
        return terminal.ask(question, secret=True, timeout=self._timeout, reader_fd=self._reader_fd)


def _from_descriptor(number: str) -> str:
    # 0 to 2 are the standard streams: the first is never ours to read, the others hold no passphrase.
    if not re.fullmatch(r"[0-9]{1,6}", number) or int(number) <= 2:
        raise PassphraseError(f"{DESCRIPTOR} is not the number of a descriptor to read from", hint=_descriptor_hint())
    descriptor = int(number)
    try:
        # Whatever we have opened ourselves is not inheritable, and not meant.
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
        # Not blocking: a named pipe is waited for where there is a limit.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with open(descriptor, "rb", buffering=0):
            if sys.platform != "win32" and os.fstat(descriptor).st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise PassphraseError(
                    f"the passphrase file {escape_control(path)} is open to others",
                    hint=f"let nobody else read it: chmod 600 {escape_control(path)}",
                )
            content = _content(descriptor, FILE)
    except OSError as error:
        raise PassphraseError(
            f"the passphrase file {escape_control(path)} cannot be read: {_reason(error)}",
            hint=f"check what {FILE} names",
        ) from error
    return _first_line(content, FILE)


def _content(descriptor: int, place: str) -> bytes:
    """Return what can be read up to the first line end, or a bit more."""
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
        # Cut off, because the original holds the passphrase.
        raise PassphraseError(f"the passphrase from {place} is not UTF-8", hint="save it as UTF-8") from None
    if len(line) > _MAX_BYTES:
        raise PassphraseError(
            f"the passphrase from {place} is longer than {_MAX_BYTES} bytes", hint=f"check what {place} names"
        )
    return passphrase


def _reason(error: OSError) -> str:
    return (error.strerror or "it is not readable").lower()
