"""Ask a question on a POSIX terminal, and leave the terminal as it was found.

The kernel edits the line (canonical mode), so the editing keys are the usual ones. Three
things need care:

- A background process that reads a terminal, or changes its modes, is stopped by SIGTTIN
  or SIGTTOU, and its caller hangs. So the prompt is refused there.
- A signal, also the stop of Ctrl-Z, takes effect after the modes have been restored. When
  the process resumes, the question is asked again.
- What was typed ahead is kept. Half an answer, when a question ends without a whole one,
  is discarded: a shell would show it and run it as a command.
"""

import os
import select
import signal
import stat
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Self

from mfa_session.errors import PersonNeededError, QuestionInterrupt, ReaderGoneError
from mfa_session.prompt.prompt import Prompt, cancelled

assert sys.platform != "win32"  # noqa: S101  so that a type checker for Windows reads no further

from mfa_session.prompt.deferred_signals import deferred_signals  # noqa: E402  the same goes for it

# A kernel hands on lines of at most 4095 bytes (Linux) or 1023 (macOS); Ctrl-D could put several into one.
_MAX_LINE = 4096

# How long to wait for a terminal that takes no text, such as one stopped with Ctrl-S.
_TIMEOUT_SECONDS = 2.0

# Between the end of the terminal and its SIGHUP, which a shell may have to forward on a busy machine.
_HANG_UP_SECONDS = 2.0

# A line that was typed ahead in raw mode ends with what the Enter key sends.
_LINE_ENDS = (b"\n", b"\r")

_HINT = "run it in the foreground of a terminal"


