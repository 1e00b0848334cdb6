"""Processors: which of them a program may use."""

import contextlib
import os
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def only_processor(number: int) -> Iterator[None]:
    """Keep this thread, and every thread and program that it starts, on one processor, where the system lets it.

    A program that does not wander between processors takes the same time more often.
    The *number* counts those that this thread may use; -1 is the last.
    """
    if sys.platform != "linux":
        yield
        return
    usual = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {sorted(usual)[number]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, usual)
