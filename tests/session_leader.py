"""The leader of a session with a terminal: what a shell is to the programs a person starts, without a word of its own.

``tests/terminal.py`` starts it as ``session_leader.py TERMINAL_NAME CONTROL_DESCRIPTOR``, in a session of its own.
Requests and events are JSON objects, one a line, on the control socket. A program gets a process group, and the
terminal where it runs in the foreground; when it stops or ends, the terminal is taken back, as a shell does. When
the socket ends, everything in the session is killed, so that nothing outlives a test that crashed.

Every test with a terminal waits for this to start: it runs without site-packages, and imports little.
"""

import contextlib
import fcntl
import json
import os
import select
import signal
import socket
import sys
import termios
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

# A shell is not stopped or ended by the keys that stop and end its programs.
NOT_FOR_A_SHELL = (signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU)
# Ignored by the Python interpreter; a program gets them as a shell would hand them on.
IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)

Request = dict[str, Any]


class SessionLeader:
    """The session whose leader this process is, and the programs it started."""

    def __init__(self, terminal: int, control: socket.socket) -> None:
        self._terminal = terminal
        self._control = control
        self._groups: dict[int, int] = {}

    def serve(self, wakeups: int) -> None:
        """Do as the control socket asks, until it ends."""
        asked = b""
        streams: list[int] = []
        while True:
            readable, _, _ = select.select([self._control.fileno(), wakeups], [], [])
            if wakeups in readable:
                self._hear_of(set(os.read(wakeups, 4096)))
            if self._control.fileno() in readable:
                try:
                    heard, descriptors, _, _ = socket.recv_fds(self._control, 65536, 3)
                except ConnectionResetError:  # closed with an event of ours unread
                    return
                if not heard:
                    return
                asked += heard
                streams += descriptors
                if asked.endswith(b"\n"):
                    self._do(json.loads(asked), streams)
                    asked, streams = b"", []

    def _hear_of(self, signals: set[int]) -> None:
        if signal.SIGHUP in signals:
            for group in set(self._groups.values()):
                _signal_group(group, signal.SIGHUP)
        for program, status in _changes():
            if os.WIFSTOPPED(status):
                self._take_the_terminal_back(self._groups[program])
                self._tell(program=program, stopped=os.WSTOPSIG(status))
            else:
                group = self._groups.pop(program)
                if group not in self._groups.values():
                    self._take_the_terminal_back(group)
                self._tell(program=program, ended=os.waitstatus_to_exitcode(status))

    def _do(self, request: Request, streams: list[int]) -> None:
        match request:
            case {"start": command}:
                self._tell(started=self._start(command, request, streams))
            case {"resume": program, "foreground": foreground}:
                group = self._groups[program]
                os.tcsetpgrp(self._terminal, group if foreground else os.getpgrp())
                _signal_group(group, signal.SIGCONT)
                self._tell(resumed=program)

    def _start(self, command: list[str], request: Request, streams: list[int]) -> int:
        has_begun, begins = os.pipe()  # the writing end closes itself at exec
        program = os.fork()
        if program == 0:
            self._become(command, request, streams)
        with contextlib.suppress(PermissionError, ProcessLookupError):  # it was quicker, and is what it becomes
            self._join(program, request["group"] or program, foreground=request["foreground"])
        for descriptor in (begins, *streams):
            os.close(descriptor)
        os.read(has_begun, 1)
        os.close(has_begun)
        self._groups[program] = request["group"] or program
        return program

    def _join(self, program: int, group: int, *, foreground: bool) -> None:
        """Put a program into its group; done by both sides of a fork, because either may be the first."""
        os.setpgid(program, group)
        if foreground:
            os.tcsetpgrp(self._terminal, os.getpgid(program))

    def _become(self, command: list[str], request: Request, streams: list[int]) -> NoReturn:
        try:
            self._join(0, request["group"], foreground=request["foreground"])
            signal.set_wakeup_fd(-1)
            for number in (*NOT_FOR_A_SHELL, *IGNORED_BY_PYTHON, signal.SIGHUP, signal.SIGCHLD):
                signal.signal(number, signal.SIG_DFL)
            for standard, descriptor in enumerate(streams):
                os.dup2(descriptor, standard)
            for standard in request["closed"]:
                os.close(standard)
            os.chdir(request["directory"])
            os.execvpe(command[0], command, request["environment"])
        except OSError as error:
            os.write(self._terminal, f"cannot start {command[0]}: {error}\n".encode())
        finally:
            os._exit(127)

    def _tell(self, **event: int) -> None:
        with contextlib.suppress(BrokenPipeError):
            self._control.sendall(json.dumps(event).encode() + b"\n")

    def _take_the_terminal_back(self, group: int) -> None:
        with contextlib.suppress(OSError):  # the terminal may have hung up
            if os.tcgetpgrp(self._terminal) == group:
                os.tcsetpgrp(self._terminal, os.getpgrp())

    def end(self) -> None:
        """Kill whatever is in the session, and wait for what was started here."""
        for process in _everybody():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                if process != os.getpid() and os.getsid(process) == os.getpid():
                    os.kill(process, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while True:
                os.wait()


def _changes() -> Iterator[tuple[int, int]]:
    """Yield the children that have stopped or ended, with their status."""
    with contextlib.suppress(ChildProcessError):
        while (change := os.waitpid(-1, os.WNOHANG | os.WUNTRACED))[0]:
            yield change


def _signal_group(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)


def _everybody() -> list[int]:
    if (processes := Path("/proc/self")).exists():
        return [int(entry.name) for entry in processes.parent.iterdir() if entry.name.isdecimal()]
    return [int(number) for number in os.popen("ps -A -o pid=").read().split()]


def _take(terminal_name: str) -> int:
    """Make a terminal the controlling one of this session, and return a descriptor of it."""
    terminal = os.open(terminal_name, os.O_RDWR)
    with contextlib.suppress(OSError):  # Linux has done it at the opening
        fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
    return terminal


def main() -> None:
    terminal_name, control = sys.argv[1:]
    for number in NOT_FOR_A_SHELL:
        signal.signal(number, signal.SIG_IGN)
    wakeups, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker)
    for number in (signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, lambda *_: None)
    leader = SessionLeader(_take(terminal_name), socket.socket(fileno=int(control)))
    try:
        leader.serve(wakeups)
    finally:
        leader.end()


if __name__ == "__main__":
    main()
