"""Ask for an MFA code by pinentry, the dialog of GnuPG.

Its protocol is Assuan: lines of at most 1000 bytes, in which ``%``, CR and LF are escaped: https://www.gnupg.org/documentation/manuals/assuan/
"""

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import unquote, unquote_to_bytes

from mfa_session.errors import CodeSourceError, PersonNeededError, PromptTimeoutError
from mfa_session.prompt.display import has_screen
from mfa_session.prompt.prompt import Prompt, cancelled, no_answer
from mfa_session.prompt.subprocess import Child, started
from mfa_session.system.commands import find_program
from mfa_session.text import escape_control

# The low 16 bits of the number behind ERR are libgpg-error's.
_CANCELLED = (99, 198)
_TIMEOUT = 62

# Of a line, with room for the command before the text.
_MAX_TEXT = 900

# No answer of a pinentry is longer.
_MAX_ANSWER = 4096

# The dialog closes by itself first, and restores its terminal.
_GRACE_SECONDS = 2.0

# The flavors that open no window; "gtk2:curses" can do both.
_ON_A_TERMINAL = (b"tty", b"curses")

_GPGCONF_SECONDS = 2.0

# What a pinentry finds its display by.
_SCREENS = ("DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS")

_HINT = "name one that works in the config file: mfa_session_pinentry = PATH"


class Pinentry:
    """The pinentry that the user has *chosen*, else GnuPG's, else the one in PATH.

    It opens on the display, or, for a program without a terminal, on the one that
    ``GPG_TTY`` names. *check* raises a CodeSourceError if what was chosen may not be run.
    """

    def __init__(
        self, chosen: str | None, environ: Mapping[str, str], *, check: Callable[[], None] = lambda: None
    ) -> None:
        self._chosen = chosen
        self._environ = environ
        self._check = check

    def be_ready(self) -> None:
        """Check that there is a pinentry, and a display or a terminal for it; raise as `Dialog.be_ready` does."""
        if not has_screen(self._environ) and _terminal(self._environ) is None:
            raise PersonNeededError("there is no screen for a pinentry", hint=_HINT)
        if self._program() is None:
            raise PersonNeededError("there is no pinentry", hint=_HINT)

    def ask(self, question: Prompt) -> str:
        """Return what is typed in answer to *question*; raise as `Dialog.ask` does."""
        program = self._program()
        if program is None:
            raise CodeSourceError("there is no pinentry", hint=_HINT)
        terminal = None if has_screen(self._environ) else _terminal(self._environ)
        environ = {k: v for k, v in self._environ.items() if terminal is None or k not in _SCREENS}
        name = escape_control(Path(program).name)
        with started([program], name=name, hint=_HINT, environ=environ, listens=True) as child:
            return _Conversation(child, name, question).pin(
                _settings(question, terminal, environ), has_terminal=terminal is not None
            )

    def _program(self) -> str | None:
        if self._chosen:
            self._check()
            return str(Path(self._chosen).expanduser())
        named = (find_program(name, self._environ) for name in ("pinentry-mac", "pinentry"))
        return _of_gnupg(self._environ) or next(filter(None, named), None)


def _of_gnupg(environ: Mapping[str, str]) -> str | None:
    """Return the pinentry that GnuPG was built to use."""
    if (gpgconf := find_program("gpgconf", environ)) is None:
        return None
    listed = b""
    wanted = Prompt("", deadline=time.monotonic() + _GPGCONF_SECONDS)
    try:
        with started([gpgconf, "--list-components"], name="gpgconf", hint="", environ=environ) as child:
            for stream, piece in child.pieces(wanted):
                listed += piece if stream == "stdout" else b""
    except (CodeSourceError, PromptTimeoutError):
        return None
    # name:description:path, the path escaped
    for line in listed.decode("utf-8", errors="replace").splitlines():
        if line.startswith("pinentry:") and shutil.which(path := unquote(line.split(":")[2])):
            return path
    return None


def _terminal(environ: Mapping[str, str]) -> str | None:
    """Return the terminal that ``GPG_TTY`` names, for programs without one.

    A program that has a terminal is in its background, or the prompt would be there: a
    dialog on it would read what is typed for another program.
    """
    name = environ.get("GPG_TTY")
    if not name or _opens("/dev/tty") or not _opens(name):
        return None
    return name


