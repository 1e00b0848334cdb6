"""A companion: work that is done beside this program, and beside the one that takes its place, until that ends.

The program keeps its process: keys, signals, job control and the exit code stay between
it and whoever started it, with nobody of ours to pass them on. The companion is nobody's
child, because programs may wait for all of theirs; it has no terminal, and no signal
that can be caught ends it before its time. `ssh-agent` stands beside a program in the same way.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import NoReturn, TypeAlias

from mfa_session.errors import StateError

Work: TypeAlias = Callable[[int | None], None]

# How often to look where the system does not tell that a process has ended.
_LOOK_SECONDS = 1.0

if sys.platform == "win32":

    def run_beside(work: Work) -> None:
        """Do *work* on a thread, with no end to wait for: on Windows no program takes the place of another."""
        threading.Thread(target=work, args=(None,), daemon=True).start()

else:

    def run_beside(work: Work) -> None:
        """Do *work* in a process of its own, with a descriptor that becomes readable when this process has ended.

        It is called before there is any thread: a fork would take over the locks that the
        thread holds, and not the thread. What is open here is open there, but for standard
        input and output.

        Raises:
            StateError: no process can be started.
        """
        program = os.getpid()
        # Taken before the fork: later, the process may have ended, and its number be another's.
        end = _end_of(program)
        try:
            between = os.fork()
        except OSError as error:
            raise _no_process(error) from error
        if between == 0:
            _detach(work, program, end)
        if end is not None:
            os.close(end)
        _, status = os.waitpid(between, 0)
        if status:
            raise _no_process(None)

    def _detach(work: Work, program: int, end: int | None) -> NoReturn:
        """Do *work* in a child that is orphaned at once."""
        code = 1
        try:
            os.setsid()
            if os.fork() == 0:
                _settle()
                work(polled_end_of(program) if end is None else end)
            code = 0
        finally:
            os._exit(code)

    def _settle() -> None:
        # Whoever stops a service, or a machine, tells all processes at once; the program may need us to the last.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # Not SIG_IGN, which the programs that are started here would inherit.
            signal.signal(number, lambda *_: None)
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, 0)
        os.dup2(nowhere, 1)
        os.close(nowhere)

    def _no_process(error: OSError | None) -> StateError:
        reason = f": {error.strerror}" if error else ""
        return StateError(
            f"no process can be started to answer AWS tools{reason}", hint="look at how many there may be: ulimit -u"
        )


def _end_of(process: int) -> int | None:
    """Return a descriptor that becomes readable when *process* has ended, ``None`` where the system has none."""
    if sys.platform != "linux":
        return None
    try:
        return os.pidfd_open(process)
    except OSError:  # a kernel before 5.3, or what stands in for one
        return None


def polled_end_of(process: int) -> int:
    """Return a descriptor that becomes readable soon after *process* has ended, with a thread that looks for it."""
    reading, writing = os.pipe()

    def wait() -> None:
        while _is_there(process):
            time.sleep(_LOOK_SECONDS)
        os.close(writing)

    threading.Thread(target=wait, daemon=True).start()
    return reading


def _is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except PermissionError:  # it has become another user's
        return True
    except ProcessLookupError:
        return False
    return True
