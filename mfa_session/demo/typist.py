"""Somebody who types answers at a terminal, so that a story can be told with real questions."""

import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence

# A line that ends so, with nothing behind it, waits for an answer.
_PROMPT_ENDS = (b": ", b"] ")

_PATIENCE_SECONDS = 20.0


def run_at_a_terminal(
    command: Sequence[str], *, environ: Mapping[str, str], answer: Callable[[str], str], show: Callable[[str], None]
) -> int:
    """Run *command* with a pseudo terminal of its own, and return its exit code.

    What it writes is given to *show* as it comes. Where it waits for an answer, *answer*
    is called with the question, and what it returns is typed, with Enter.

    Raises:
        TimeoutError: it neither ended nor asked nor wrote anything for twenty seconds.
    """
    import pty

    child, terminal = pty.fork()
    if child == 0:
        os.execvpe(command[0], list(command), dict(environ))
    try:
        _converse(terminal, answer, show)
    finally:
        os.close(terminal)
        _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def _converse(terminal: int, answer: Callable[[str], str], show: Callable[[str], None]) -> None:
    line = b""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        if not select.select([terminal], [], [], max(0.0, deadline - time.monotonic()))[0]:
            raise TimeoutError("the program neither asks nor ends")
        try:
            heard = os.read(terminal, 4096)
        except OSError:  # Linux: the program has closed its end
            return
        if not heard:
            return
        show(heard.decode(errors="replace").replace("\r\n", "\n"))
        line = (line + heard).rsplit(b"\n", 1)[-1]
        if line.endswith(_PROMPT_ENDS):
            os.write(terminal, (answer(line.decode(errors="replace")) + "\n").encode())
            line = b""
            deadline = time.monotonic() + _PATIENCE_SECONDS


def run_without_a_terminal(command: Sequence[str], *, environ: Mapping[str, str], show: Callable[[str], None]) -> int:
    """Run *command* with nobody at hand, give what it writes to *show*, and return its exit code."""
    ran = subprocess.run(
        list(command),
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=_PATIENCE_SECONDS,
        check=False,
    )
    show(ran.stdout.decode(sys.getfilesystemencoding(), errors="replace").replace("\r\n", "\n"))
    return ran.returncode
