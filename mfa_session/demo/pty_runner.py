"""Run a command on a pseudo terminal and type its answers, so that the demo shows real prompts."""

import codecs
import os
import select
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence

# A line that ends so, with nothing behind it, waits for an answer.
_PROMPT_ENDS = (b": ", b"] ")

_TIMEOUT_SECONDS = 20.0

# No story has as many prompts; a program that goes on asking does not take its answers.
_MAX_ANSWERS = 10

# Run by the first process of a session, in front of the program. Not pty.fork: the local AWS has threads here.
_TAKE_THE_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""

_STOPPED = "(it went on waiting or asking, and was ended)\n"


def run_at_a_terminal(
    command: Sequence[str], *, environ: Mapping[str, str], answer: Callable[[str], str], show: Callable[[str], None]
) -> int:
    """Run *command* with a pseudo terminal of its own, and return its exit code.

    What it writes is given to *show* as it comes. At a prompt, *answer* is called with its last
    line, and what it returns is typed, with Enter. A program that writes nothing for twenty
    seconds, or goes on asking, is ended.
    """
    if sys.platform == "win32":
        raise NotImplementedError("there are no pseudo terminals on Windows")
    terminal, theirs = os.openpty()
    try:
        program = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _TAKE_THE_TERMINAL, *command],
            env=dict(environ),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
    finally:
        os.close(theirs)
    with program:
        try:
            if not _converse(terminal, answer, show):
                show(_STOPPED)
                program.kill()
        except BaseException:
            program.kill()
            raise
        finally:
            os.close(terminal)
    return program.returncode


def _converse(terminal: int, answer: Callable[[str], str], show: Callable[[str], None]) -> bool:
    """Answer the prompts of the program, and return whether it has ended by itself."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    line, answers = b"", 0
    while select.select([terminal], [], [], _TIMEOUT_SECONDS)[0]:
        try:
            heard = os.read(terminal, 4096)
        except OSError:  # Linux: the program has closed its end
            return True
        if not heard:
            return True
        show(decoder.decode(heard).replace("\r\n", "\n"))
        line = (line + heard).rsplit(b"\n", 1)[-1]
        if line.endswith(_PROMPT_ENDS):
            answers += 1
            if answers > _MAX_ANSWERS:
                return False
            os.write(terminal, (answer(line.decode(errors="replace")) + "\n").encode())
            line = b""
    return False


def run_without_a_terminal(command: Sequence[str], *, environ: Mapping[str, str], show: Callable[[str], None]) -> int:
    """Run *command* without a terminal, give what it writes to *show*, and return its exit code.

    It has twenty seconds.
    """
    try:
        ran = subprocess.run(
            list(command),
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        show(_STOPPED)
        return 1
    show(ran.stdout.decode(sys.getfilesystemencoding(), errors="replace").replace("\r\n", "\n"))
    return ran.returncode
