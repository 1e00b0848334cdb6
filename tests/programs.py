"""Programs that a test writes, to stand where a user's own would."""

import sys
from pathlib import Path


def python_program(path: Path, source: str) -> Path:
    """Write *source* as a program of its own to *path*, and return that."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!{sys.executable} -IS\n{source}\n", encoding="utf-8")
    path.chmod(0o700)
    return path


def shell_program(path: Path, source: str) -> Path:
    """Write *source* as a shell script to *path*, and return that."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{source}\n", encoding="utf-8")
    path.chmod(0o700)
    return path
