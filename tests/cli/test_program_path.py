"""The line in the config file names the program that wrote it, however that was started."""

import shlex
import sys
from pathlib import Path

import pytest

from tests.machine import Machine


@pytest.fixture
def single_file(machine: Machine) -> Path:
    """Return a file that is the whole program, as far as its callers can tell."""
    file = machine.home / "my programs" / "mfa-session-linux.pyz"
    file.parent.mkdir()
    file.write_text("#!/usr/bin/env python3\nimport sys; from mfa_session.__main__ import main; sys.exit(main())\n")
    file.chmod(0o700)
    return file


@pytest.mark.parametrize("way", ["by its path", "from its folder"])
def test_a_single_file_names_itself(machine: Machine, single_file: Path, way: str) -> None:
    machine.lay_down_the_key()
    started = single_file if way == "by its path" else single_file.name
    configure = (sys.executable, started, "configure", "--profile", "test-user", "--credential-process")

    imported = machine.run("keys", "import", "--profile", "test-user")
    assert imported.returncode == 0, imported.stderr
    changed = machine.run_program("sh", "-c", 'cd "$0" && exec "$@"', single_file.parent, *configure)

    assert changed.returncode == 0, changed.stderr
    line = machine.config("test-user")["credential_process"]
    assert shlex.split(line) == [sys.executable, "-I", str(single_file), "credential-process", "--profile", "test-user"]
