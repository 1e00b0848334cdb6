"""Core dumps: what a crash, or Ctrl-backslash at a question, leaves on the disk, with every secret in it.

Linux goes further, as it does for ssh-agent: no other process of the user reads the memory, or
the environment, of one that is not dumpable.
"""

import contextlib
import sys

import typer

# Too short for any dump. With 0, Linux would still hand one to a program that collects them; with 1, it does not.
_NO_DUMP = 1

# prctl(2), of Linux
_PR_SET_DUMPABLE = 4

_BEFORE = f"{__name__}.before"

if sys.platform == "win32":

    def forbid(_context: typer.Context) -> None:
        """Do nothing: Windows writes none, unless an administrator has asked for it."""

    def allow_again(_context: typer.Context) -> None:
        """Do nothing."""

else:
    import resource

    def forbid(context: typer.Context) -> None:
        """Let no core be dumped of this process and of those that it starts, nor its memory be read."""
        before = resource.getrlimit(resource.RLIMIT_CORE)
        if before[1] != 0:
            resource.setrlimit(resource.RLIMIT_CORE, (_NO_DUMP, before[1]))
            context.meta[_BEFORE] = before
        _close_the_memory()

    def _close_the_memory() -> None:
        """Let only root read the memory of this process, and of those forked from it until they run a program."""
        if sys.platform == "linux":
            import ctypes  # two milliseconds, of a program that takes a hundred

            with contextlib.suppress(OSError, AttributeError):  # another C library than we know
                ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)

    def allow_again(context: typer.Context) -> None:
        """Put the limit back as it was, for a program that takes the place of this one."""
        if before := context.meta.get(_BEFORE):
            resource.setrlimit(resource.RLIMIT_CORE, before)
