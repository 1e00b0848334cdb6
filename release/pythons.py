"""Every Python of this machine: the wheel, installed as users install it, works with each."""

import json
import os
import shutil
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from release.distributions import Distributions
from release.environments import Environment, environment
from release.programs import run

_OLDEST, _NEWEST = (3, 11), (3, 15)

_WHICH = "import json, sys; print(json.dumps([sys.implementation.name, *sys.version_info[:3], sys.base_prefix]))"

# The Python interface at a terminal, with threads and beside the program; the demonstration runs most of the rest.
_SMOKE = "tests/api/test_session.py::TestAtATerminal"

_TYPED_PROGRAM = """\
import mfa_session

def describe(error: mfa_session.MFASessionError) -> str:
    return f"{error}: {error.hint}"

try:
    mfa_session.session("test-user", ask=lambda question: input(question), region_name="eu-west-1")
except mfa_session.PersonNeededError as error:
    print(describe(error))
"""


@dataclass(frozen=True, slots=True)
class Python:
    """One interpreter; *version* has three numbers."""

    path: Path
    version: tuple[int, int, int]


def pythons() -> list[Python]:
    """Return each CPython that is new enough, the oldest first; of several with one version, each."""
    found: dict[str, Python] = {}
    for candidate in _candidates():
        try:
            implementation, *version, prefix = json.loads(run([candidate, "-I", "-c", _WHICH]))
        except (SystemExit, OSError):
            continue  # what is called so may be a launcher for a Python that is not there
        if implementation == "cpython" and _OLDEST <= tuple(version[:2]) <= _NEWEST:
            found.setdefault(prefix, Python(candidate, (version[0], version[1], version[2])))
    return sorted(found.values(), key=lambda each: (each.version, str(each.path)))


def supported_minors() -> list[str]:
    """Return the minor versions that the package is for, as ``3.11``."""
    return [f"3.{minor}" for minor in range(_OLDEST[1], _NEWEST[1] + 1)]


def _candidates() -> Iterator[Path]:
    yield Path(sys.executable)
    places = os.environ.get("PATH", "").split(os.pathsep)
    for name in ("python3", *(f"python{minor}" for minor in supported_minors())):
        yield from (Path(found) for place in places if (found := shutil.which(name, path=place)))
    if root := os.environ.get("PYENV_ROOT"):
        yield from sorted(Path(root, "versions").glob("3.*/bin/python3"))


def try_each(distributions: Distributions) -> None:
    """Install the wheel with each Python; run the demonstration, some tests, and a type checker on a user's program.

    Raises:
        SystemExit: something does not work with one of them.
    """
    with TemporaryDirectory() as place:
        tree = _unpacked(distributions.source, Path(place))
        # The tests are to find the installed package, and no other.
        shutil.rmtree(tree / "mfa_session")
        (tree / "program.py").write_text(_TYPED_PROGRAM)
        for python in pythons():
            with environment(python.path) as fresh:
                fresh.install(f"{distributions.wheel}[test]")
                outcome = _try(fresh, tree)
            print(f"Python {'.'.join(map(str, python.version))} ({python.path}): {outcome}", flush=True)


def _unpacked(source: Path, folder: Path) -> Path:
    with tarfile.open(source) as files:
        files.extractall(folder, filter="data")
    (tree,) = folder.iterdir()
    return tree


def _try(fresh: Environment, tree: Path) -> str:
    version = fresh.run(["mfa-session", "--version"]).strip()
    fresh.run(["mfa-session", "demo"])
    fresh.run([fresh.python, "-m", "mypy", "--strict", "--config-file", os.devnull, "program.py"], folder=tree)
    tests = fresh.run([fresh.python, "-m", "pytest", _SMOKE, "-p", "no:cacheprovider"], folder=tree)
    return f"{version}, demo, mypy --strict; {tests.splitlines()[-1].strip(' =')}"
