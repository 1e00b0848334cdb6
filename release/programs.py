"""Programs that a release needs: run to their end, and loud where they fail."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

# Those that the extra `release` installs come first.
_PATH = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))


def run(
    command: Sequence[str | Path],
    *,
    folder: Path | None = None,
    environment: Mapping[str, str] = MappingProxyType({}),
    umask: int = -1,
) -> str:
    """Run *command* in *folder*, with *environment* on top of ours, and return what it wrote to stdout.

    Raises:
        SystemExit: it failed; the message has what it wrote.
    """
    ran = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env={**os.environ, "PATH": _PATH, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        umask=umask,
        check=False,
    )
    if ran.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} ended with {ran.returncode}\n{ran.stdout}{ran.stderr}")
    return ran.stdout
