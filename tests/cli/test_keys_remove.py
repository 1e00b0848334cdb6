"""`keys remove`: the key goes, and with it all that was kept for the sake of it."""

import pytest

from mfa_session.model.profile import Profile
from mfa_session.model.rotation_record import Rotation, place_of_new_key
from mfa_session.state.per_profile import RotationJournal
from tests.cli.refusals import CANCELLED, CONFIGURATION, GENERAL, files
from tests.machine import Machine
from tests.stored_keys import encrypted_file, store, stored_key

REMOVE = ("keys", "remove", "--profile", "test-user")


@pytest.fixture
def machine(machine: Machine) -> Machine:
    """Return a machine whose user has a stored key and a session."""
    store(machine, machine.key)
    machine.write_credentials("[other]\nregion = eu-west-1\n")
    assert machine.log_in().returncode == 0
    return machine


def test_nothing_is_left_but_what_is_the_users_own(machine: Machine) -> None:
    key = stored_key(machine)
    assert key is not None
    state = machine.home / ".aws" / "mfa-session"
    encrypted_file(machine).set(place_of_new_key("test-user"), key)
    journal = RotationJournal(state / "rotations")
    journal.write(Profile("test-user", "test-user-mfa"), Rotation("AKIA", machine.account.now()))

    ran = machine.run(*REMOVE, "--yes")

    assert ran.returncode == 0, ran.stderr
    assert machine.credentials_file.read_text().rstrip() == "[other]\nregion = eu-west-1"
    assert machine.config("test-user") == {
        "region": "ap-northeast-1",
        "output": "json",
        "mfa_serial": "arn:aws:iam::123456789012:mfa/test-user-phone",
    }
    assert "test-user-mfa" not in machine.config_file.read_text()
    left = [path for path in state.rglob("*") if path.is_file() and path.stat().st_size]
    assert left == []
    assert "aws iam delete-access-key" in ran.stderr


def test_a_section_that_has_only_lines_of_ours_goes_as_a_whole(machine: Machine) -> None:
    text = machine.config_file.read_text()
    for line in ("region = ap-northeast-1\n", "output = json\n"):
        text = text.replace(line, "", 1)
    machine.write_config("# mine\n" + text.replace("mfa_serial", "mfa_session_duration = 8h\n# mfa_serial"))

    machine.run(*REMOVE, "--yes")

    assert "[profile test-user" not in machine.config_file.read_text()
    assert machine.config_file.read_text().startswith("# mine\n")


def test_a_credential_process_of_another_program_stays(machine: Machine) -> None:
    text = machine.config_file.read_text()
    machine.write_config(text.replace("/opt/mfa-session credential-process --profile test-user", "/opt/other"))

    machine.run(*REMOVE, "--yes")

    assert machine.config("test-user")["credential_process"] == "/opt/other"


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", CANCELLED), ("", CANCELLED)])
def test_it_asks_and_does_nothing_without_a_yes(machine: Machine, answer: str, code: int) -> None:
    with machine.terminal() as terminal:
        program = machine.start(terminal, *REMOVE)
        terminal.expect("Delete the key of test-user and its session?")
        terminal.type(answer + "\n")

        assert program.wait() == code
    assert (stored_key(machine) is None) == (code == 0)


def test_where_nobody_can_be_asked_nothing_is_done(machine: Machine) -> None:
    before = files(machine)

    ran = machine.run(*REMOVE)

    assert ran.returncode == GENERAL
    assert "to skip it: --yes" in ran.stderr
    assert files(machine) == before
    assert stored_key(machine) is not None


def test_a_removal_that_was_cut_short_is_done_again(machine: Machine) -> None:
    encrypted_file(machine).delete("test-user")

    ran = machine.run(*REMOVE, "--yes")

    assert ran.returncode == 0
    assert machine.credentials("test-user-mfa") == {}
    assert "mfa_session_store" not in machine.config("test-user")


def test_a_store_that_does_not_open_keeps_everything(machine: Machine) -> None:
    machine.environment["MFA_SESSION_PASSPHRASE"] = "a wrong one"
    before = files(machine)

    ran = machine.run(*REMOVE, "--yes")

    assert ran.returncode == CONFIGURATION
    assert "wrong passphrase, or the file is damaged" in ran.stderr
    assert files(machine) == before


def test_a_profile_without_a_key_has_none_to_remove(machine: Machine) -> None:
    ran = machine.run("keys", "remove", "--profile", "other", "--yes")

    assert ran.returncode == CONFIGURATION
    assert "no store has a key for profile other" in ran.stderr


def test_the_key_of_a_user_does_not_go_where_a_role_is_named(machine: Machine) -> None:
    role = "role_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = test-user\n"
    machine.write_config(machine.config_file.read_text() + f"[profile admin]\n{role}")

    ran = machine.run("keys", "remove", "--yes", AWS_PROFILE="admin")

    assert ran.returncode == CONFIGURATION
    assert "name the profile whose key it is: --profile test-user" in ran.stderr
    assert stored_key(machine) is not None


def test_a_long_term_key_in_the_session_profile_keeps_everything(machine: Machine) -> None:
    text = machine.credentials_file.read_text()
    machine.write_credentials(text.replace("ASIA", "AKIA"))
    before = files(machine)

    ran = machine.run(*REMOVE, "--yes")

    assert ran.returncode == CONFIGURATION
    assert "profile test-user-mfa holds a long-term access key" in ran.stderr
    assert files(machine) == before


def test_the_key_that_goes_is_named(machine: Machine) -> None:
    ran = machine.run(*REMOVE, "--yes")

    assert f"the key of test-user, AKIA…{machine.key.access_key_id[-4:]}, is gone" in ran.stderr


def test_a_region_that_login_did_not_give_the_session_profile_stays(machine: Machine) -> None:
    text = machine.config_file.read_text()
    own = "[profile test-user-mfa]\nregion = us-west-2\n"
    machine.write_config(text[: text.index("[profile test-user-mfa]")] + own)

    machine.run(*REMOVE, "--yes")

    assert own in machine.config_file.read_text()
