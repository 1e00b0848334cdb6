r"""A terminal with programs in it, driven as a person would.

    with PseudoTerminal(home=tmp_path) as terminal:
        login = terminal.run("mfa-session", "login")
        terminal.expect("MFA code")
        terminal.type("123456\n")
        assert login.wait() == 0

The programs have a real pseudo terminal as their controlling one, in a session led by ``session_leader.py``: job
control works, so they can be stopped, resumed, put into the background, and hung up on. Nothing is waited for by
sleeping, and every wait has a limit. Leaving the ``with`` block kills whatever still runs in the session.
"""

import codecs
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, Self

import pyte

from tests.clean_environment import clean_environment
from tests.terminal_modes import Modes, set_modes
from tests.terminal_program import TIMEOUT_SECONDS, Program, Stream

__all__ = ["LOOK_SECONDS", "TIMEOUT_SECONDS", "Cell", "Program", "PseudoTerminal", "Stream"]

# How often to look at what nothing tells of.
LOOK_SECONDS = 0.05

SESSION_LEADER = Path(__file__).with_name("session_leader.py")

# Colours, cursor movements, titles and mode switches (ECMA-48), and the beginning of one that has not arrived whole.
ESCAPE_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*(?:[@-~]|$)|\][^\x07\x1b]*(?:\x07|\x1b\\|$)|[ -/]*[0-~]|$)")

# Terminals ignore NUL. We write one when a program has ended: what the program wrote comes before it.
NUL = b"\0"


class Cell(NamedTuple):
    """One place on a screen: its character, and its colours as pyte names them, or in six hexadecimal digits."""

    character: str
    letter: str
    ground: str


