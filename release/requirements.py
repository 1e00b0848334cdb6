"""Requirements with hashes: what a release runs and is made with, to the byte, on every system and Python."""

from pathlib import Path

from release.commit import ROOT
from release.programs import run

FOLDER = ROOT / "requirements"

_COMMAND = "python -m release requirements"

# What each has beside the dependencies of the program.
_FILES: dict[str, tuple[str, ...]] = {
    "run.txt": (),
    "release.txt": ("--extra", "release", "--extra", "dev"),
}


def write(folder: Path = FOLDER, *, upgrade: bool = False) -> list[Path]:
    """Write one file for each purpose, and return them; what still fits stays, unless an *upgrade* is wanted."""
    folder.mkdir(exist_ok=True)
    return [_write(folder / name, extras, upgrade=upgrade) for name, extras in _FILES.items()]


def _write(file: Path, extras: tuple[str, ...], *, upgrade: bool) -> Path:
    options = ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-annotate", "--quiet"]
    # Nor where they come from: that is a matter of who installs them.
    options += ["--no-emit-index-url", "--no-emit-find-links", "--custom-compile-command", _COMMAND]
    if upgrade:
        options.append("--upgrade")
    run(["uv", "pip", "compile", *options, *extras, "--output-file", file, ROOT / "pyproject.toml"], folder=ROOT)
    return file


def check() -> None:
    """Make sure that the files name what the project needs now.

    Raises:
        SystemExit: they do not; the message has the command to run.
    """
    before = {file: file.read_bytes() for file in FOLDER.glob("*.txt")}
    try:
        after = {file: file.read_bytes() for file in write()}
    finally:
        for file, content in before.items():
            file.write_bytes(content)
    if before != after:
        raise SystemExit(f"the requirements are out of date: run {_COMMAND}")
