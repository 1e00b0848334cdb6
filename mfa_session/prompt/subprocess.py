"""Run a program for one answer, and kill it with all its children when the answer is no longer wanted.

It runs without a shell and without our descriptors, in a session of its own, so that it
cannot read our terminal. Access keys and passphrases are removed from its environment.
"""

import contextlib
import errno
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Literal, TypeAlias

from mfa_session.errors import CodeSourceError
from mfa_session.prompt.prompt import Prompt
from mfa_session.system.commands import find_program, words_of

Stream: TypeAlias = Literal["stdout", "stderr"]

# No console window opens on the desktop of Windows.
if sys.platform == "win32":
    _FLAGS = subprocess.CREATE_NO_WINDOW
    _undisturbed = contextlib.nullcontext
else:
    from mfa_session.prompt.deferred_signals import deferred_signals as _undisturbed

    _FLAGS = 0

# Access keys in the environment are often the long-term ones.
_KEYS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_ACCESS_KEY",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SECRET_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
)
_PASSPHRASES = "MFA_SESSION_PASSPHRASE"

# Long enough to put a terminal back as it was.
_FAREWELL_SECONDS = 0.5

# A pipe's usual capacity: no more than this can come in one piece.
_MAX_PIECE = 65536


@contextlib.contextmanager
def started(
    command: Sequence[str] | str, *, name: str, hint: str, environ: Mapping[str, str], listens: bool = False
) -> "Iterator[Child]":
    """Start *command*, and kill it when the block is left, or when a signal ends this process.

    *command* is a string on Windows only, whose programs parse their command line themselves.
    With *listens* it gets a standard input.

    Raises:
        CodeSourceError: it cannot be started, with its *name* and the *hint*.
    """
    children: list[Child] = []
    with _ended_with_us(children):
        try:
            # Ctrl-C during the start would leave the child running.
            with _undisturbed():
                children.append(_start(command, name=name, hint=hint, environ=environ, listens=listens))
            yield children[0]
        finally:
            for child in children:
                child.end()


def _start(command: Sequence[str] | str, *, name: str, hint: str, environ: Mapping[str, str], listens: bool) -> "Child":
    try:
        return Child(command, environ, listens=listens)
    except OSError as error:
        reason = (error.strerror or "unknown error").lower()
        raise CodeSourceError(f"{name} cannot be run: {reason}", hint=hint) from error
    except ValueError:
        # The original error quotes the command, which may hold a secret.
        raise CodeSourceError(f"{name} cannot be run: there is a NUL in its command", hint=hint) from None


def _executable(command: Sequence[str] | str, environ: Mapping[str, str]) -> str | None:
    """Return the file to run; Windows alone would also look in the current folder.

    Raises:
        FileNotFoundError: there is none.
    """
    if sys.platform != "win32":
        return None
    words = words_of(command) if isinstance(command, str) else command
    if (program := find_program(words[0], environ)) is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    return program


class Child:
    """The running program."""

    def __init__(self, command: Sequence[str] | str, environ: Mapping[str, str], *, listens: bool) -> None:
        self._process = subprocess.Popen(
            command,
            executable=_executable(command, environ),
            env={name: value for name, value in environ.items() if name not in _KEYS and _PASSPHRASES not in name},
            stdin=subprocess.PIPE if listens else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
            creationflags=_FLAGS,
        )
        self._came: queue.SimpleQueue[tuple[Stream, bytes]] = queue.SimpleQueue()
        # A thread for each: Windows cannot wait for two pipes at once.
        self._read(self._process.stdout, "stdout")
        self._read(self._process.stderr, "stderr")

    @property
    def exit_code(self) -> int | None:
        """The exit code, or the negative number of the signal that ended it; ``None`` while it runs."""
        return self._process.poll()

    def hear(self, text: bytes) -> None:
        """Write *text* to its standard input; ignore that it has closed it."""
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.write(text)

    def pieces(self, question: Prompt) -> Iterator[tuple[Stream, bytes]]:
        """Yield what it writes until it has ended; raise as `Prompt.check_still_wanted` does.

        Children that it leaves running in the background are not waited for.
        """
        writing = 2
        while writing:
            question.check_still_wanted()
            has_ended = self.exit_code is not None
            try:
                stream, piece = self._came.get(timeout=question.pause)
            except queue.Empty:
                if has_ended:
                    return
                continue
            if piece:
                yield stream, piece
            else:
                writing -= 1
        while self.exit_code is None:
            question.check_still_wanted()
            self._wait(question.pause)

    def end(self) -> None:
        """Kill it, if it still runs, with its whole process group (on Windows, alone)."""
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
            self._wait(_FAREWELL_SECONDS)  # it ends by itself at the end of its input
        if self.exit_code is not None:
            return
        self._signal(signal.SIGTERM)
        self._wait(_FAREWELL_SECONDS)
        if sys.platform != "win32":
            self._signal(signal.SIGKILL)  # the group may outlive its leader
        # One that runs as another user, as `sudo` does, cannot be killed, and is not waited for.
        self._wait(_FAREWELL_SECONDS)

    def _read(self, pipe: IO[bytes] | None, stream: Stream) -> None:
        assert pipe is not None  # noqa: S101  it was asked for

        def read() -> None:
            with pipe:
                while piece := pipe.read(_MAX_PIECE):
                    self._came.put((stream, piece))
            self._came.put((stream, b""))

        threading.Thread(target=read, daemon=True).start()

    def _signal(self, number: signal.Signals) -> None:
        if sys.platform == "win32":
            self._process.kill()
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    def _wait(self, seconds: float) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)


@contextlib.contextmanager
def _ended_with_us(children: Sequence[Child]) -> Iterator[None]:
    """Kill *children* before a signal ends this process: their session has no terminal whose hang-up would."""
    if sys.platform == "win32" or threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [number for number in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(number) is signal.SIG_DFL]

    def end(number: int, _: object) -> None:
        for child in children:
            child.end()
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)

    for number in numbers:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)
