"""A machine whose key can be used without a passphrase."""

import pytest

from tests.machine import Machine


@pytest.fixture
def machine(machine: Machine) -> Machine:
    machine.lay_down_the_key()
    return machine
