"""Programs that a release needs: run to their end, and loud where they fail."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

# Where those lie that the extra `release` installs.
_BESIDE_PYTHON = str(Path(sys.executable).parent)

_OURS = {**os.environ, "PATH": os.pathsep.join((_BESIDE_PYTHON, os.environ.get("PATH", "")))}

# What a program needs to start at all.
_NEEDED = ("LANG", "PATHEXT", "SYSTEMROOT", "TEMP", "TERM", "TMPDIR")


def run(
    command: Sequence[str | Path],
    *,
    folder: Path | None = None,
    environment: Mapping[str, str] = MappingProxyType({}),
    inherits: bool = True,
    umask: int = -1,
) -> str:
    """Run *command* in *folder*, and return what it wrote to stdout.

    Its environment is *environment*, on top of ours where it *inherits* that.

    Raises:
        SystemExit: it failed; the message has what it wrote.
    """
    ran = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env={**(_OURS if inherits else {}), **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        umask=umask,
        check=False,
    )
    if ran.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} ended with {ran.returncode}\n{ran.stdout}{ran.stderr}")
    return ran.stdout


def clean_environment(*, programs: Path, home: Path) -> dict[str, str]:
    """Return an environment with the *programs* of one folder in front of those of the system, and *home* as its home.

    The programs that a release is made with are not in it.
    """
    others = [place for place in os.environ.get("PATH", "").split(os.pathsep) if place != _BESIDE_PYTHON]
    needed = {name: os.environ[name] for name in _NEEDED if name in os.environ}
    return {**needed, "PATH": os.pathsep.join((str(programs), *others)), "HOME": str(home), "USERPROFILE": str(home)}
