"""What stands in a file that its owner may not read, for tests that run as root and for those that do not."""

import os
import stat
from pathlib import Path


def content(path: Path) -> bytes:
    """Return the content of a file, whatever its mode is; afterwards the mode is as it was."""
    if os.access(path, os.R_OK):  # always, for root, who could not change the mode of an immutable file
        return path.read_bytes()
    mode = stat.S_IMODE(path.stat().st_mode)
    path.chmod(0o400)
    try:
        return path.read_bytes()
    finally:
        path.chmod(mode)
