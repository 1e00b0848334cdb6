"""The life of a key in a real OS keyring: in, proven, rotated and out."""

from collections.abc import Iterator

import pytest

from mfa_session.errors import DamagedItemError
from mfa_session.keystore.keyring_backends import TimeLimits
from mfa_session.keystore.keyring_store import OSKeyring
from mfa_session.keystore.secret_service import SecretService as SecretServiceClient
from tests.cli.refusals import CONFIGURATION, files
from tests.cli.test_keys_import import places_of_the_secret
from tests.kwallet import kwallet, needs_kwallet
from tests.machine import Machine
from tests.secret_service import SecretService, needs_secret_service, secret_service
from tests.stored_keys import store, stored_key

pytestmark = needs_secret_service

PROFILE = ("--profile", "test-user")
MOVE = ("keys", "move", *PROFILE, "--to")


@pytest.fixture
def service(machine: Machine) -> Iterator[SecretService]:
    """Return the Secret Service of the machine."""
    with secret_service(machine.home) as service:
        machine.environment["DBUS_SESSION_BUS_ADDRESS"] = service.address
        machine.environment["MFA_SESSION_STORE"] = "keyring"
        yield service


def keyring(service: SecretService) -> OSKeyring:
    return OSKeyring(environ={"DBUS_SESSION_BUS_ADDRESS": service.address}, interactive=False)


def test_a_key_goes_in_is_rotated_and_goes_out_again(machine: Machine, service: SecretService) -> None:
    machine.lay_down_the_key()

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


def test_a_key_that_somebody_else_has_deleted_is_not_said_to_be_removed(
    machine: Machine, service: SecretService
) -> None:
    machine.lay_down_the_key()
    assert machine.run("keys", "import", *PROFILE).returncode == 0
    keyring(service).delete("test-user")

    removed = machine.run("keys", "remove", *PROFILE, "--yes")

    assert removed.returncode == 0
    assert "the Secret Service keyring had no key of test-user" in removed.stderr
    assert "gone" not in removed.stderr


def test_a_key_that_is_not_in_its_store_is_not_said_to_be_there_already(
    machine: Machine, service: SecretService
) -> None:
    machine.lay_down_the_key()
    assert machine.run("keys", "import", *PROFILE).returncode == 0
    keyring(service).delete("test-user")

    moved = machine.run(*MOVE, "keyring")

    assert moved.returncode == 253
    assert "already" not in moved.stderr


@needs_kwallet
def test_under_another_desktop_every_command_says_where_the_key_is(machine: Machine, service: SecretService) -> None:
    machine.lay_down_the_key()
    assert machine.run("keys", "import", *PROFILE).returncode == 0

    with kwallet(machine.home) as kde:
        machine.environment |= {
            "DBUS_SESSION_BUS_ADDRESS": kde.address,
            "DISPLAY": ":0",
            "MFA_SESSION_PASSPHRASE": "correct horse",
        }
        said = [
            machine.run(*command)
            for command in (
                ("login", *PROFILE, "--token-code", "123456"),
                ("keys", "remove", *PROFILE, "--yes"),
                (*MOVE, "file"),
                (*MOVE, "keyring"),
                ("keys", "rotate", *PROFILE),
                ("keys", "list"),
            )
        ]

    for each in said:
        assert each.returncode == 253
        assert (
            "was put into gnome-keyring (Login), and only KWallet (kdewallet) answers now" in each.stderr + each.stdout
        )
    assert keyring(service).get("test-user") is not None


def test_a_locked_keyring_at_the_desktop_is_no_problem_to_doctor(machine: Machine, service: SecretService) -> None:
    machine.lay_down_the_key()
    assert machine.run("keys", "import", *PROFILE).returncode == 0
    service.lock()

    found = machine.run("doctor", *PROFILE, "--offline", DISPLAY=":0")
    over_ssh = machine.run("doctor", *PROFILE, "--offline", SSH_CONNECTION="192.0.2.1 50000 192.0.2.2 22")

    assert found.returncode == 0, found.stdout
    assert "not opened: the Secret Service keyring is locked" in found.stdout
    assert over_ssh.returncode == 1


def test_a_keyring_that_is_locked_leaves_the_key_where_it_is(machine: Machine, service: SecretService) -> None:
    machine.lay_down_the_key()
    service.lock()
    before = files(machine)

    ran = machine.run("keys", "import", *PROFILE)

    assert ran.returncode == CONFIGURATION
    assert "the Secret Service keyring is locked" in ran.stderr
    assert files(machine) == before


def test_a_key_moves_to_the_keyring_and_back_and_is_never_in_both(machine: Machine, service: SecretService) -> None:
    store(machine, machine.key)

    there = machine.run(*MOVE, "keyring")
    in_keyring, in_file = keyring(service).get("test-user"), stored_key(machine)
    named_there = machine.config("test-user")["mfa_session_store"]
    back = machine.run(*MOVE, "file")

    assert (there.returncode, back.returncode) == (0, 0), there.stderr + back.stderr
    assert in_keyring is not None
    assert in_keyring.secret_access_key == machine.key.secret_access_key
    assert in_file is None
    assert named_there == "keyring"
    assert keyring(service).get("test-user") is None
    assert stored_key(machine) == in_keyring
    assert machine.config("test-user")["mfa_session_store"] == "file"


def test_a_move_that_was_cut_short_before_the_deletion_is_finished_by_the_same_command(
    machine: Machine, service: SecretService
) -> None:
    store(machine, machine.key)
    key = stored_key(machine)
    assert key is not None
    keyring(service).set("test-user", key)

    ran = machine.run(*MOVE, "file")

    assert ran.returncode == 0
    assert "is in the encrypted file ~/.aws/mfa-session/keys.json already" in ran.stderr
    assert keyring(service).get("test-user") is None
    assert stored_key(machine) == key


def damage_the_item(machine: Machine, service: SecretService) -> None:
    machine.write_config("[profile test-user]\nregion = ap-northeast-1\nmfa_session_store = keyring\n")
    client = SecretServiceClient({"DBUS_SESSION_BUS_ADDRESS": service.address}, limits=TimeLimits(), may_ask=False)
    client.set("mfa-session:test-user", "test-user", "no key")


@pytest.mark.parametrize("answer", ["y", "n"])
def test_a_damaged_item_is_replaced_by_a_new_key_after_a_question(
    machine: Machine, service: SecretService, answer: str
) -> None:
    damage_the_item(machine, service)

    with machine.terminal() as terminal:
        program = machine.start(terminal, "keys", "add", *PROFILE)
        terminal.expect("Access key ID for test-user: ")
        terminal.type(machine.key.access_key_id + "\n")
        terminal.expect("Secret access key (not shown): ")
        terminal.type(machine.key.secret_access_key + "\n")
        terminal.expect("is not an access key")
        terminal.expect("Replace it?")
        terminal.type(f"{answer}\n")
        exit_code = program.wait()

    if answer == "y":
        assert exit_code == 0
        kept = keyring(service).get("test-user")
        assert kept is not None
        assert kept.secret_access_key == machine.key.secret_access_key
    else:
        assert exit_code == 1
        with pytest.raises(DamagedItemError):
            keyring(service).get("test-user")
