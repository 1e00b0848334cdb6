"""How clients are installed: each into a folder of its own, by the package manager of its language."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

from mfa_session.errors import LockedError
from mfa_session.filesystem.locks import locked
from tests.terminal import ESCAPE_SEQUENCE

PROGRAMS = Path(__file__).with_name("programs")

# A Rust or Go SDK is compiled from its source; two cores that other work shares take minutes.
_INSTALL_SECONDS = 2400


class CannotInstallError(Exception):
    """A client cannot be installed here; the message says why."""


class Installer(Protocol):
    """Puts one client into a folder."""

    @property
    def version(self) -> str:
        """The version that is installed, as the table shows it."""

    def install(self, folder: Path) -> None:
        """Install into *folder*, which exists and has nothing in it.

        Raises:
            CannotInstallError: a tool is missing, or it fails.
        """


@dataclass(frozen=True)
class OfTests:
    """A package of the `test` extra, in the environment that runs the tests."""

    package: str

    @property
    def version(self) -> str:
        """The version that is installed."""
        return version(self.package)

    def install(self, folder: Path) -> None:
        """Point to the environment of the tests."""
        (folder / "bin").symlink_to(Path(sys.executable).parent)


@dataclass(frozen=True)
class PyPI:
    """Packages of PyPI, in a virtual environment; the first is the client."""

    packages: tuple[str, ...]

    @property
    def version(self) -> str:
        """The version of the client."""
        return self.packages[0].partition("==")[2]

    def install(self, folder: Path) -> None:
        """Make the environment and install into it."""
        if shutil.which("uv"):
            run("uv", "venv", "--quiet", "--python", sys.executable, "--allow-existing", str(folder))
            run("uv", "pip", "install", "--quiet", "--python", str(folder / "bin" / "python"), *self.packages)
        else:
            run(sys.executable, "-m", "venv", str(folder))
            run(str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", *self.packages)


@dataclass(frozen=True)
class NPM:
    """Packages of npm, beside the *program* of ours that uses them."""

    packages: tuple[str, ...]
    program: str

    @property
    def version(self) -> str:
        """The version of the client."""
        return self.packages[0].rpartition("@")[2]

    def install(self, folder: Path) -> None:
        """Copy the program and install what it imports."""
        copy_program(self.program, folder)
        run("npm", "install", "--no-package-lock", "--no-audit", "--no-fund", *self.packages, directory=folder)


@dataclass(frozen=True)
class Go:
    """Go modules, and the *program* of ours that is built with them."""

    modules: tuple[str, ...]
    program: str

    @property
    def version(self) -> str:
        """The version of the client."""
        return self.modules[0].rpartition("@")[2]

    def install(self, folder: Path) -> None:
        """Build the program ``who``."""
        copy_program(self.program, folder)
        run("go", "mod", "init", "who", directory=folder)
        run("go", "get", *self.modules, directory=folder)
        run("go", "mod", "tidy", directory=folder)
        run("go", "build", "-p", "2", "-o", "who", ".", directory=folder)


@dataclass(frozen=True)
class Cargo:
    """A *program* of ours in Rust, whose Cargo.toml names the crates."""

    version: str
    program: str

    def install(self, folder: Path) -> None:
        """Build the program, without optimisation."""
        copy_program(self.program, folder)
        run("cargo", "build", "--quiet", "--jobs", "2", directory=folder)


@dataclass(frozen=True)
class Maven:
    """A *program* of ours in Java, whose pom.xml names the artifacts of *version*."""

    version: str
    program: str

    def install(self, folder: Path) -> None:
        """Compile the program, and put the artifacts beside it."""
        copy_program(self.program, folder)
        goals = ("compile", "dependency:copy-dependencies")
        run("mvn", "--quiet", "--batch-mode", f"-Dsdk={self.version}", *goals, directory=folder)


@dataclass(frozen=True)
class Debian:
    """A package of Debian, which only the system itself can have; *program* of ours uses it, where there is one."""

    package: str
    program: str | None = None

    @property
    def version(self) -> str:
        """The version that is installed, else the one that would be."""
        with suppress(CannotInstallError):
            return run("dpkg-query", "--show", "--showformat=${Version}", self.package)
        with suppress(CannotInstallError):
            lines = run("apt-cache", "policy", self.package).splitlines()
            return next((line.split()[1] for line in lines if "Candidate:" in line), "")
        return ""

    def install(self, folder: Path) -> None:
        """Install the package, unless the system has it."""
        if self.program is not None:
            copy_program(self.program, folder)
        with suppress(CannotInstallError):
            if run("dpkg-query", "--show", "--showformat=${Status}", self.package).endswith(" installed"):
                return
        if os.geteuid():
            raise CannotInstallError("needs root for apt-get")
        if "(none)" in self.version or not self.version:
            run("apt-get", "update", "-qq")
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        run("apt-get", "install", "-y", "-qq", "--no-install-recommends", self.package, environment=quiet)


@dataclass(frozen=True)
class Installation:
    """The folders of all installed clients, kept between runs."""

    folder: Path = field(default_factory=lambda: Path.home() / ".cache" / "mfa-session-clients")

    def path(self, name: str, installer: Installer) -> Path:
        """Return the folder of a client; another version, or a changed program, has another."""
        return self.folder / f"{name}-{_fingerprint(installer)}"

    def has(self, name: str, installer: Installer) -> bool:
        """Tell whether a client is installed."""
        return _mark(self.path(name, installer)).exists()

    def install(self, name: str, installer: Installer) -> Path:
        """Install a client unless it is there, and return its folder; many processes may want it at once.

        Raises:
            CannotInstallError: it cannot be installed here.
        """
        folder = self.path(name, installer)
        # One at a time: package managers have locks of their own, at which some fail instead of waiting.
        lock = self.folder / "locks" / type(installer).__name__
        try:
            with locked(lock, timeout=timedelta(seconds=_INSTALL_SECONDS)):
                if not self.has(name, installer):
                    shutil.rmtree(folder, ignore_errors=True)
                    folder.mkdir(parents=True)
                    installer.install(folder)
                    _mark(folder).touch()
        except LockedError as error:
            raise CannotInstallError(str(error)) from None
        return folder


def _mark(folder: Path) -> Path:
    """Return the file that is there when a client is installed; installed scripts have the folder's name in them."""
    return folder / ".installed"


