"""The bill of materials: what the installed program is made of, in CycloneDX."""

from pathlib import Path

from release import commit
from release.distributions import Distributions
from release.environments import environment
from release.programs import run
from release.pythons import pythons


def write(distributions: Distributions, folder: Path) -> Path:
    """Write what an installation with the hashed requirements holds to a file in *folder*, and return that."""
    file = folder / "bill-of-materials.cdx.json"
    with environment(pythons()[0].path) as fresh:
        fresh.install("--require-hashes", "--requirements", commit.ROOT / "requirements" / "run.txt")
        fresh.install("--no-deps", distributions.wheel)
        options = ["--output-reproducible", "--mc-type", "application"]
        project = commit.ROOT / "pyproject.toml"
        run(["cyclonedx-py", "environment", *options, "--pyproject", project, "--output-file", file, fresh.python])
    return file
