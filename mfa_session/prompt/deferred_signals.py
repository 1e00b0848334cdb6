"""Signals that wait until a question is over: noted as they come, delivered when the terminal is as it was."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

assert sys.platform != "win32"  # noqa: S101  so that a type checker for Windows reads no further

# What keys and shells send to a program that asks: its end, its stop, and its return.
_NOTED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGTSTP, signal.SIGCONT)


@contextmanager
def deferred_signals() -> Iterator[list[int]]:
    """Note signals that would end or stop this process, and deliver them when the block is left.

    The value is a list with one descriptor, which becomes readable when a signal was noted.
    Those that the process ignores stay ignored. On a thread that is not the main one no
    handler can be set: the list is empty, and signals do what they always do.
    """
    if threading.current_thread() is not threading.main_thread():
        yield []
        return
    before = {n: handler for n in _NOTED if (handler := signal.getsignal(n)) not in (None, signal.SIG_IGN)}
    noted: list[int] = []

    def note(number: int, _: object) -> None:
        if number == signal.SIGCONT and signal.SIGTSTP in noted:
            noted.remove(signal.SIGTSTP)  # as the kernel forgets a stop that has not taken effect
        noted.append(number)

    wakes, waker = os.pipe()
    os.set_blocking(waker, False)
    # A handler runs only between two steps of Python, perhaps just before we sleep. What is written
    # to this descriptor at the very moment of the signal wakes us in any case.
    woken_before = signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    try:
        for number in before:
            signal.signal(number, note)
        yield [wakes]
    finally:
        signal.set_wakeup_fd(woken_before)
        # SIGINT last: what it does by default could keep the others from being put back.
        for number, handler in reversed(before.items()):
            signal.signal(number, handler)
        os.close(wakes)
        os.close(waker)
        for noted_number in dict.fromkeys(noted):
            signal.raise_signal(noted_number)