def _opens(terminal: str) -> bool:
    if sys.platform == "win32":
        return False
    try:
        descriptor = os.open(terminal, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    except (OSError, ValueError):
        return False
    try:
        return os.isatty(descriptor)
    finally:
        os.close(descriptor)


def _settings(question: Prompt, terminal: str | None, environ: Mapping[str, str]) -> Iterator[str]:
    """Yield the commands that prepare the dialog."""
    if terminal is not None:
        yield f"OPTION ttyname={_escaped(terminal)}"
        yield f"OPTION ttytype={_escaped(environ.get('TERM', 'dumb'))}"
        locale = environ.get("LC_ALL") or environ.get("LC_CTYPE") or environ.get("LANG") or "C.UTF-8"
        yield f"OPTION lc-ctype={_escaped(locale)}"
    if question.deadline is not None:
        yield f"SETTIMEOUT {max(1, round(question.deadline - time.monotonic()))}"
    yield "SETTITLE mfa-session"
    yield f"SETDESC {_escaped(question.text)}"
    yield "SETPROMPT Code:"


def _escaped(text: str) -> str:
    """Return *text* escaped, and cut off if the line would be too long."""
    escaped = ""
    length = 0
    for character in text:
        piece = f"%{ord(character):02X}" if character in "%\r\n" else character
        length += len(piece.encode(errors="replace"))
        if length > _MAX_TEXT:
            break
        escaped += piece
    return escaped


@dataclass(frozen=True, slots=True)
class _Answer:
    """An answer of a pinentry: *data*, or the number and the words of an *error*."""

    data: bytes = field(default=b"", repr=False)
    error: tuple[int, str] | None = None


class _Conversation:
    """The Assuan dialogue with the pinentry *child*."""

    def __init__(self, child: Child, name: str, question: Prompt) -> None:
        self._child = child
        self._name = name
        deadline = None if question.deadline is None else question.deadline + _GRACE_SECONDS
        self._lines = self._read(replace(question, deadline=deadline))

    def pin(self, settings: Iterator[str], *, has_terminal: bool) -> str:
        """Return what is typed, after the greeting and the *settings*."""
        self._data(self._answer())
        for setting in settings:
            self._say(setting)
            self._answer()  # pinentries differ in the settings that they know
        if not has_terminal:
            self._check_opens_a_window()
        self._say("GETPIN")
        data = self._data(self._answer())
        self._say("BYE")
        return data.decode("utf-8", errors="replace")

    def _check_opens_a_window(self) -> None:
        """Refuse a pinentry for terminals only: without a terminal, it answers that the user cancelled."""
        self._say("GETINFO flavor")
        if self._answer().data in _ON_A_TERMINAL:
            raise CodeSourceError(f"{self._name} failed: it needs a terminal", hint=_HINT)

    def _say(self, line: str) -> None:
        self._child.hear(f"{line}\n".encode(errors="replace"))

    def _answer(self) -> _Answer:
        data = b""
        for line in self._lines:
            word, _, rest = line.partition(b" ")
            match word:
                case b"OK":
                    return _Answer(data)
                case b"ERR":
                    number, _, words = rest.decode("utf-8", errors="replace").partition(" ")
                    return _Answer(error=(int(number) & 0xFFFF if number.isdecimal() else 0, words))
                case b"D" if len(data) + len(rest) <= _MAX_ANSWER:
                    data += unquote_to_bytes(rest)
                case b"INQUIRE":
                    self._say("CAN")
                case b"S" | b"#":
                    continue
                case _:
                    break
        else:
            raise CodeSourceError(f"{self._name} ended without an answer", hint=_HINT)
        raise CodeSourceError(f"{self._name} does not answer as a pinentry does", hint=_HINT)

    def _data(self, answer: _Answer) -> bytes:
        if answer.error is None:
            return answer.data
        number, words = answer.error
        if number in _CANCELLED:
            raise cancelled()
        if number == _TIMEOUT:
            raise no_answer()
        raise CodeSourceError(f"{self._name} failed: {words}", hint=_HINT)

    def _read(self, question: Prompt) -> Iterator[bytes]:
        line = b""
        for stream, piece in self._child.pieces(question):
            if stream == "stderr":
                continue
            *whole, line = (line + piece).split(b"\n")
            yield from whole
            if len(line) > _MAX_ANSWER:
                yield line
