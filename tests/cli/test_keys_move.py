"""`keys move`: between the encrypted file and a real OS keyring."""

from collections.abc import Iterator

import pytest

from mfa_session.store.os_keyring import OSKeyring
from tests.cli.refusals import CONFIGURATION, USAGE, files
from tests.machine import Machine
from tests.secret_service import SecretService, needs_secret_service, secret_service
from tests.stored_keys import store, stored_key

MOVE = ("keys", "move", "--profile", "test-user", "--to")


@pytest.fixture
def machine(machine: Machine) -> Machine:
    """Return a machine whose key is in the encrypted file."""
    store(machine, machine.key)
    return machine


@pytest.fixture
def service(machine: Machine) -> Iterator[SecretService]:
    """Return the Secret Service of this machine."""
    with secret_service(machine.home) as service:
        machine.environment["DBUS_SESSION_BUS_ADDRESS"] = service.address
        yield service


@needs_secret_service
def test_a_key_moves_to_the_keyring_and_back_and_is_never_in_both(machine: Machine, service: SecretService) -> None:
    keyring = OSKeyring(environ={"DBUS_SESSION_BUS_ADDRESS": service.address}, interactive=False)

    there = machine.run(*MOVE, "keyring")
    in_keyring, in_file = keyring.get("test-user"), stored_key(machine)
    named_there = machine.config("test-user")["mfa_session_store"]
    back = machine.run(*MOVE, "file")

    assert (there.returncode, back.returncode) == (0, 0), there.stderr + back.stderr
    assert in_keyring is not None
    assert in_keyring.secret_access_key == machine.key.secret_access_key
    assert in_file is None
    assert named_there == "keyring"
    assert keyring.get("test-user") is None
    assert stored_key(machine) == in_keyring
    assert machine.config("test-user")["mfa_session_store"] == "file"


@needs_secret_service
def test_a_move_that_was_cut_short_before_the_deletion_is_finished_by_the_same_command(
    machine: Machine, service: SecretService
) -> None:
    keyring = OSKeyring(environ={"DBUS_SESSION_BUS_ADDRESS": service.address}, interactive=False)
    key = stored_key(machine)
    assert key is not None
    keyring.set("test-user", key)

    ran = machine.run(*MOVE, "file")

    assert ran.returncode == 0
    assert "is in the encrypted file ~/.aws/mfa-session/keys.json already" in ran.stderr
    assert keyring.get("test-user") is None
    assert stored_key(machine) == key


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
