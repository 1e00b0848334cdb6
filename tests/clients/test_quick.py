"""One client of each family that is installed in seconds; `python -m tests.clients` runs them all, in every mode."""

from pathlib import Path

import pytest

from tests.clients.installers import CannotInstallError, Installation
from tests.clients.modes import client_machine, try_mode
from tests.clients.table import Mode, named

# botocore itself and the SDK for JavaScript have more tests of their own.
FAMILIES = {
    "botocore": "boto3",
    "JavaScript": "SDK for JavaScript v3",
    "Go": "rclone (SDK for Go v1)",
    "Rust": "obstore (Rust; profiles by boto3)",
    "C++": "pyarrow (SDK for C++)",
    "CRT": "awscrt",
    "Ruby": "SDK for Ruby",
}

MODES = (Mode.SESSION, Mode.LIVE, Mode.SERVE, Mode.ASKED)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_client_of_each_family_gets_a_session_in_each_way(tmp_path: Path, family: str) -> None:
    client = named(FAMILIES[family])
    try:
        folder = Installation().install(client.slug, client.installer)
    except CannotInstallError as error:
        pytest.skip(f"cannot install {client.name}: {error}")

    with client_machine(tmp_path) as machine:
        outcomes = {
            mode.value: try_mode(machine, client, folder, mode).text for mode in MODES if mode not in client.limits
        }

    assert set(outcomes.values()) == {"works"}, outcomes