def copy_program(name: str, folder: Path) -> None:
    """Copy a program of ours, with the files that its build needs."""
    shutil.copytree(PROGRAMS / name, folder, dirs_exist_ok=True)


def run(*command: str, directory: Path | None = None, environment: Mapping[str, str] | None = None) -> str:
    """Run a package manager and return what it prints.

    Raises:
        CannotInstallError: it is not there, or fails; the message has the line that tells most.
    """
    if shutil.which(command[0]) is None:
        raise CannotInstallError(f"{command[0]} is not installed")
    try:
        ran = subprocess.run(
            command,
            cwd=directory,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_INSTALL_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise CannotInstallError(f"{command[0]} takes longer than {_INSTALL_SECONDS} s") from None
    if ran.returncode:
        raise CannotInstallError(f"{' '.join(command[:2])}: {_most_telling_line(ran.stderr or ran.stdout)}")
    return ran.stdout.strip()


def _most_telling_line(text: str) -> str:
    lines = [line.strip() for line in ESCAPE_SEQUENCE.sub("", text).splitlines() if line.strip()]
    wrong = [line for line in lines if "error" in line.lower() or "403" in line or "404" in line]
    return (wrong or lines or ["it fails and says nothing"])[0][:160]


def _fingerprint(installer: Installer) -> str:
    content = hashlib.sha256(repr((installer, sys.version_info[:2])).encode())
    program = getattr(installer, "program", None)
    for path in sorted((PROGRAMS / program).rglob("*") if program else ()):
        if path.is_file():
            content.update(path.read_bytes())
    return content.hexdigest()[:12]
