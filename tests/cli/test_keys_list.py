"""`keys list`: every key, its age and its place, and no secret."""

import json
import re
from datetime import timedelta

import pytest

from mfa_session.model.credentials import AccessKey, timestamp
from tests.cli.sections import LONG_TERM_SECRET, long_term_key
from tests.machine import Machine
from tests.stored_keys import encrypted_file, store


@pytest.fixture
def machine(machine: Machine) -> Machine:
    """Return a machine with a key of every kind: stored and dated, stored by a keyring that is not there, and plain."""
    store(machine, machine.key)
    date = machine.account.now().replace(microsecond=0) - timedelta(days=91)
    key = AccessKey(machine.key.access_key_id, machine.key.secret_access_key, "123456789012", date)
    encrypted_file(machine).set("test-user", key)
    machine.write_config(machine.config_file.read_text() + "[profile locked]\nmfa_session_store = keyring\n")
    machine.write_credentials(long_term_key("careless"))
    return machine


def test_each_key_has_its_line_and_a_store_that_does_not_open_says_why(machine: Machine) -> None:
    shown = machine.run("keys", "list", DBUS_SESSION_BUS_ADDRESS="")

    last = machine.key.access_key_id[-4:]
    assert shown.returncode == 253
    assert [line.split("  ") and line.split() for line in shown.stdout.splitlines()[:4]] == [
        ["PROFILE", "KEY", "AGE", "STORE", "ACCOUNT"],
        ["careless", "AKIA…MPLE", "-", "plain", "text", "-"],
        ["locked", "?", "-", "keyring", "-"],
        ["test-user", f"AKIA…{last}", "91", "days", "encrypted", "file", "123456789012"],
    ]
    assert shown.stdout.splitlines()[4].startswith("locked: no OS keyring found (no D-Bus session)")


def test_programs_get_json(machine: Machine) -> None:
    careless, locked, ours = json.loads(machine.run("keys", "list", "--json", DBUS_SESSION_BUS_ADDRESS="").stdout)[
        "keys"
    ]

    assert set(careless) == set(locked) == set(ours)
    assert (careless["store"], locked["store"], ours["store"]) == ("credentials_file", "keyring", "file")
    assert ours["access_key_id"] == f"AKIA…{machine.key.access_key_id[-4:]}"
    assert (ours["age_days"], ours["account_id"], ours["problem"]) == (91, "123456789012", None)
    assert locked["problem"].startswith("no OS keyring found (no D-Bus session)")


def test_no_secret_is_shown(machine: Machine) -> None:
    shown = machine.run("keys", "list").stdout + machine.run("keys", "list", "--json").stdout

    assert LONG_TERM_SECRET not in shown
    assert machine.key.secret_access_key not in shown


def test_a_wrong_passphrase_is_asked_for_three_times_and_told_with_every_key(machine: Machine) -> None:
    machine.write_config(machine.config_file.read_text() + "[profile other]\nmfa_session_store = file\n")
    del machine.environment["MFA_SESSION_PASSPHRASE"]

    with machine.terminal() as terminal:
        program = machine.start(terminal, "keys", "list", "--unlock")
        for _ in range(3):
            terminal.expect("Passphrase of the encrypted file")
            terminal.type("a wrong one\n")

        assert program.wait() == 253
        assert terminal.text.count("Passphrase of the encrypted file") == 3
        assert terminal.text.count("wrong passphrase, or the file is damaged") == 2


def test_no_passphrase_is_needed_to_list(machine: Machine) -> None:
    created = timestamp(machine.account.now() - timedelta(days=91))
    machine.write_config(
        f"[profile test-user]\nmfa_session_store = file\nmfa_session_key_created = {created}\n"
        "[profile other]\nmfa_session_store = file\n"
    )
    del machine.environment["MFA_SESSION_PASSPHRASE"]

    with machine.terminal() as terminal:
        assert machine.start(terminal, "keys", "list").wait() == 0
        shown = terminal.text
    _, other, ours = json.loads(machine.run("keys", "list", "--json").stdout)["keys"]

    assert "assphrase" not in shown
    assert re.search(r"^test-user +\? +91 days +encrypted file +-", shown, re.MULTILINE)
    assert "to show the other key IDs: mfa-session keys list --unlock" in shown
    assert (other["access_key_id"], other["age_days"], other["problem"]) == (None, None, None)
    assert (ours["access_key_id"], ours["age_days"], ours["problem"]) == (None, 91, None)


def test_where_there_is_none_it_says_how_to_begin(machine: Machine) -> None:
    machine.write_config("")
    machine.write_credentials("")

    shown = machine.run("keys", "list")

    assert (shown.returncode, shown.stdout) == (0, "")
    assert "mfa-session keys add --profile NAME" in shown.stderr
    assert json.loads(machine.run("keys", "list", "--json").stdout) == {"version": 1, "keys": []}


def test_a_name_cannot_move_the_cursor(machine: Machine) -> None:
    machine.write_credentials(long_term_key("a\x1b[2Jb"))

    assert "\x1b" not in machine.run("keys", "list").stdout
