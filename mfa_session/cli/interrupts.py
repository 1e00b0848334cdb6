"""Interrupts: a window that is closed, and a program that is told to end, are Ctrl-C to work that must be undone."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

_ENDS = [getattr(signal, name) for name in ("SIGHUP", "SIGTERM", "SIGBREAK") if hasattr(signal, name)]


@contextmanager
def every_end_is_an_interrupt() -> Iterator[None]:
    """Raise KeyboardInterrupt inside the block for the first signal that would end the process at once.

    A window that closes sends several, and what is undone after the first is not to be
    interrupted by the others. What the process ignores, as after ``nohup``, stays ignored.
    """
    before = {
        number: handler for number in _ENDS if (handler := signal.getsignal(number)) not in (None, signal.SIG_IGN)
    }

    def interrupt(_number: int, _frame: object) -> NoReturn:
        for number in before:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in before:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
