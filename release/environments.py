"""Virtual environments, made in a moment by uv and thrown away."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from release.programs import clean_environment, run


class Environment:
    """One virtual environment in *folder*, with an empty home beside it."""

    def __init__(self, folder: Path, python: Path | str) -> None:
        run(["uv", "venv", "--quiet", "--no-project", "--python", python, folder])
        self.programs = folder / ("Scripts" if (folder / "Scripts").exists() else "bin")
        self.python = self.programs / "python"
        self.home = folder.with_name("home")
        self.home.mkdir()

    def install(self, *requirements: str | Path) -> None:
        """Install *requirements*, which may have options of ``uv pip install`` among them."""
        run(["uv", "pip", "install", "--quiet", "--python", self.python, *requirements])

    def run(self, command: Sequence[str | Path], *, folder: Path | None = None) -> str:
        """Run *command* with the programs of this environment, and nothing of ours."""
        return run(
            command,
            folder=folder,
            environment=clean_environment(programs=self.programs, home=self.home),
            inherits=False,
        )


@contextmanager
def environment(python: Path | str) -> Iterator[Environment]:
    """Yield an environment with *python*, and delete it afterwards."""
    with TemporaryDirectory() as folder:
        yield Environment(Path(folder, "environment"), python)
