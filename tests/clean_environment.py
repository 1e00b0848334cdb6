"""The environment of a program under test: nothing of the machine it happens to run on."""

import os
from pathlib import Path

# What a program needs to start at all; AWS_*, proxies, certificates and keyring settings stay outside.
KEPT = ("PATH", "LANG", "TERM", "SYSTEMROOT", "COVERAGE_PROCESS_START", "COVERAGE_FILE")


def clean_environment(home: Path, **more: str) -> dict[str, str]:
    """Return an environment for a child process with *home* as its home, and *more* on top."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return {"LANG": "C.UTF-8", **kept, "HOME": str(home), **more}
