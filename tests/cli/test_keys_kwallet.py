"""The only copy of a key in a real KWallet that is ended right after a command that put it there."""

from collections.abc import Iterator

import pytest

from mfa_session.keystore.keyring_store import OSKeyring
from tests.cli.test_keys_import import places_of_the_secret
from tests.kwallet import KWallet, kwallet, needs_kwallet
from tests.machine import Machine
from tests.stored_keys import store

pytestmark = needs_kwallet

PROFILE = ("--profile", "test-user")


@pytest.fixture
def service(machine: Machine) -> Iterator[KWallet]:
    """Return the KWallet of the machine."""
    with kwallet(machine.home) as service:
        # An open wallet has a dialog that nobody sees: it is gone before it shows.
        machine.environment |= {"DBUS_SESSION_BUS_ADDRESS": service.address, "DISPLAY": ":0"}
        machine.environment["MFA_SESSION_STORE"] = "keyring"
        yield service


def keyring(service: KWallet) -> OSKeyring:
    environ = {"HOME": "/", "DBUS_SESSION_BUS_ADDRESS": service.address, "DISPLAY": ":0"}
    return OSKeyring(environ=environ, interactive=True)


@pytest.mark.parametrize("kill", [False, True], ids=["TERM", "KILL"])
def test_an_imported_and_then_rotated_key_is_in_the_wallet(machine: Machine, service: KWallet, kill: bool) -> None:
    machine.lay_down_the_key()

    imported = machine.run("keys", "import", *PROFILE)
    service.end(kill=kill)
    service.start()
    after_import = keyring(service).get("test-user")
    machine.log_in()
    rotated = machine.run("keys", "rotate", *PROFILE)
    service.end(kill=kill)
    service.start()
    after_rotation = keyring(service).get("test-user")

    assert (imported.returncode, rotated.returncode) == (0, 0), imported.stderr + rotated.stderr
    assert places_of_the_secret(machine) == []
    active = [key.access_key_id for key in machine.account.keys_of(machine.user) if key.active]
    assert after_import is not None
    assert after_rotation is not None
    assert after_rotation != after_import
    assert active == [after_rotation.access_key_id]


@pytest.mark.parametrize("kill", [False, True], ids=["TERM", "KILL"])
def test_a_moved_key_is_in_the_wallet(machine: Machine, service: KWallet, kill: bool) -> None:
    store(machine, machine.key)

    moved = machine.run("keys", "move", *PROFILE, "--to", "keyring")
    service.end(kill=kill)
    service.start()

    assert moved.returncode == 0, moved.stderr
    kept = keyring(service).get("test-user")
    assert kept is not None
    assert kept.secret_access_key == machine.key.secret_access_key
