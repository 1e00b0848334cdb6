"""The wheel and the source distribution: the same bytes, whoever builds them from one commit."""

import hashlib
import os
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from release import commit
from release.programs import run


@dataclass(frozen=True, slots=True)
class Distributions:
    """The two files; the wheel is built from what is in the source distribution."""

    wheel: Path
    source: Path

    @classmethod
    def in_folder(cls, folder: Path) -> Self:
        """Return those that lie in *folder*, where there is one of each."""
        (wheel,), (source,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
        return cls(wheel, source)

    def digests(self) -> dict[str, str]:
        """Return the SHA-256 of each by its name."""
        return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in (self.wheel, self.source)}


@dataclass(frozen=True, slots=True)
class Builder:
    """Somebody who builds: what must make no difference."""

    umask: int
    mode: int
    files_are_from: int
    environment: dict[str, str]


_ONE = Builder(0o022, 0o644, 1_000_000_000, {"TZ": "UTC", "LC_ALL": "C", "PYTHONHASHSEED": "1"})
_OTHER = Builder(0o077, 0o600, 1_700_000_001, {"TZ": "Asia/Tokyo", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "2"})


def build(folder: Path) -> Distributions:
    """Build both into *folder*, as two builders in two places do, and make sure that they agree.

    Raises:
        SystemExit: they do not, or a file that belongs in is missing.
    """
    with tempfile.TemporaryDirectory() as place:
        one = _build(_ONE, Path(place, "one"))
        other = _build(_OTHER, Path(place, "some", "other place"))
        if one.digests() != other.digests():
            raise SystemExit(f"two builds differ: {one.digests()} and {other.digests()}")
        _check_content(one)
        folder.mkdir(parents=True, exist_ok=True)
        for file in (one.wheel, one.source):
            (folder / file.name).write_bytes(file.read_bytes())
    return Distributions(folder / one.wheel.name, folder / one.source.name)


def _build(builder: Builder, place: Path) -> Distributions:
    tree = commit.lay_out(place / "tree")
    for file in tree.rglob("*"):
        if file.is_file():
            file.chmod(builder.mode)
            os.utime(file, (builder.files_are_from, builder.files_are_from))
    environment = {**builder.environment, "SOURCE_DATE_EPOCH": str(commit.seconds_since_1970())}
    # Not isolated: what builds is then known by its hash, in requirements/release.txt.
    run(
        ["python", "-m", "build", "--no-isolation", "--outdir", place / "dist", tree],
        environment=environment,
        umask=builder.umask,
    )
    return Distributions.in_folder(place / "dist")


def _check_content(distributions: Distributions) -> None:
    with zipfile.ZipFile(distributions.wheel) as wheel:
        installed = set(wheel.namelist())
    with tarfile.open(distributions.source) as source:
        sources = {name.partition("/")[2] for name in source.getnames()}
    package = {name for name in sources if name.startswith("mfa_session/") and not name.endswith("/")}
    missing = (package - installed) | ({"tests/machine.py", "docs/README.md", "LICENSE"} - sources)
    # What the tests of a checkout write must not slip in.
    strange = {name for name in installed if name.startswith("tests") or "__pycache__" in name}
    if missing or strange or "mfa_session/py.typed" not in installed:
        raise SystemExit(f"missing in the distributions: {sorted(missing)}; strange in the wheel: {sorted(strange)}")
