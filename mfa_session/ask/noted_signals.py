"""Signals that wait until a question is over: noted as they come, delivered when the terminal is as it was."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

# What keys and shells send to a program that asks: its end, its stop, and its return.
_NOTED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGTSTP, signal.SIGCONT)


@contextmanager
def noted_signals() -> Iterator[list[int]]:
    """Note signals that would end or stop this process, and deliver them when the block is left.

    The value is a list with one descriptor, which becomes readable when a signal was noted.
    Those that the process ignores stay ignored. On a thread that is not the main one no
    handler can be set: the list is empty, and signals do what they always do.
    """
    if threading.current_thread() is not threading.main_thread():
        yield []
        return
    before = {n: handler for n in _NOTED if (handler := signal.getsignal(n)) not in (None, signal.SIG_IGN)}
    noted, noting = os.pipe()
    os.set_blocking(noted, False)
    os.set_blocking(noting, False)
    # A handler runs only between two steps of Python, perhaps just before we sleep; what is written
    # to this descriptor at the very moment of the signal wakes us in any case.
    woken_before = signal.set_wakeup_fd(noting, warn_on_full_buffer=False)
    try:
        for number in before:
            signal.signal(number, _note)
        yield [noted]
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(woken_before)
        numbers = b""
        with suppress(BlockingIOError):
            numbers = os.read(noted, 4096)
        os.close(noted)
        os.close(noting)
        for noted_number in dict.fromkeys(numbers):
            if noted_number in before:
                signal.raise_signal(noted_number)


def _note(number: int, frame: object) -> None:
    """Do nothing: the wake-up descriptor has the number."""
