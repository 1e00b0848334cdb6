"""A sidecar: a process that works beside this program, and beside the one that replaces it, until that ends.

The program keeps its process, so that no wrapper has to forward keys, signals, job control
and exit codes. The sidecar is not its child, because programs may wait for all of theirs;
it has no terminal, and no signal that can be caught ends it early. `ssh-agent` works the same way.
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

# How often to check where the system does not report the end of a process.
_LOOK_SECONDS = 1.0

if sys.platform == "win32":

    def run_beside(work: Work) -> None:
        """Run *work* on a thread, until the process ends: on Windows no program replaces another."""
        threading.Thread(target=work, args=(None,), daemon=True).start()

else:

    def run_beside(work: Work) -> None:
        """Run *work* in a process of its own, with a descriptor that becomes readable when this process has ended.

        Call it before starting a thread: a fork copies the locks that a thread holds, and not
        the thread. The sidecar inherits every descriptor but standard input and output.

        Raises:
            StateError: no process can be started.
        """
        program = os.getpid()
        # Opened before the fork: later, the process may have ended, and its ID belong to another.
        end = _end_of(program)
        try:
            child = os.fork()
        except OSError as error:
            raise _no_process(error) from error
        if child == 0:
            _detach(work, program, end)
        if end is not None:
            os.close(end)
        _, status = os.waitpid(child, 0)
        if status:
            raise _no_process(None)

    def _detach(work: Work, program: int, end: int | None) -> NoReturn:
        """Run *work* in a grandchild, whose parent ends at once."""
        code = 1
        try:
            os.setsid()
            if os.fork() == 0:
                _detach_from_terminal()
                work(polled_end_of(program) if end is None else end)
            code = 0
        finally:
            os._exit(code)

    def _detach_from_terminal() -> None:
        # A service manager signals all processes of a service at once; the program may need the sidecar to its end.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # Not SIG_IGN, which programs started here would inherit.
            signal.signal(number, lambda *_: None)
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(null, 1)
        os.close(null)

    def _no_process(error: OSError | None) -> StateError:
        reason = f": {error.strerror}" if error else ""
        return StateError(
            f"cannot start the process that answers AWS tools{reason}", hint="check the limit of processes: ulimit -u"
        )


def _end_of(process: int) -> int | None:
    """Return a descriptor that becomes readable when *process* has ended, ``None`` where there is no pidfd."""
    if sys.platform != "linux":
        return None
    try:
        return os.pidfd_open(process)
    except OSError:  # a kernel before 5.3, or an emulated one
        return None


def polled_end_of(process: int) -> int:
    """Return a descriptor that becomes readable soon after *process* has ended, by a thread that polls."""
    reading, writing = os.pipe()

    def wait() -> None:
        while _is_running(process):
            time.sleep(_LOOK_SECONDS)
        os.close(writing)

    threading.Thread(target=wait, daemon=True).start()
    return reading


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except PermissionError:  # it runs as another user now
        return True
    except ProcessLookupError:
        return False
    return True