class PseudoTerminal:
    """A terminal of *rows* and *columns*, whose programs have *home* as their home.

    *raw* is every byte that came from the programs so far.
    """

    def __init__(self, home: Path, *, rows: int = 24, columns: int = 80) -> None:
        self.raw = b""
        self.home = home
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._decoded = ""
        self._expected_so_far = 0
        self._marks = 0
        self._display = pyte.Screen(columns, rows)
        self._display_stream = pyte.ByteStream(self._display)
        self._programs: dict[int, Program] = {}
        self._newest: Program | None = None
        self._pipes: dict[int, bytearray] = {}
        self._events = b""
        self._person, line = os.openpty()
        os.set_blocking(self._person, False)
        # A description of our own: programs share *line*, and one of them may change its blocking.
        self._line = os.open(os.ttyname(line), os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        os.close(line)
        self._name = os.ttyname(self._line)
        termios.tcsetwinsize(self._line, (rows, columns))
        self._control, theirs = socket.socketpair()
        with theirs:
            self._leader = subprocess.Popen(
                [sys.executable, "-I", "-S", SESSION_LEADER, self._name, str(theirs.fileno())],
                start_new_session=True,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env=clean_environment(home),
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._control.close()
        self._leader.wait(TIMEOUT_SECONDS)
        self.hang_up()
        os.close(self._line)
        for pipe in self._pipes:
            os.close(pipe)
        for program in self._programs.values():
            program.close_stdin()

    def run(
        self,
        *command: str | Path,
        stdin: Stream | int = Stream.TERMINAL,
        stdout: Stream | int = Stream.TERMINAL,
        stderr: Stream | int = Stream.TERMINAL,
        foreground: bool = True,
        beside: Program | None = None,
        directory: Path | None = None,
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> Program:
        """Start *command* with a clean environment, and *environment* on top.

        A stream may be a descriptor, which stays the caller's. *beside* another program
        means in its process group, as in a pipeline. In the background means without the
        terminal, as after a shell's ``&``.
        """
        theirs: list[int] = []
        ours: list[int | None] = []
        for standard, stream in enumerate((stdin, stdout, stderr)):
            their_end, our_end = self._ends(standard, stream)
            theirs.append(their_end)
            ours.append(our_end)
        self._newest = None
        self.request(
            theirs,
            start=[str(word) for word in command],
            environment=clean_environment(self.home, **{"TERM": "xterm-256color", **environment}),
            directory=str(directory or self.home),
            closed=[n for n, stream in enumerate((stdin, stdout, stderr)) if stream is Stream.CLOSED],
            group=beside.pid if beside else 0,
            foreground=foreground,
        )
        for descriptor in theirs:
            os.close(descriptor)
        self.wait_until(lambda: self._newest is not None, f"the start of {command[0]}")
        program = self._newest
        assert program is not None
        program.stdin = ours[0]
        self._pipes |= {
            pipe: came for pipe, came in zip(ours[1:], (program.out, program.err), strict=True) if pipe is not None
        }
        return program

    def shell(self) -> Program:
        """Start a shell with job control, and wait for its prompt, ``$``."""
        quiet = {"PS1": "$ ", "HISTFILE": "", "BASH_SILENCE_DEPRECATION_WARNING": "1"}
        shell = self.run("bash", "--norc", "--noprofile", "--noediting", "-i", environment=quiet)
        self.expect("$ ")
        return shell

    def expect(self, wanted: str | re.Pattern[str], *, timeout: float = TIMEOUT_SECONDS) -> re.Match[str]:
        """Wait for text that was not yet expected; what comes before it is skipped.

        It is searched for in what the programs wrote, without escape sequences and with
        plain line ends, so that neither colour nor the width of the terminal matters.
        """
        pattern = re.compile(re.escape(wanted)) if isinstance(wanted, str) else wanted

        def is_decided() -> bool:
            if not (running := self._something_runs()):
                self.read_all_output()
            return pattern.search(self.text, self._expected_so_far) is not None or not running

        self.wait_until(is_decided, repr(pattern.pattern), timeout=timeout)
        match = pattern.search(self.text, self._expected_so_far)
        assert match, f"the programs have ended without {pattern.pattern!r}\n{self}"
        self._expected_so_far = match.end()
        return match

    def expect_on_screen(self, wanted: str | re.Pattern[str], *, timeout: float = TIMEOUT_SECONDS) -> re.Match[str]:
        """Wait until the screen shows *wanted*, for programs that draw instead of writing lines."""
        pattern = re.compile(re.escape(wanted)) if isinstance(wanted, str) else wanted
        self.wait_until(lambda: pattern.search(self.screen) is not None, repr(pattern.pattern), timeout=timeout)
        match = pattern.search(self.screen)
        assert match
        return match

    @property
    def text(self) -> str:
        """All that the programs wrote, without escape sequences and with plain line ends."""
        return ESCAPE_SEQUENCE.sub("", self._decoded).replace("\r\n", "\n")

    @property
    def screen(self) -> str:
        """What a person sees now, without the blanks at the end of each line and the empty lines at the end."""
        self._wait_for_something(0)
        return "\n".join(line.rstrip() for line in self._display.display).rstrip()

    @property
    def cells(self) -> list[list[Cell]]:
        """What a person sees now, cell by cell."""
        self._wait_for_something(0)
        return [
            [Cell(cell.data, cell.fg, cell.bg) for cell in (line[column] for column in range(self._display.columns))]
            for line in (self._display.buffer[row] for row in range(self._display.lines))
        ]

    def __str__(self) -> str:
        return "\n".join(("the screen shows:", *(f"  | {line}" for line in self.screen.splitlines())))

    def type(self, text: str | bytes) -> None:
        """Type *text*; a newline in it is the Enter key."""
        keys = text.encode() if isinstance(text, str) else text
        left = keys.replace(b"\n", b"\r")

        def is_typed() -> bool:
            nonlocal left
            try:
                left = left[os.write(self._person, left) :]
            except BlockingIOError:
                return False
            return not left

        self.wait_until(is_typed, "the programs to take what is typed", room_in=self._person)

    def press(self, key: str) -> None:
        """Press a control key, named with a caret: ``^C``, ``^D``, ``^Z``, ``^U``, ``^?`` for Backspace."""
        assert len(key) == 2 and key[0] == "^", key
        self.type(bytes([ord(key[1]) ^ 0x40]))

    def modes(self) -> Modes:
        """Return the modes that the terminal is in now."""
        return Modes.of(self._line)

    def set_modes(self, *, echo: bool = True, canonical: bool = True) -> None:
        """Put the terminal into modes that a program may find it in."""
        set_modes(self._line, echo=echo, canonical=canonical)

    def resize(self, rows: int, columns: int) -> None:
        """Change the size, as a person who drags a window's corner."""
        self._display.resize(rows, columns)
        termios.tcsetwinsize(self._person, (rows, columns))

    def hang_up(self) -> None:
        """Close the window, or lose the connection."""
        if self._person >= 0:
            os.close(self._person)
            self._person = -1

    def wait_until(
        self,
        condition: Callable[[], bool],
        what: str,
        *,
        timeout: float = TIMEOUT_SECONDS,
        room_in: int | None = None,
    ) -> None:
        """Wait until *condition* holds; look again whenever a program wrote something, stopped or ended.

        Nothing tells of a change of modes, so it is looked at now and then in any case.
        *room_in* is a descriptor that something is to be written to.
        """
        deadline = time.monotonic() + timeout
        while not condition():
            left = deadline - time.monotonic()
            assert left > 0, f"waited {timeout} s for {what}\n{self}"
            self._wait_for_something(min(left, LOOK_SECONDS), room_in=room_in)

    def read_all_output(self) -> None:
        """Read whatever the programs that have ended wrote."""
        if self._person >= 0:
            marks = self._marks + 1
            self.wait_until(self._mark, "room in the terminal", room_in=self._line)
            self.wait_until(lambda: self._marks >= marks, "the output to arrive")
        while self._wait_for_something(0):
            pass

    def request(self, descriptors: list[int] | None = None, **words: Any) -> None:
        """Ask the leader of the session for something it does for the programs."""
        socket.send_fds(self._control, [json.dumps(words).encode() + b"\n"], descriptors or [])

    def _mark(self) -> bool:
        try:
            return os.write(self._line, NUL) == 1
        except BlockingIOError:
            return False

    def _something_runs(self) -> bool:
        return any(program.exit_code is None for program in self._programs.values())

    def _ends(self, standard: int, stream: Stream | int) -> tuple[int, int | None]:
        """Return their end of a standard stream, and ours where there is one."""
        match stream:
            case Stream.TERMINAL:
                return os.open(self._name, os.O_RDWR | os.O_NOCTTY), None
            case Stream.NULL | Stream.CLOSED:
                return os.open(os.devnull, os.O_RDWR), None
            case Stream.PIPE:
                reading, writing = os.pipe()
                return (reading, writing) if standard == 0 else (writing, reading)
            case descriptor:
                return os.dup(descriptor), None

    def _wait_for_something(self, seconds: float, *, room_in: int | None = None) -> bool:
        """Take in what comes first, and tell whether anything came."""
        control = self._control.fileno()
        sources = [control, *self._pipes, *([self._person] if self._person >= 0 else [])]
        ready, _, _ = select.select(sources, [] if room_in is None else [room_in], [], seconds)
        for source in ready:
            if source == control:
                self._take_in_events(self._control.recv(65536))
            elif source == self._person:
                self._show(os.read(self._person, 65536))
            elif came := os.read(source, 65536):
                self._pipes[source] += came
            else:
                os.close(source)
                del self._pipes[source]
        return bool(ready)

    def _show(self, came: bytes) -> None:
        self._marks += came.count(NUL)
        came = came.replace(NUL, b"")
        self.raw += came
        self._decoded += self._decoder.decode(came)
        self._display_stream.feed(came)

    def _take_in_events(self, came: bytes) -> None:
        assert came, f"the leader of the session has ended\n{self._display.display}"
        *events, self._events = (self._events + came).split(b"\n")
        for event in events:
            match json.loads(event):
                case {"started": pid}:
                    self._newest = self._programs[pid] = Program(self, pid)
                case {"resumed": pid}:
                    self._programs[pid].is_resumed = True
                case {"program": pid, "stopped": number}:
                    self._programs[pid].stopped_by = signal.Signals(number)
                case {"program": pid, "ended": exit_code}:
                    self._programs[pid].exit_code = exit_code
