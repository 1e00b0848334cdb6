"""A terminal for each test that asks for one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.terminal import PseudoTerminal


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[PseudoTerminal]:
    with PseudoTerminal(tmp_path) as terminal:
        yield terminal