class PosixTerminal:
    """The controlling terminal, with a descriptor of its own."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def open(cls) -> Self:
        """Return the controlling terminal.

        Raises:
            PersonNeededError: there is none, or this process runs in its background.
        """
        try:
            # Not blocking: a write to a terminal that was stopped with Ctrl-S would have no limit.
            terminal = cls(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK))
        except OSError as error:
            raise PersonNeededError("there is no terminal to ask on", hint=_HINT) from error
        try:
            terminal._check_foreground()
        except PersonNeededError:
            terminal.close()
            raise
        return terminal

    def close(self) -> None:
        """Close the descriptor."""
        os.close(self._descriptor)

    def write(self, text: str) -> None:
        """Show *text*; give up soon if the terminal is closed, or stopped with Ctrl-S."""
        self._write(text, deadline=_TIMEOUT_SECONDS)

    def _write(self, text: str, *, deadline: float) -> None:
        left = _encoded(text)
        with _never_stopped(), suppress(OSError):
            while left and select.select([], [self._descriptor], [], deadline)[1]:
                left = left[os.write(self._descriptor, left) :]

    def read_line(self, question: Prompt) -> str:
        """Show *question* and return the line that is typed.

        Raises:
            As :meth:`mfa_session.prompt.terminal.Terminal.ask` does.
        """
        self._check_foreground()
        while True:
            try:
                with _never_stopped(), deferred_signals() as signals, self._waiting_for_sighup(signals):
                    line = self._ask(question, signals)
            except KeyboardInterrupt:
                raise QuestionInterrupt from None
            if line is not None:
                return line
            # A signal has stopped this process, or was handled. It has resumed, but perhaps by `bg`.
            while not self._is_ours():
                question.check_still_wanted()
                time.sleep(question.pause)

    def _ask(self, question: Prompt, signals: list[int]) -> str | None:
        """Return the line that is typed, or ``None`` if a signal came."""
        line = None
        with self._modes(secret=question.secret):
            # A line that was typed ahead was echoed then, with its newline.
            newline_is_missing = question.secret or _is_readable(self._descriptor)
            try:
                if self._show(question, signals):
                    line = self._line(question, signals)
            finally:
                if line is None:
                    self._discard_input()
                if line is None or newline_is_missing:
                    self._write("\n", deadline=0)
        return line

    def _show(self, question: Prompt, signals: list[int]) -> bool:
        """Show the question, and tell whether all of it was shown before a signal came."""
        left = _encoded(question.text)
        while left and self._may_go_on(question, signals):
            if select.select(signals, [self._descriptor], [], question.pause)[1]:
                with suppress(OSError):  # no room, or closed: the next look tells
                    left = left[os.write(self._descriptor, left) :]
        return not left

    def _line(self, question: Prompt, signals: list[int]) -> str | None:
        line = b""
        reader = _reader_pipe(question)
        while self._may_go_on(question, signals):
            piece = None
            if _is_readable(self._descriptor, *signals, *reader, seconds=question.pause):
                with suppress(OSError):  # nothing to read, or taken: the next look tells
                    piece = os.read(self._descriptor, _MAX_LINE)
            if piece is None:
                continue
            if piece == b"":
                self._check_foreground()  # a closed terminal reads like Ctrl-D
            if piece == b"" and not line:
                raise cancelled()
            line = (line + piece.rstrip(b"\r\n"))[:_MAX_LINE]
            if piece == b"" or piece.endswith(_LINE_ENDS):
                return line.decode(sys.getfilesystemencoding(), errors="replace")
        return None

    def _may_go_on(self, question: Prompt, signals: list[int]) -> bool:
        """Tell whether no signal came; raise if the answer is no longer wanted."""
        # In this order: a stop is noted before a shell can take the terminal.
        ours = self._is_ours()
        if _is_readable(*signals):
            return False
        if not ours:
            question.check_still_wanted()  # a shell takes the terminal when its job, the reader, has exited
            raise PersonNeededError("another program took the terminal during the prompt", hint=_HINT)
        try:
            question.check_still_wanted()
        except ReaderGoneError:
            if not _is_readable(self._descriptor):  # a code that was typed can still finish the login
                raise
        return True

    @contextmanager
    def _waiting_for_sighup(self, signals: list[int]) -> Iterator[None]:
        """Wait for SIGHUP when the terminal was closed: the kernel sends it a moment later."""
        try:
            yield
        except PersonNeededError:
            if self._is_closed() and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
                _is_readable(*signals, seconds=_HANG_UP_SECONDS)
            raise

    @contextmanager
    def _modes(self, *, secret: bool) -> Iterator[None]:
        """Set the modes for a question inside the block, and restore them after it."""
        before = self._attributes()
        asking = _attributes_for_a_question(before, secret=secret)
        if asking == before:
            yield
            return
        try:
            self._change(asking)
            yield
        finally:
            with suppress(PersonNeededError):  # it is closed, and its modes are gone
                # A shell that has taken the terminal may have set modes of its own; these stay.
                if self._is_ours() or self._attributes() == asking:
                    self._change(before)

    def _attributes(self) -> list[Any]:
        try:
            return termios.tcgetattr(self._descriptor)
        except termios.error as error:
            raise _closed() from error

    def _change(self, attributes: list[Any]) -> None:
        """Change the modes now: no wait for a terminal stopped with Ctrl-S, no flush of what was typed ahead."""
        try:
            termios.tcsetattr(self._descriptor, termios.TCSANOW, attributes)
        except termios.error as error:
            raise _closed() from error

    def _discard_input(self) -> None:
        with suppress(termios.error, PersonNeededError):
            if self._is_ours():
                termios.tcflush(self._descriptor, termios.TCIFLUSH)

    def _is_ours(self) -> bool:
        """Tell whether this process is in the foreground of the terminal."""
        try:
            return os.tcgetpgrp(self._descriptor) == os.getpgrp()
        except OSError as error:
            raise _closed() from error

    def _is_closed(self) -> bool:
        try:
            self._is_ours()
        except PersonNeededError:
            return True
        return False

    def _check_foreground(self) -> None:
        if not self._is_ours():
            raise PersonNeededError("a program in the background cannot prompt", hint=_HINT)


def _encoded(text: str) -> bytes:
    return text.encode(sys.getfilesystemencoding(), errors="replace")


def _closed() -> PersonNeededError:
    return PersonNeededError("the terminal was closed", hint=_HINT)


def _attributes_for_a_question(before: list[Any], *, secret: bool) -> list[Any]:
    """Return *before* without echo if the answer is *secret*, and in canonical mode if a program left raw mode."""
    input_, output, control, local, *rest = before
    if not (local & termios.ICANON and local & termios.ISIG):
        input_ |= termios.ICRNL
        output |= termios.OPOST | termios.ONLCR
        local |= termios.ICANON | termios.ISIG | termios.ECHO | termios.ECHOE | termios.ECHOK
    if secret:
        local &= ~(termios.ECHO | termios.ECHONL)
    return [input_, output, control, local, *rest]


def _reader_pipe(question: Prompt) -> list[int]:
    """Return the pipe that the answer goes to, which becomes readable when its reader exits.

    To notice at once matters: a shell takes over the modes that it finds when its job ends.
    """
    descriptor = question.reader_fd
    if descriptor is None or sys.platform != "linux" or not stat.S_ISFIFO(os.fstat(descriptor).st_mode):
        return []
    return [descriptor]


def _is_readable(*descriptors: int, seconds: float = 0) -> bool:
    # Not poll: that of macOS does not know terminals.
    return bool(select.select(descriptors, [], [], seconds)[0])


@contextmanager
def _never_stopped() -> Iterator[None]:
    """Block the signals that stop a background process for touching its terminal."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTIN, signal.SIGTTOU})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
