"""The bill of materials: what the installed program is made of, in CycloneDX."""

from pathlib import Path
from tempfile import TemporaryDirectory

from release import commit
from release.distributions import Distributions
from release.programs import run


def write(distributions: Distributions, folder: Path) -> Path:
    """Write what an installation with the hashed requirements holds to a file in *folder*, and return that."""
    file = folder / "bill-of-materials.cdx.json"
    with TemporaryDirectory() as place:
        environment = Path(place, "environment")
        install = ["uv", "pip", "install", "--quiet", "--python", str(environment)]
        run(["uv", "venv", "--quiet", "--no-project", environment])
        run([*install, "--require-hashes", "--requirements", str(commit.ROOT / "requirements" / "run.txt")])
        run([*install, "--no-deps", str(distributions.wheel)])
        options = ["--output-reproducible", "--mc-type", "application"]
        project = commit.ROOT / "pyproject.toml"
        run(["cyclonedx-py", "environment", *options, "--pyproject", project, "--output-file", file, environment])
    return file
