"""A stopwatch: how long a program runs, from its start to its end."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Command:
    """A program with its arguments and the whole of its *environment*, run where there is no terminal."""

    words: tuple[str | Path, ...]
    environment: Mapping[str, str]

    def seconds(self, *more: str, typed: str = "") -> float:
        """Run it with *more* arguments, and return how long it took; *typed* is on its standard input."""
        return self._run(*more, typed=typed)[0]

    def processor_seconds(self) -> float:
        """Run it, and return how long it kept a processor busy: AWS on the loopback has its own time."""
        return self._run()[1]

    def _run(self, *more: str, typed: str = "") -> tuple[float, float]:
        """Run it, and return its seconds and those of the processor.

        What it writes is thrown away. posix_spawn, because ``subprocess`` would add a
        millisecond of its own to what is compared.
        """
        words = [str(word) for word in (*self.words, *more)]
        reading, writing = os.pipe()
        os.write(writing, typed.encode())
        os.close(writing)
        streams = [
            (os.POSIX_SPAWN_DUP2, reading, 0),
            (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
            (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
        ]
        begun = time.perf_counter()
        program = os.posix_spawn(words[0], words, self.environment, file_actions=streams, setsid=True)
        _, status, usage = os.wait4(program, 0)
        took = time.perf_counter() - begun
        os.close(reading)
        if status:
            raise RuntimeError(f"{' '.join(words)} ended with {os.waitstatus_to_exitcode(status)}")
        return took, usage.ru_utime + usage.ru_stime
