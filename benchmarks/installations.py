"""Programs as their users have them: installed, compiled, each set in a virtual environment of its own."""

import json
import os
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent

# From 25.2 on, the scripts that pip writes no longer import `re`; uv has never written others.
_OLDER_PIP = "pip<25.2"
_NEWER_PIP = "pip>=25.2"

_VERSIONS = """\
import importlib.metadata, json, sys
found = {d.name: d.version for d in importlib.metadata.distributions()}
print(json.dumps(found))
"""


@dataclass(frozen=True, slots=True)
class Installation:
    """The virtual environment whose programs are in the folder *programs*."""

    programs: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.programs / "python"

    @property
    def mfa_session(self) -> Path:
        """Its `mfa-session`."""
        return self.programs / "mfa-session"

    @property
    def has_older_wrapper(self) -> bool:
        """Whether the script that starts `mfa-session` imports `re` before anything of ours runs."""
        return "import re\n" in self.mfa_session.read_text(encoding="utf-8")

    def find(self, name: str) -> Path | None:
        """Return the program of this *name*, if it is there."""
        program = self.programs / name
        return program if program.exists() else None

    def versions(self) -> dict[str, str]:
        """Return the version of every distribution in it."""
        found: dict[str, str] = json.loads(_run(self.python, "-c", _VERSIONS))
        return found


@dataclass(frozen=True, slots=True)
class Installations:
    """`mfa-session` as a newer and as an older pip installs it, and the *others* that it is compared with."""

    newer: Installation | None
    older: Installation | None
    others: Installation

    @property
    def ours(self) -> Installation:
        """The one that stands for `mfa-session` where the wrapper does not matter."""
        ours = self.newer or self.older
        assert ours is not None
        return ours


def present() -> Installations:
    """Return what is installed beside this interpreter."""
    here = Installation(Path(sys.executable).parent)
    if here.has_older_wrapper:
        return Installations(newer=None, older=here, others=here)
    return Installations(newer=here, older=None, others=here)


def fresh(folder: Path) -> Installations:
    """Install everything anew below *folder*, from this checkout and from the registry that pip is set up for."""
    wheels = folder / "wheels"
    _run(Path(sys.executable), "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", wheels, REPOSITORY)
    (wheel,) = wheels.glob("*.whl")
    return Installations(
        newer=_install(folder / "newer", str(wheel), pip=_NEWER_PIP),
        older=_install(folder / "older", str(wheel), pip=_OLDER_PIP),
        others=fresh_others(folder / "others"),
    )


def fresh_others(folder: Path) -> Installation:
    """Install what `mfa-session` is compared with in *folder*, from the registry that pip is set up for."""
    pyproject = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    return _install(folder, *pyproject["project"]["optional-dependencies"]["bench"], pip=_NEWER_PIP)


def _install(folder: Path, *requirements: str, pip: str) -> Installation:
    _run(Path(sys.executable), "-m", "venv", folder)
    installation = Installation(folder / "bin")
    _run(installation.python, "-m", "pip", "install", "--quiet", pip)
    _run(installation.python, "-m", "pip", "install", "--quiet", *requirements)
    # pip compiles what it installs, unless its configuration says otherwise; -qq because some sources are for Python 2.
    subprocess.run([installation.python, "-m", "compileall", "-qq", folder], env=_environment(), check=False)
    return installation


def _run(*words: str | Path) -> str:
    ran = subprocess.run(words, env=_environment(), capture_output=True, text=True, check=False)
    if ran.returncode:
        raise SystemExit(f"{' '.join(map(str, words))} ended with {ran.returncode}:\n{ran.stderr}")
    return ran.stdout


def _environment() -> dict[str, str]:
    """Return this environment, which knows the way to the registry, without what makes Python write no bytecode."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
