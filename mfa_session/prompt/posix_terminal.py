"""A POSIX terminal that is asked for a line: never stopped by it, and left as it was found.

The kernel edits the line (canonical mode), so the keys are those of every other
program. Three things need care:

- A process in the background that reads a terminal, or changes its modes, is stopped
  by SIGTTIN or SIGTTOU, and whoever waits for it hangs. So nobody is asked from there.
- A signal, also the stop of Ctrl-Z, takes effect after the modes have been put back.
  When the process comes back, the question is asked again.
- What was typed ahead is kept. Half an answer, when a question ends without a whole
  one, is thrown away: a shell would take it for a command, and show it.
"""

import os
import select
import signal
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Self

from mfa_session.errors import PersonNeededError, PromptCancelledError, QuestionInterrupt
from mfa_session.prompt.prompt import Prompt

assert sys.platform != "win32"  # noqa: S101  so that a type checker for Windows reads no further

from mfa_session.prompt.deferred_signals import deferred_signals  # noqa: E402  the same goes for it

# A kernel hands on lines of at most 4095 bytes (Linux) or 1023 (macOS); Ctrl-D could put several into one.
_MAX_LINE = 4096

# How long a terminal that takes no text may hold up what is not a question.
_TIMEOUT_SECONDS = 2.0

# Between the terminal that has gone and its SIGHUP, which a shell may have to hand on, on a machine that is busy.
_HANG_UP_SECONDS = 2.0

