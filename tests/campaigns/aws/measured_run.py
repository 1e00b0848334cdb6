"""A run of a program: how long it took, and how much memory it had at its peak.

The kernel counts the memory of whoever starts a program as the program's own until it
has begun. So a small interpreter starts it, and tells.
"""

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_SPAWN = """
import json, os, resource, sys
if (program := os.fork()) == 0:
    os.execve(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(program, 0)
print(json.dumps([os.waitstatus_to_exitcode(status), usage.ru_maxrss]))
"""

# In kilobytes; but for macOS, which counts bytes.
_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True)
class Measured:
    """How a run ended."""

    exit_code: int
    said: str
    seconds: float
    peak_bytes: int


def measured_run(*command: str | Path, environment: Mapping[str, str]) -> Measured:
    """Run *command*, which writes nothing to its stdout, where there is no terminal."""
    begun = time.monotonic()
    ran = subprocess.run(
        [sys.executable, "-ISc", _SPAWN, *(str(word) for word in command)],
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        start_new_session=True,
        timeout=120,
        check=True,
    )
    exit_code, peak = json.loads(ran.stdout)
    return Measured(exit_code, ran.stderr, time.monotonic() - begun, peak * _UNIT)
