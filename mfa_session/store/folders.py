"""Folders of ours: created for their owner only, and left alone where they exist."""

import contextlib
from pathlib import Path


def make_private(folder: Path) -> None:
    """Create *folder*, and those above it that are missing, each with mode 0700.

    Raises:
        OSError: it cannot be created.
    """
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    for place in reversed(missing):
        # Another process may be creating the same one at this moment.
        with contextlib.suppress(FileExistsError):
            place.mkdir(mode=0o700)
            # A umask may have taken from the owner's own rights.
            place.chmod(0o700)
