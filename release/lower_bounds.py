"""The oldest versions that the project says it works with: it does, on the oldest Python."""

import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory

from release import commit
from release.environments import environment
from release.programs import run
from release.pythons import pythons

# Whatever talks to a library of somebody else's.
_TESTS = (
    "tests/api",
    "tests/ask",
    "tests/aws",
    "tests/store",
    "tests/cli/test_completions.py",
    "tests/cli/test_demo.py",
    "tests/cli/test_device.py",
    "tests/cli/test_keys_keyring.py",
    "tests/cli/test_login.py",
    "tests/cli/test_program.py",
    "tests/cli/test_status.py",
)


def try_them() -> None:
    """Install each direct dependency in its oldest version with the oldest Python, and run the tests that use it.

    Raises:
        SystemExit: something does not work with one of them.
    """
    oldest = pythons()[0]
    with TemporaryDirectory() as place, environment(oldest.path) as fresh:
        tree = commit.lay_out(Path(place, "tree"))
        lowest = Path(place, "lowest.txt")
        command = ["uv", "pip", "compile", "--quiet", "--resolution", "lowest-direct", "--python", str(fresh.python)]
        resolved = run([*command, tree / "pyproject.toml"])
        lowest.write_text(resolved, encoding="utf-8")
        project = tomllib.loads((tree / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        fresh.install("--requirements", lowest, *project["optional-dependencies"]["test"])
        fresh.install("--no-deps", tree)
        tests = fresh.run([fresh.python, "-m", "pytest", *_TESTS, "-p", "no:cacheprovider"], folder=tree)
        installed = fresh.run([fresh.python, "-c", _NAME_VERSIONS, *map(_name, project["dependencies"])])
    print(f"Python {'.'.join(map(str, oldest.version))}, {installed.strip()}: {tests.splitlines()[-1].strip(' =')}")


_NAME_VERSIONS = """\
import sys
from importlib.metadata import version
print(*(f"{name} {version(name)}" for name in sys.argv[1:]), sep=", ")
"""


def _name(requirement: str) -> str:
    return requirement.partition(">")[0]
