"""`keys move`: what keeps a key where it is. The moves themselves are proven with a real keyring."""

import pytest

from tests.cli.refusals import CONFIGURATION, USAGE, files
from tests.machine import Machine
from tests.stored_keys import store, stored_key

MOVE = ("keys", "move", "--profile", "test-user", "--to")


@pytest.fixture
def machine(machine: Machine) -> Machine:
    """Return a machine whose key is in the encrypted file."""
    store(machine, machine.key)
    return machine


def test_where_there_is_no_keyring_the_key_stays_where_it_is(machine: Machine) -> None:
    before = files(machine)

    ran = machine.run(*MOVE, "keyring")

    assert ran.returncode == CONFIGURATION
    assert files(machine) == before
    assert stored_key(machine) is not None


def test_a_store_that_there_is_not_is_a_usage_error(machine: Machine) -> None:
    ran = machine.run(*MOVE, "cloud")

    assert ran.returncode == USAGE
    assert "there is no store of access keys named cloud" in ran.stderr


def test_a_key_in_the_credentials_file_is_to_be_imported(machine: Machine) -> None:
    machine.write_config("")
    machine.lay_down_the_key()

    ran = machine.run(*MOVE, "file")

    assert ran.returncode == CONFIGURATION
    assert "mfa-session keys import --profile test-user" in ran.stderr
