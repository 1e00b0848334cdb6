"""One key under several names: what changes it for one profile says what it means for the others."""

import pytest

from mfa_session.model.credentials import moment
from tests.cli.refusals import CONFIGURATION, files
from tests.machine import Machine
from tests.stored_keys import store, stored_key

ROTATE = ("keys", "rotate", "--profile", "test-user")
REMOVE = ("keys", "remove", "--profile", "test-user", "--yes")


def lines_of_the_key(machine: Machine, name: str) -> str:
    return (
        f"[{name}]\naws_access_key_id = {machine.key.access_key_id}\n"
        f"aws_secret_access_key = {machine.key.secret_access_key}\n"
    )


@pytest.fixture
def machine(machine: Machine) -> Machine:
    """Return a machine on which two profiles have one key, in the encrypted file, and one has a session."""
    store(machine, machine.key)
    store(machine, machine.key, profile="bob")
    assert machine.log_in().returncode == 0
    return machine


def test_a_rotation_gives_the_new_key_to_each_profile_that_has_the_old(machine: Machine) -> None:
    old = machine.key

    ran = machine.run(*ROTATE)

    assert ran.returncode == 0, ran.stderr
    new = stored_key(machine)
    assert new is not None
    assert new.access_key_id != old.access_key_id
    assert stored_key(machine, "bob") == new
    assert moment(machine.config("bob")["mfa_session_key_created"]) == new.create_date
    assert "profile bob (encrypted file) has it, too" in ran.stderr
    assert len(machine.calls("CreateAccessKey")) == 1
    assert machine.run(*ROTATE, "--delete-old").returncode == 0
    assert [key.access_key_id for key in machine.account.keys_of(machine.user)] == [new.access_key_id]


@pytest.mark.parametrize(
    ("section", "command"),
    [("default", "keys import --profile default"), ("work-long-term", "keys import --profile work")],
)
def test_a_key_that_is_in_plain_text_too_is_rotated_only_once_it_is_stored_there(
    machine: Machine, section: str, command: str
) -> None:
    machine.write_credentials(machine.credentials_file.read_text() + lines_of_the_key(machine, section))
    before = files(machine)

    refused = machine.run(*ROTATE)

    assert refused.returncode == CONFIGURATION
    assert f"profile {section} (credentials file, in plain text)" in refused.stderr
    assert command in refused.stderr
    assert files(machine) == before
    assert machine.calls("CreateAccessKey") == []


def test_a_key_in_the_config_file_is_found_too(machine: Machine) -> None:
    lines = lines_of_the_key(machine, "profile old")
    machine.write_config(machine.config_file.read_text() + "\n" + lines)

    refused = machine.run(*ROTATE)

    assert refused.returncode == CONFIGURATION
    assert "profile old (config file, in plain text)" in refused.stderr


@pytest.mark.parametrize("options", [("--yes",), ("--yes", "--delete-old")])
def test_a_rotation_does_not_delete_the_key_of_another_profile(machine: Machine, options: tuple[str, ...]) -> None:
    second = machine.account.add_access_key(machine.user)
    store(machine, second, profile="carol")
    ids = {key.access_key_id for key in machine.account.keys_of(machine.user)}

    refused = machine.run(*ROTATE, *options)

    assert refused.returncode == CONFIGURATION
    assert f"the key AKIA…{second.access_key_id[-4:]} stays: it is that of profile carol" in refused.stderr
    assert {key.access_key_id for key in machine.account.keys_of(machine.user)} == ids


def test_the_old_key_is_not_deleted_while_another_profile_has_it(machine: Machine) -> None:
    old = machine.key
    assert machine.run(*ROTATE).returncode == 0
    machine.write_credentials(
        machine.credentials_file.read_text()
        + f"[default]\naws_access_key_id = {old.access_key_id}\naws_secret_access_key = {old.secret_access_key}\n"
    )

    refused = machine.run(*ROTATE, "--delete-old")

    assert refused.returncode == CONFIGURATION
    assert "it is that of profile default (credentials file, in plain text)" in refused.stderr
    assert old.access_key_id in {key.access_key_id for key in machine.account.keys_of(machine.user)}


def test_a_store_that_does_not_open_is_told_of(machine: Machine) -> None:
    config = machine.config_file.read_text()
    machine.write_config(f"{config}\n[profile far]\nmfa_session_store = keyring\n")

    ran = machine.run(*ROTATE)

    assert ran.returncode == 0, ran.stderr
    assert "it is not known whether profile far has the same key" in ran.stderr


def test_a_key_that_others_have_is_removed_only_if_one_says_what_becomes_of_theirs(machine: Machine) -> None:
    machine.write_credentials(machine.credentials_file.read_text() + lines_of_the_key(machine, "default"))
    before = files(machine)

    refused = machine.run(*REMOVE)

    assert refused.returncode == CONFIGURATION
    assert "profile bob (encrypted file) and profile default (credentials file, in plain text)" in refused.stderr
    assert "--copies remove" in refused.stderr
    assert files(machine) == before


def test_the_copies_may_stay(machine: Machine) -> None:
    ran = machine.run(*REMOVE, "--copies", "keep")

    assert ran.returncode == 0, ran.stderr
    assert stored_key(machine) is None
    assert stored_key(machine, "bob") is not None
    assert "profile bob (encrypted file) still has it: do not delete it at AWS" in ran.stderr
    assert "delete-access-key" not in ran.stderr


def test_the_copies_may_go_and_are_named(machine: Machine) -> None:
    machine.write_credentials(machine.credentials_file.read_text() + lines_of_the_key(machine, "default"))

    ran = machine.run(*REMOVE, "--copies", "remove")

    assert ran.returncode == 0, ran.stderr
    assert stored_key(machine) is stored_key(machine, "bob") is None
    assert machine.key.secret_access_key not in machine.credentials_file.read_text()
    assert "mfa_session_store" not in machine.config_file.read_text()
    for name in ("bob (encrypted file)", "default (credentials file, in plain text)"):
        assert f"of profile {name} is gone" in ran.stderr


def test_an_import_names_the_sections_that_still_have_the_key(machine: Machine) -> None:
    lines = "".join(lines_of_the_key(machine, name) for name in ("default", "work"))
    machine.write_credentials(machine.credentials_file.read_text() + lines)

    ran = machine.run("keys", "import", "--profile", "work")

    assert ran.returncode == 0, ran.stderr
    assert "is still that of profile default (credentials file, in plain text)" in ran.stderr
    assert "hint: move it, too: mfa-session keys import --profile default" in ran.stderr
    assert "profile bob (encrypted file) has the same key" in ran.stderr


def test_an_import_of_all_moves_every_section_with_one_proof(machine: Machine) -> None:
    lines = "".join(lines_of_the_key(machine, name) for name in ("default", "work"))
    machine.write_credentials(machine.credentials_file.read_text() + lines)
    before = len(machine.calls("GetCallerIdentity"))

    ran = machine.run("keys", "import", "--all")

    assert ran.returncode == 0, ran.stderr
    assert "in plain text" not in ran.stderr
    assert machine.key.secret_access_key not in machine.credentials_file.read_text()
    assert stored_key(machine, "default") == stored_key(machine, "work") is not None
    assert len(machine.calls("GetCallerIdentity")) == before + 1
