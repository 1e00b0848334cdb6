"""What contributors, CI and releases run, each in an environment of its own: ``nox --list`` shows all of it."""

import os
import shutil
import tarfile
from pathlib import Path

import nox

nox.needs_version = ">=2026.8.17"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["quick", "lint"]
# What is for each Python runs with those that this machine has.
nox.options.download_python = "never"
nox.options.error_on_missing_interpreters = False

PYTHONS = ["3.11", "3.12", "3.13", "3.14", "3.15"]
DIST = Path("dist")

# Real programs, terminals and whole stories: they take the longest.
SLOW = ["tests/api", "tests/campaigns", "tests/cli", "tests/documents"]

# Tests of everything that calls a library.
OF_LIBRARIES = [
    "tests/api",
    "tests/prompt",
    "tests/aws",
    "tests/keystore",
    "tests/aws_files",
    "tests/cli/test_completions.py",
    "tests/cli/test_demo.py",
    "tests/cli/test_device.py",
    "tests/cli/test_keys_keyring.py",
    "tests/cli/test_login.py",
    "tests/cli/test_program.py",
    "tests/cli/test_status.py",
]

# The Python interface at a terminal, with threads and beside the program; the demonstration runs most of the rest.
OF_AN_INSTALLATION = "tests/api/test_session.py::TestAtATerminal"

# A user's program, for the type checker.
TYPED_PROGRAM = """\
import mfa_session

def describe(error: mfa_session.MFASessionError) -> str:
    return f"{error}: {error.hint}"

try:
    mfa_session.session("test-user", ask=lambda question: input(question), region_name="eu-west-1")
except mfa_session.PersonNeededError as error:
    print(describe(error))
"""

NAMES_AND_VERSIONS = """\
import sys
from importlib.metadata import version
print(*(f"{name} {version(name)}" for name in sys.argv[1:]), sep=", ")
"""


@nox.session
def quick(session: nox.Session) -> None:
    """Run all tests but the slow ones, in under 3 minutes; pytest takes what stands behind --."""
    session.install("-e", ".[test]")
    session.run("python", "-m", "pytest", *(f"--ignore={folder}" for folder in SLOW), *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Run all tests; pytest takes what stands behind --."""
    session.install("-e", ".[test,test-docs]")
    session.run("python", "-m", "pytest", *session.posargs)


@nox.session
def python_libraries(session: nox.Session) -> None:
    """Test the Python interface with aioboto3, s3fs and a notebook kernel, which pin versions of botocore."""
    session.install("-e", ".[test]", "aioboto3", "s3fs", "ipykernel", "basedpyright")
    session.run("python", "-m", "pytest", "tests/api", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and types, those of Windows and macOS too."""
    session.install("-e", ".[test,test-docs,dev]")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")
    session.run("mypy", "noxfile.py")
    for platform in ("win32", "darwin"):
        session.run("mypy", "--platform", platform, "--package", "mfa_session")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the site of the documentation; a link that leads nowhere fails it."""
    session.install("-e", ".[docs]")
    session.run("python", "-m", "docs", "site")


@nox.session
def bench(session: nox.Session) -> None:
    """Measure everything and compare it with the budgets; the benchmarks take what stands behind --."""
    session.install("-e", ".[test]")
    session.run("python", "-m", "benchmarks", *session.posargs)


@nox.session(tags=["release"])
def build(session: nox.Session) -> None:
    """Make the files of a release in dist, with tools that are known by their hashes."""
    session.install("--require-hashes", "-r", "requirements/release.txt")
    session.run("zizmor", "--quiet", "--offline", "--pedantic", ".github")
    session.run("python", "-m", "release", "requirements", "--check")
    shutil.rmtree(DIST, ignore_errors=True)
    session.run("python", "-m", "release", "all", "--folder", DIST)


@nox.session(tags=["release"], python=PYTHONS, reuse_venv=False)
def installed(session: nox.Session) -> None:
    """Install the wheel in dist as users do; run the demonstration, tests from the source distribution, and mypy."""
    (wheel,), (source,) = DIST.glob("*.whl"), DIST.glob("*.tar.gz")
    folder = Path(session.create_tmp())
    with tarfile.open(source) as files:
        files.extractall(folder, filter="data")
    tree = folder / source.name.removesuffix(".tar.gz")
    shutil.rmtree(tree / "mfa_session")  # the tests are to find the installed package, and no other
    (tree / "program.py").write_text(TYPED_PROGRAM, encoding="utf-8")
    session.install(f"{wheel}[test]")
    user = _environment_of_a_user(folder / "home")
    with session.chdir(tree):
        session.run("mfa-session", "--version", env=user, include_outer_env=False)
        session.run("mfa-session", "demo", env=user, include_outer_env=False, silent=True)
        strictly = ("--strict", "--config-file", os.devnull)
        session.run("python", "-m", "mypy", *strictly, "program.py", env=user, include_outer_env=False)
        without_a_cache = ("-p", "no:cacheprovider")
        session.run(
            "python", "-m", "pytest", OF_AN_INSTALLATION, *without_a_cache, env=user, include_outer_env=False
        )  # fmt: skip


@nox.session(tags=["release"], python=PYTHONS)
def single_file(session: nox.Session) -> None:
    """Run the program in one file that is in dist, with nothing else installed."""
    (file,) = DIST.glob("*.pyz")
    user = _environment_of_a_user(Path(session.create_tmp(), "home"))
    session.run("python", file, "--version", env=user, include_outer_env=False)
    if os.name == "posix":  # its first line isolates Python, which could not even start otherwise
        session.run(file.resolve(), "--version", env={**user, "PYTHONHOME": "/nowhere"}, include_outer_env=False)
    session.run("python", file, "demo", env=user, include_outer_env=False, silent=True)


@nox.session(python=PYTHONS[0], venv_backend="uv", reuse_venv=False)
def oldest(session: nox.Session) -> None:
    """Run the tests of what calls libraries, with the oldest Python and the oldest version of each library."""
    project = nox.project.load_toml("pyproject.toml")["project"]
    lowest = Path(session.create_tmp(), "lowest.txt")
    resolve = ("uv", "pip", "compile", "--quiet", "--no-header", "--resolution", "lowest-direct")
    session.run(*resolve, "--python-version", PYTHONS[0], "--output-file", lowest, "pyproject.toml", silent=True)
    session.install("-r", str(lowest), *project["optional-dependencies"]["test"])
    session.install("--no-deps", ".")
    session.run("python", "-m", "pytest", *OF_LIBRARIES, "-p", "no:cacheprovider", *session.posargs)
    names = [requirement.partition(">")[0] for requirement in project["dependencies"]]
    session.run("python", "-c", NAMES_AND_VERSIONS, *names)


def _environment_of_a_user(home: Path) -> dict[str, str]:
    """Return the variables that a program needs to start, with an empty *home*."""
    home.mkdir(exist_ok=True)
    needed = ("LANG", "PATH", "PATHEXT", "SYSTEMROOT", "TEMP", "TERM", "TMPDIR")
    kept = {name: os.environ[name] for name in needed if name in os.environ}
    return {**kept, "HOME": str(home.resolve()), "USERPROFILE": str(home.resolve())}
