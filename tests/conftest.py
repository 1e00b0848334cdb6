"""What every test may ask for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.machine import Machine, running_machine


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """Return a machine with AWS on its loopback."""
    with running_machine(tmp_path) as machine:
        yield machine
