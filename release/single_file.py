"""The program in one file, with all that it needs but Python: for machines on which nothing is to be installed.

What is compiled for one system runs on no other, so there is one file for each. The same
file runs with every version of Python: the parts that differ lie in it side by side.
"""

import platform
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from release import commit
from release.distributions import Distributions
from release.programs import run

# The versions of Python that the file is for; the sessions of noxfile.py try each that is there.
_PYTHONS = ("3.11", "3.12", "3.13", "3.14", "3.15")

# The one dependency that is compiled for one version of Python each.
_ONE_FOR_EACH_PYTHON = "cffi"

# Isolated: no variable and no folder chooses code that sees a key. The launcher of Windows passes options on by itself.
_INTERPRETER = "/usr/bin/env python3 -I" if sys.platform == "win32" else "/usr/bin/env -S python3 -I"


def build(distributions: Distributions, folder: Path) -> Path:
    """Write the file for this system into *folder*, and return it."""
    requirements = commit.ROOT / "requirements" / "run.txt"
    file = folder / f"mfa-session-{sys.platform}-{platform.machine().lower()}.pyz"
    with TemporaryDirectory() as place:
        packages = Path(place, "packages")
        _install(packages, _PYTHONS[0], "--require-hashes", "--requirements", requirements)
        _install(packages, _PYTHONS[0], "--no-deps", distributions.wheel)
        (pinned,) = _pins(requirements, _ONE_FOR_EACH_PYTHON)
        for minor in _PYTHONS:
            other = Path(place, minor)
            _install(other, minor, "--no-deps", pinned)
            for compiled in (*other.glob("_cffi_backend*.so"), *other.glob("_cffi_backend*.pyd")):
                shutil.copy2(compiled, packages)
        # The demonstration starts Python where there is no AWS CLI, and that must find boto3 too.
        options = ["--reproducible", "--compressed", "--extend-pythonpath", "--python", _INTERPRETER]
        run(
            ["shiv", "--site-packages", packages, "--console-script", "mfa-session", *options, "--output-file", file],
            environment={"SOURCE_DATE_EPOCH": str(commit.seconds_since_1970())},
        )
    return file


def _install(folder: Path, python: str, *requirements: str | Path) -> None:
    options = ["--quiet", "--python", sys.executable, "--python-version", python, "--only-binary", ":all:"]
    run(["uv", "pip", "install", *options, "--link-mode", "copy", "--target", folder, *requirements])


def _pins(requirements: Path, name: str) -> list[str]:
    lines = requirements.read_text(encoding="utf-8").splitlines()
    return [line.split()[0] for line in lines if line.startswith(f"{name}==")]
