"""The packages of a release: the same bytes each time, and what their package managers read in them."""

import hashlib
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from release import packages
from release.distributions import Distributions

ADDRESS = "https://example.com/mfa-session/releases/download/v0.1.0"
NEEDED = [pytest.mark.skipif(not shutil.which(name), reason=f"{name} is not installed") for name in ("uv", "dpkg-deb")]
pytestmark = NEEDED


def made(folder: Path) -> list[Path]:
    folder.mkdir()
    wheel, source = folder / "mfa_session-0.1.0-py3-none-any.whl", folder / "mfa_session-0.1.0.tar.gz"
    program = folder / "mfa-session.pyz"
    for file in (wheel, source):
        file.write_bytes(file.name.encode())
    program.write_text("#!/bin/sh\necho mfa-session 0.1.0\n")
    try:
        return packages.write(Distributions(wheel, source), program, folder, address=ADDRESS)
    except SystemExit as error:
        if "Failed to fetch" in str(error):
            pytest.skip("no registry is reached from here")
        raise


def test_two_builds_are_the_same_and_have_what_their_managers_need(tmp_path: Path) -> None:
    formula, manifest, debian = made(tmp_path / "one")

    assert [file.read_bytes() for file in made(tmp_path / "other")] == [
        file.read_bytes() for file in (formula, manifest, debian)
    ]
    resources = re.findall(r'resource "(.+)" do\n    url "https://.+"\n    sha256 "[0-9a-f]{64}"', formula.read_text())
    assert {"botocore", "cryptography", "keyring", "typer", "jeepney", "shellingham"} <= set(resources)
    assert not {"colorama", "pywin32-ctypes", "backports-tarfile"} & set(resources)
    scoop = json.loads(manifest.read_text())
    assert scoop["hash"] == hashlib.sha256(scoop["url"].rpartition("/")[2].encode()).hexdigest()
    assert scoop["homepage"] == "https://example.com/mfa-session"


def test_the_debian_package_unpacks_to_a_program_that_runs(tmp_path: Path) -> None:
    *_, debian = made(tmp_path / "one")

    subprocess.run(["dpkg-deb", "-x", debian, tmp_path / "root"], check=True)
    said = subprocess.run([tmp_path / "root/usr/bin/mfa-session"], capture_output=True, text=True, check=True)
    control = subprocess.run(["dpkg-deb", "-f", debian, "Depends"], capture_output=True, text=True, check=True)

    assert said.stdout == "mfa-session 0.1.0\n"
    assert control.stdout == "python3 (>= 3.11)\n"
    assert (tmp_path / "root/usr/share/man/man1/mfa-session.1").exists()
