"""An AWS file that was there before, as tests of what is read and written find it."""

import os
import time
from pathlib import Path

BEFORE = b"# mine\n[default]\nregion = r\n\n[dev]\naws_access_key_id = AKIAOLD\n"


def lay_down(folder: Path, data: bytes = BEFORE) -> Path:
    """Return a file of *data* in a private folder inside *folder*."""
    path = folder / ".aws" / "credentials"
    path.parent.mkdir(mode=0o700)
    path.write_bytes(data)
    path.chmod(0o600)
    settle(path)
    return path


def settle(path: Path) -> None:
    """Let the file look as if nobody had touched it for a while."""
    os.utime(path, (time.time() - 60, time.time() - 60))


def entries(folder: Path) -> set[str]:
    """Return the names in *folder*."""
    return {entry.name for entry in folder.iterdir()}
