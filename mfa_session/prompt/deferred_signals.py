"""Defer signals until a question is over and the terminal is restored."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

assert sys.platform != "win32"  # noqa: S101  so that a type checker for Windows reads no further

# What keys and shells send to a program: end, stop and resume.
_NOTED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGTSTP, signal.SIGCONT)


@contextmanager
def deferred_signals() -> Iterator[list[int]]:
    """Note signals that would end or stop this process, and deliver them when the block is left.

    The value is a list with one descriptor, which becomes readable when a signal was noted.
    Ignored signals stay ignored. On other threads than the main one no handler can be set:
    the list is empty, and signals act as usual.
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
    # A Python handler may run just before a sleep begins; the byte written here at the signal itself wakes it.
    woken_before = signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    try:
        for number in before:
            signal.signal(number, note)
        yield [wakes]
    finally:
        signal.set_wakeup_fd(woken_before)
        # SIGINT last: its default handler could prevent the others from being restored.
        for number, handler in reversed(before.items()):
            signal.signal(number, handler)
        os.close(wakes)
        os.close(waker)
        for noted_number in dict.fromkeys(noted):
            signal.raise_signal(noted_number)
