"""A program that was started in a terminal: where its streams lead, what it wrote, and how it ended."""

import enum
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

# How long a busy machine may take for what takes milliseconds on an idle one.
TIMEOUT_SECONDS = 20.0


class Stream(enum.Enum):
    """Where a standard stream of a program leads, if not to a descriptor."""

    TERMINAL = enum.auto()
    PIPE = enum.auto()
    NULL = enum.auto()
    CLOSED = enum.auto()


class Terminal(Protocol):
    """What a program needs of the terminal that it was started in."""

    def wait_until(self, condition: Callable[[], bool], what: str, *, timeout: float = TIMEOUT_SECONDS) -> None:
        """Wait until *condition* holds."""

    def read_all_output(self) -> None:
        """Read whatever the programs that have ended wrote."""

    def request(self, **words: Any) -> None:
        """Ask the leader of the session for something it does for the programs."""


@dataclass(eq=False)
class Program:
    """A program that was started in a terminal.

    *stdin* is our end of the pipe that leads there, or ``None``; the test may write to it, and closes it with
    ``close_stdin``.
    """

    terminal: Terminal
    pid: int
    stdin: int | None = None
    exit_code: int | None = None
    stopped_by: signal.Signals | None = None
    is_resumed: bool = False
    out: bytearray = field(default_factory=bytearray)
    err: bytearray = field(default_factory=bytearray)

    @property
    def stdout(self) -> bytes:
        """What came through the pipe on its standard output so far."""
        return bytes(self.out)

    @property
    def stderr(self) -> bytes:
        """What came through the pipe on its standard error so far."""
        return bytes(self.err)

    def wait(self, *, timeout: float = TIMEOUT_SECONDS) -> int:
        """Return the exit code, or the negative number of the signal that ended it, when all its output has come."""
        self.terminal.wait_until(lambda: self.exit_code is not None, f"the end of {self.pid}", timeout=timeout)
        self.terminal.read_all_output()
        assert self.exit_code is not None
        return self.exit_code

    def wait_until_stopped(self, *, timeout: float = TIMEOUT_SECONDS) -> signal.Signals:
        """Return the signal that stopped it, when it is stopped."""
        self.terminal.wait_until(lambda: self.stopped_by is not None, f"{self.pid} to be stopped", timeout=timeout)
        assert self.stopped_by is not None
        return self.stopped_by

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to this process alone; a key reaches the whole foreground group."""
        os.kill(self.pid, number)

    def resume(self, *, foreground: bool) -> None:
        """Continue it, as a shell's ``fg`` and ``bg`` do."""
        self.stopped_by = None
        self.is_resumed = False
        self.terminal.request(resume=self.pid, foreground=foreground)
        self.terminal.wait_until(lambda: self.is_resumed, f"{self.pid} to be resumed")

    def close_stdin(self) -> None:
        """Let the program see the end of its standard input, where that is a pipe."""
        if self.stdin is not None:
            os.close(self.stdin)
            self.stdin = None
