"""What package managers of systems take: a Homebrew formula, a Scoop manifest and a Debian package."""

import hashlib
import json
import platform
import shutil
import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory

from release import commit
from release.distributions import Distributions
from release.programs import run

_PYTHON = "python@3.13"  # of Homebrew
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}  # as Debian names them


def write(distributions: Distributions, single_file: Path, folder: Path, *, address: str) -> list[Path]:
    """Write all of them to *folder*, and return them; *address* is where the files of the release will be found."""
    project = tomllib.loads((commit.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    version = distributions.source.name.removeprefix("mfa_session-").removesuffix(".tar.gz")
    formula, manifest = folder / "mfa-session.rb", folder / "mfa-session.json"
    formula.write_text(_formula(distributions.source, project["description"], address), encoding="utf-8")
    manifest.write_text(_manifest(distributions.wheel, project["description"], version, address), encoding="utf-8")
    return [formula, manifest, _debian(single_file, project["description"], version, folder)]


def _formula(source: Path, description: str, address: str) -> str:
    resources = "".join(
        f'\n  resource "{name}" do\n    url "{url}"\n    sha256 "{digest}"\n  end\n'
        for name, url, digest in _resources()
    )
    return f'''class MfaSession < Formula
  include Language::Python::Virtualenv

  desc "{description}"
  homepage "{_homepage(address)}"
  url "{address}/{source.name}"
  sha256 "{_digest(source)}"
  license "MIT"

  depends_on "pkgconf" => :build
  depends_on "rust" => :build
  depends_on "openssl@3"
  depends_on "{_PYTHON}"
{resources}
  def install
    virtualenv_install_with_resources
  end

  test do
    system bin/"mfa-session", "demo"
  end
end
'''


def _resources() -> list[tuple[str, str, str]]:
    """Return name, address and SHA-256 of each source that an installation is built of, in the pinned versions."""
    requirements = (commit.ROOT / "requirements" / "run.txt").read_text(encoding="utf-8")
    pins = [line.rstrip(" \\") for line in requirements.splitlines() if line[:1].isalnum()]
    # Neither what only Windows needs nor what only older versions of Python do.
    pins = [pin for pin in pins if "== 'win32'" not in pin and "python_full_version <" not in pin]
    with TemporaryDirectory() as place:
        wanted = f'[project]\nname = "resources"\nversion = "0"\nrequires-python = ">=3.11"\ndependencies = {pins}\n'
        Path(place, "pyproject.toml").write_text(wanted, encoding="utf-8")
        run(["uv", "lock", "--quiet", "--no-python-downloads", "--project", place], folder=Path(place))
        packages = tomllib.loads(Path(place, "uv.lock").read_text(encoding="utf-8"))["package"]
    names = {pin.partition("==")[0] for pin in pins}
    found = [(package["name"], package["sdist"]) for package in packages if package["name"] in names]
    resources = [(name, source["url"], source["hash"].removeprefix("sha256:")) for name, source in found]
    if len(resources) != len(pins) or any(f"sha256:{digest}" not in requirements for _, _, digest in resources):
        raise SystemExit("the sources of the formula are not those that requirements/run.txt names")
    return resources


def _manifest(wheel: Path, description: str, version: str, address: str) -> str:
    python = '"$dir\\venv\\Scripts\\python.exe"'
    return (
        json.dumps(
            {
                "version": version,
                "description": description,
                "homepage": _homepage(address),
                "license": "MIT",
                "depends": "python",
                "url": f"{address}/{wheel.name}",
                "hash": _digest(wheel),
                "installer": {
                    "script": [
                        'python -m venv "$dir\\venv"',
                        f'& {python} -m pip install --quiet "$dir\\{wheel.name}"',
                    ]
                },
                "bin": "venv\\Scripts\\mfa-session.exe",
            },
            indent=4,
        )
        + "\n"
    )


def _debian(single_file: Path, description: str, version: str, folder: Path) -> Path:
    """Make the package of the program in one file, with its manual pages and completions."""
    machine = _MACHINES[platform.machine()]
    package = folder / f"mfa-session_{version}_{machine}.deb"
    with TemporaryDirectory() as place:
        root = Path(place, "root")
        _put(single_file, root / "usr/bin/mfa-session", mode=0o755)
        for page in sorted((commit.ROOT / "docs" / "man").glob("*.1")):
            _put(page, root / "usr/share/man/man1" / page.name)
        completions = commit.ROOT / "completions"
        _put(completions / "mfa-session.bash", root / "usr/share/bash-completion/completions/mfa-session")
        _put(completions / "_mfa-session", root / "usr/share/zsh/vendor-completions/_mfa-session")
        _put(completions / "mfa-session.fish", root / "usr/share/fish/vendor_completions.d/mfa-session.fish")
        _put(commit.ROOT / "LICENSE", root / "usr/share/doc/mfa-session/copyright")
        control = root / "DEBIAN" / "control"
        control.parent.mkdir()
        control.write_text(
            f"Package: mfa-session\nVersion: {version}\nArchitecture: {machine}\nMaintainer: mfa-session\n"
            f"Depends: python3 (>= 3.11)\nSection: utils\nPriority: optional\nDescription: {description}\n",
            encoding="utf-8",
        )
        for each in (root, *root.rglob("*")):
            if each.is_dir():
                each.chmod(0o755)
        control.chmod(0o644)
        options = ["--root-owner-group", "-Zxz", "--build"]
        time = {"SOURCE_DATE_EPOCH": str(commit.seconds_since_1970())}
        run(["dpkg-deb", *options, root, package], environment=time)
    return package


def _put(file: Path, place: Path, *, mode: int = 0o644) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, place)
    place.chmod(mode)


def _homepage(address: str) -> str:
    return address.partition("/releases/")[0]


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
