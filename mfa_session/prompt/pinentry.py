"""The dialog of a pinentry, the program that asks for secrets in GnuPG's name.

It speaks Assuan, a protocol of lines of at most 1000 bytes in which ``%``, CR and LF are
escaped: https://www.gnupg.org/documentation/manuals/assuan/
"""

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import unquote, unquote_to_bytes

from mfa_session.errors import CodeSourceError, PersonNeededError, PromptCancelledError, PromptTimeoutError
from mfa_session.prompt.display import has_screen
from mfa_session.prompt.prompt import Prompt
from mfa_session.prompt.subprocess import Child, started
from mfa_session.system.commands import find_program
from mfa_session.text import escape_control

# The low 16 bits of the number behind ERR are libgpg-error's.
_CANCELLED = (99, 198)
_TIMEOUT = 62

# Of a line, with room for the command before the text.
_MAX_TEXT = 900

# No answer of a pinentry is longer; whatever is has lost its way.
_MAX_ANSWER = 4096

# The dialog closes by itself first, and puts its terminal back as it was.
_GRACE_SECONDS = 2.0

# The flavors that open no window; one that opens it, or falls back to the terminal, is named with it (gtk2:curses).
_ON_A_TERMINAL = (b"tty", b"curses")

_GPGCONF_SECONDS = 2.0

# What a pinentry would open its window by.
_SCREENS = ("DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS")

_HINT = "name one that works in the config file: mfa_session_pinentry = PATH"


class Pinentry:
    """The pinentry that the user has *chosen*, else GnuPG's, else the one in PATH.

    It opens on the screen, or, for a program that has no terminal, on the one that
    ``GPG_TTY`` names, as it does for GnuPG. *check* raises a CodeSourceError where what was
    chosen may not be run.
    """

    def __init__(
        self, chosen: str | None, environ: Mapping[str, str], *, check: Callable[[], None] = lambda: None
    ) -> None:
        self._chosen = chosen
        self._environ = environ
        self._check = check

    def insist_on_being_seen(self) -> None:
        """Make sure that there is one, and a screen or a terminal for it.

        Raises:
            PersonNeededError: there is not.
            CodeSourceError: it may not be run.
        """
        if not has_screen(self._environ) and _terminal(self._environ) is None:
            raise PersonNeededError("there is no screen for a pinentry", hint=_HINT)
        if self._program() is None:
            raise PersonNeededError("there is no pinentry", hint=_HINT)

    def ask(self, question: Prompt) -> str:
        """Return what is typed in answer to *question*.

        Raises:
            PromptCancelledError: the person closed it, or nobody wants the answer any more.
            PromptTimeoutError: nobody answered.
            CodeSourceError: it could not ask.
        """
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
    """Return the name of the terminal that ``GPG_TTY`` lends to programs without one.

    A program that has one is in its background, or it would have been asked there: a
    dialog would take the keys that are typed for another.
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
    """Return *text* for the rest of one line, cut off where that would be too long."""
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
    """What a pinentry answers: *data*, or the number and the words of a *refusal*."""

    data: bytes = field(default=b"", repr=False)
    refusal: tuple[int, str] | None = None


class _Conversation:
    """What is said to the pinentry *child*, and what it answers."""

    def __init__(self, child: Child, name: str, question: Prompt) -> None:
        self._child = child
        self._name = name
        deadline = None if question.deadline is None else question.deadline + _GRACE_SECONDS
        self._lines = self._read(replace(question, deadline=deadline))

    def pin(self, settings: Iterator[str], *, has_terminal: bool) -> str:
        """Return what is typed, after the greeting and the *settings*."""
        self._insisted_on(self._answer())
        for setting in settings:
            self._say(setting)
            self._answer()  # some know fewer settings than others
        if not has_terminal:
            self._insist_on_a_window()
        self._say("GETPIN")
        data = self._insisted_on(self._answer())
        self._say("BYE")
        return data.decode("utf-8", errors="replace")

    def _insist_on_a_window(self) -> None:
        """Refuse a pinentry that asks on a terminal only: without one, it says that its user has cancelled."""
        self._say("GETINFO flavor")
        if self._answer().data in _ON_A_TERMINAL:
            raise CodeSourceError(f"{self._name} could not ask: it needs a terminal", hint=_HINT)

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
                    return _Answer(refusal=(int(number) & 0xFFFF if number.isdecimal() else 0, words))
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

    def _insisted_on(self, answer: _Answer) -> bytes:
        if answer.refusal is None:
            return answer.data
        number, words = answer.refusal
        if number in _CANCELLED:
            raise PromptCancelledError("the question was ended without an answer", hint="run it again and answer")
        if number == _TIMEOUT:
            raise PromptTimeoutError("nobody answered in time", hint="run it again, and answer the question")
        raise CodeSourceError(f"{self._name} could not ask: {words}", hint=_HINT)

    def _read(self, question: Prompt) -> Iterator[bytes]:
        line = b""
        for stream, piece in self._child.pieces(question):
            if stream == "stderr":
                continue
            *whole, line = (line + piece).split(b"\n")
            yield from whole
            if len(line) > _MAX_ANSWER:
                yield line
