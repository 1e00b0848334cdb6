"""The life of a key in a real OS keyring: in, proven, rotated and out."""

from collections.abc import Iterator

import pytest

from mfa_session.store.os_keyring import OSKeyring
from tests.cli.refusals import CONFIGURATION, files
from tests.cli.test_keys_import import places_of_the_secret
from tests.machine import Machine
from tests.secret_service import SecretService, needs_secret_service, secret_service

pytestmark = needs_secret_service

PROFILE = ("--profile", "test-user")


@pytest.fixture
def service(machine: Machine) -> Iterator[SecretService]:
    """Return the Secret Service of a machine whose key lies in the credentials file."""
    machine.lay_down_the_key()
    with secret_service(machine.home) as service:
        machine.environment["DBUS_SESSION_BUS_ADDRESS"] = service.address
        machine.environment["MFA_SESSION_STORE"] = "keyring"
        yield service


def keyring(service: SecretService) -> OSKeyring:
    return OSKeyring(environ={"DBUS_SESSION_BUS_ADDRESS": service.address}, interactive=False)


def test_a_key_goes_in_is_rotated_and_goes_out_again(machine: Machine, service: SecretService) -> None:
    imported = machine.run("keys", "import", *PROFILE)
    assert imported.returncode == 0, imported.stderr
    assert "it is in the Secret Service keyring, and was read back" in imported.stderr
    assert places_of_the_secret(machine) == []
    old = keyring(service).get("test-user")

    machine.log_in()
    rotated = machine.run("keys", "rotate", *PROFILE, "--delete-old")
    assert rotated.returncode == 0, rotated.stderr
    new = keyring(service).get("test-user")
    assert new is not None
    assert new != old
    assert [key.access_key_id for key in machine.account.keys_of(machine.user)] == [new.access_key_id]

    removed = machine.run("keys", "remove", *PROFILE, "--yes")
    assert removed.returncode == 0, removed.stderr
    assert keyring(service).get("test-user") is None


def test_a_keyring_that_is_locked_leaves_the_key_where_it_is(machine: Machine, service: SecretService) -> None:
    service.lock()
    before = files(machine)

    ran = machine.run("keys", "import", *PROFILE)

    assert ran.returncode == CONFIGURATION
    assert "the Secret Service keyring is locked" in ran.stderr
    assert files(machine) == before
