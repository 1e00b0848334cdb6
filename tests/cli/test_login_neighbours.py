"""A login beside other keys: what it may overwrite, what it closes, and which keyring it believes."""

import pytest

from tests.machine import Machine


def section(machine: Machine, name: str) -> str:
    return (
        f"\n[{name}]\naws_access_key_id = {machine.key.access_key_id}\n"
        f"aws_secret_access_key = {machine.key.secret_access_key}\n"
    )


def test_a_long_term_key_is_overwritten_by_nobody_who_has_no_other_copy(machine: Machine) -> None:
    machine.lay_down_the_key()
    text = machine.credentials_file.read_text() + section(machine, "work")
    machine.write_credentials(text)

    ran = machine.log_in("--session-profile", "work", "--force")

    assert ran.returncode == 253
    assert "profile work holds a long-term access key (line 6 of " in ran.stderr
    assert machine.credentials_file.read_text() == text


def test_a_long_term_key_that_is_in_the_store_is_overwritten_by_whoever_insists(machine: Machine) -> None:
    machine.lay_down_the_key()
    machine.write_config("[profile work]\nregion = eu-west-1\n\n[profile test-user]\nregion = eu-west-1\n")
    machine.write_credentials(machine.credentials_file.read_text() + section(machine, "work"))
    assert machine.run("keys", "import", "--profile", "work").returncode == 0
    config = machine.config_file.read_text()
    line = next(line for line in config.splitlines() if line.startswith("credential_process"))
    machine.write_config(config.replace(line + "\n", ""))
    machine.write_credentials(machine.credentials_file.read_text() + section(machine, "work"))

    asked = machine.log_in("--session-profile", "work")
    insisted = machine.log_in("--session-profile", "work", "--force")

    assert asked.returncode == 253
    assert insisted.returncode == 0, insisted.stderr
    assert machine.credentials("work")["aws_access_key_id"].startswith("ASIA")


def test_a_credentials_file_that_others_could_read_is_closed_and_that_is_said_once(machine: Machine) -> None:
    machine.lay_down_the_key()
    machine.credentials_file.chmod(0o644)

    first, second = machine.log_in(), machine.log_in("--force")

    assert machine.credentials_file.stat().st_mode & 0o777 == 0o600
    assert f"others could read {machine.credentials_file}; from now on only you can" in first.stderr
    assert "others could read" not in second.stderr


@pytest.mark.parametrize("named", ["keyrings.alt.file.PlaintextKeyring", "keyring.backends.null.Keyring"])
def test_a_keyring_that_keeps_no_secret_is_refused_by_name_whoever_insists(machine: Machine, named: str) -> None:
    machine.lay_down_the_key()
    machine.write_config(f"[profile test-user]\nmfa_session_keyring = {named}\n")

    ran = machine.run("keys", "import", "--profile", "test-user", "--store", "keyring")

    assert ran.returncode == 253
    assert named in ran.stderr
    assert machine.credentials("test-user")["aws_secret_access_key"] == machine.key.secret_access_key


def test_two_keyrings_in_the_config_file_are_one_too_many(machine: Machine) -> None:
    machine.lay_down_the_key()
    machine.write_config(
        "[profile test-user]\nmfa_session_keyring = keyring.backends.SecretService.Keyring\n\n"
        "[profile other]\nmfa_session_keyring = keyring.backends.kwallet.DBusKeyring\n"
    )

    ran = machine.run("keys", "import", "--profile", "test-user", "--store", "keyring")

    assert ran.returncode == 253
    assert "the config file names several keyrings: " in ran.stderr
