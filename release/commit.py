"""The last commit: what a release is made of, whatever else lies in the folder."""

import tarfile
from pathlib import Path

from release.programs import run

ROOT = Path(__file__).parent.parent


def seconds_since_1970() -> int:
    """Return when it was made: the time that every file in a release has."""
    return int(run(["git", "log", "-1", "--format=%ct"], folder=ROOT))


def lay_out(folder: Path) -> Path:
    """Write its files to the new *folder*, and return that."""
    folder.mkdir(parents=True)
    archive = folder.with_suffix(".tar")
    # Line ends as they were committed, whatever this machine likes.
    run(["git", "-c", "core.autocrlf=false", "archive", "--output", archive, "HEAD"], folder=ROOT)
    with tarfile.open(archive) as files:
        files.extractall(folder, filter="data")
    archive.unlink()
    return folder