# A line that was typed ahead into a terminal in raw mode ends with what the Enter key sends.
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
            PersonNeededError: there is none, or this process is in its background.
        """
        try:
            # Not blocking: a write to a terminal that was stopped with Ctrl-S would have no limit.
            terminal = cls(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK))
        except OSError as error:
            raise PersonNeededError("there is no terminal to ask on", hint=_HINT) from error
        try:
            terminal._insist_on_the_foreground()
        except PersonNeededError:
            terminal.close()
            raise
        return terminal

    def close(self) -> None:
        """Close the descriptor."""
        os.close(self._descriptor)

    def write(self, text: str) -> None:
        """Show *text*; a terminal that is gone, or was stopped with Ctrl-S, is not waited for very long."""
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
        self._insist_on_the_foreground()
        while True:
            try:
                with _never_stopped(), deferred_signals() as signals, self._hang_ups_awaited(signals):
                    line = self._ask(question, signals)
            except KeyboardInterrupt:
                raise QuestionInterrupt from None
            if line is not None:
                return line
            # A signal has stopped us, or its handler has let us live. We are back, but perhaps by `bg`.
            while not self._is_ours():
                question.insist_on_being_wanted()
                time.sleep(question.pause)

    def _ask(self, question: Prompt, signals: list[int]) -> str | None:
        """Return the line that is typed, or ``None`` when a signal was noted."""
        line = None
        with self._modes(secret=question.secret):
            # A line that was typed ahead was echoed ahead, its newline too.
            newline_is_missing = question.secret or _is_readable(self._descriptor)
            try:
                if self._show(question, signals):
                    line = self._line(question, signals)
            finally:
                if line is None:
                    self._throw_input_away()
                if line is None or newline_is_missing:
                    self._write("\n", deadline=0)
        return line

    def _show(self, question: Prompt, signals: list[int]) -> bool:
        """Show the question, and tell whether it was shown before a signal was noted."""
        left = _encoded(question.text)
        while left and self._may_go_on(question, signals):
            if select.select(signals, [self._descriptor], [], question.pause)[1]:
                with suppress(OSError):  # no room, or no terminal any more: the next look tells
                    left = left[os.write(self._descriptor, left) :]
        return not left

    def _line(self, question: Prompt, signals: list[int]) -> str | None:
        line = b""
        while self._may_go_on(question, signals):
            piece = None
            if _is_readable(self._descriptor, *signals, seconds=question.pause):
                with suppress(OSError):  # nothing to read, or the terminal was taken: the next look tells
                    piece = os.read(self._descriptor, _MAX_LINE)
            if piece is None:
                continue
            if piece == b"":
                self._insist_on_the_foreground()  # a terminal that has gone reads as if Ctrl-D were pressed
            if piece == b"" and not line:
                raise PromptCancelledError("the question was ended without an answer", hint="run it again and answer")
            line = (line + piece.rstrip(b"\r\n"))[:_MAX_LINE]
            if piece == b"" or piece.endswith(_LINE_ENDS):
                return line.decode(sys.getfilesystemencoding(), errors="replace")
        return None

    def _may_go_on(self, question: Prompt, signals: list[int]) -> bool:
        """Tell whether no signal was noted, and raise where there is no point in asking any longer."""
        # In this order: a stop is noted before a shell can take the terminal.
        ours = self._is_ours()
        if _is_readable(*signals):
            return False
        if not ours:
            raise PersonNeededError("the terminal was taken while we asked", hint=_HINT)
        question.insist_on_being_wanted()
        return True

    @contextmanager
    def _hang_ups_awaited(self, signals: list[int]) -> Iterator[None]:
        """Let the signal of a hang-up come: the kernel takes the terminal away a moment before it sends it."""
        try:
            yield
        except PersonNeededError:
            if self._has_gone() and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
                _is_readable(*signals, seconds=_HANG_UP_SECONDS)
            raise

    @contextmanager
    def _modes(self, *, secret: bool) -> Iterator[None]:
        """Have the modes for a question inside the block, and those of before after it."""
        before = self._attributes()
        asking = _attributes_for_a_question(before, secret=secret)
        try:
            self._change(asking)
            yield
        finally:
            with suppress(PersonNeededError):  # it has gone, and its modes too
                # A shell that has taken the terminal has set modes of its own; if they are still ours, nobody has.
                if self._is_ours() or self._attributes() == asking:
                    self._change(before)

    def _attributes(self) -> list[Any]:
        try:
            return termios.tcgetattr(self._descriptor)
        except termios.error as error:
            raise _gone() from error

    def _change(self, attributes: list[Any]) -> None:
        """Change the modes now: not waiting for a terminal stopped with Ctrl-S, nor flushing what was typed ahead."""
        try:
            termios.tcsetattr(self._descriptor, termios.TCSANOW, attributes)
        except termios.error as error:
            raise _gone() from error

    def _throw_input_away(self) -> None:
        with suppress(termios.error, PersonNeededError):
            if self._is_ours():
                termios.tcflush(self._descriptor, termios.TCIFLUSH)

    def _is_ours(self) -> bool:
        """Tell whether this process is in the foreground of the terminal."""
        try:
            return os.tcgetpgrp(self._descriptor) == os.getpgrp()
        except OSError as error:
            raise _gone() from error

    def _has_gone(self) -> bool:
        try:
            self._is_ours()
        except PersonNeededError:
            return True
        return False

    def _insist_on_the_foreground(self) -> None:
        if not self._is_ours():
            raise PersonNeededError("nobody can be asked by a program in the background", hint=_HINT)


def _encoded(text: str) -> bytes:
    return text.encode(sys.getfilesystemencoding(), errors="replace")


def _gone() -> PersonNeededError:
    return PersonNeededError("the terminal has gone", hint=_HINT)


def _attributes_for_a_question(before: list[Any], *, secret: bool) -> list[Any]:
    """Return *before* with the echo off where the answer is *secret*, and lines where a program has left raw mode."""
    input_, output, control, local, *rest = before
    if not (local & termios.ICANON and local & termios.ISIG):
        input_ |= termios.ICRNL
        output |= termios.OPOST | termios.ONLCR
        local |= termios.ICANON | termios.ISIG | termios.ECHO | termios.ECHOE | termios.ECHOK
    if secret:
        local &= ~(termios.ECHO | termios.ECHONL)
    return [input_, output, control, local, *rest]


def _is_readable(*descriptors: int, seconds: float = 0) -> bool:
    # Not poll: that of macOS does not know terminals.
    return bool(select.select(descriptors, [], [], seconds)[0])


@contextmanager
def _never_stopped() -> Iterator[None]:
    """Hold the signals back that stop a process in the background for touching its terminal."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTIN, signal.SIGTTOU})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
