"""`keys import`, `rotate` and `remove`, killed before each change they make: there is always a key, and the next run
ends clean.

The kills are enumerated, not sampled: each test goes on until the run has no change left to be killed before.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from mfa_session.aws_files.files import read_profiles
from mfa_session.aws_files.plain_keys import PlainKeys
from mfa_session.aws_files.session_profiles import SessionProfiles
from mfa_session.keys.lookup import KeyLookup
from mfa_session.keystore.stores import AccessKeys
from mfa_session.model.credentials import AccessKey, SessionCredentials
from mfa_session.model.profile import Profile, read_profile
from mfa_session.model.rotation_record import place_of_new_key, place_of_old_key
from mfa_session.state.per_profile import RotationJournal
from tests.clean_environment import clean_environment
from tests.cli.refusals import GENERAL
from tests.cli.test_keys_import import places_of_the_secret
from tests.killed_runs import Driver, Run
from tests.machine import Machine, running_machine
from tests.stored_keys import encrypted_file, store, stored_key

TEST_USER = Profile("test-user", "test-user-mfa")
PROFILE = ("--profile", "test-user")
NO_ANSWER = "has no answer of AWS"
OTHERS = "[other]\nregion = eu-west-1\n"


@pytest.fixture(scope="module")
def driver() -> Iterator[Driver]:
    with Driver() as driver:
        yield driver


def key_at_hand(machine: Machine) -> AccessKey:
    """Return the key that a login would use now."""
    credentials = read_profiles(machine.credentials_file, "credentials")
    profile = read_profile("test-user", config=read_profiles(machine.config_file, "config"), credentials=credentials)
    keys = KeyLookup(
        stored=AccessKeys({"file": encrypted_file(machine)}).get, in_file=PlainKeys(machine.credentials_file).get
    )
    return keys.access_key(profile)


def assert_a_key_works(machine: Machine) -> None:
    key = key_at_hand(machine)
    known = machine.account.access_keys[key.access_key_id]
    assert known.active
    assert known.secret_access_key == key.secret_access_key


def kill_everywhere(
    driver: Driver, folder: Path, command: tuple[str, ...], *, prepare: Callable[[Machine], None]
) -> Iterator[tuple[Machine, Callable[[tuple[str, ...]], Run]]]:
    """Yield a machine for each change of *command*, which was killed before that one; and what runs the next one.

    The last machine is one on which it was not killed.
    """
    number = 0
    killed = True
    while killed:
        number += 1
        home = folder / str(number)
        home.mkdir()
        with running_machine(home) as machine:
            encrypted_file(machine)
            prepare(machine)
            environment = clean_environment(home, **machine.environment)
            run = driver.run(command, environment, kill_before=number)
            killed = run.was_killed
            assert killed or run.exit_code == 0, run.stderr
            # Shown by pytest where the test fails on this machine.
            print(f"killed before change {number}: {run.changes[-1]}" if killed else "not killed")
            yield machine, partial(driver.run, environment=environment)
    assert number > 5


def test_a_killed_import_loses_no_key_and_the_next_one_leaves_none_in_the_clear(driver: Driver, tmp_path: Path) -> None:
    def prepare(machine: Machine) -> None:
        machine.lay_down_the_key()
        machine.write_credentials(OTHERS + machine.credentials_file.read_text())

    command = ("keys", "import", *PROFILE)
    for machine, run in kill_everywhere(driver, tmp_path, command, prepare=prepare):
        assert_a_key_works(machine)

        again = run(command)

        assert again.exit_code == 0, again.stderr
        assert_a_key_works(machine)
        assert stored_key(machine) is not None
        assert machine.config("test-user")["mfa_session_store"] == "file"
        assert "credential_process" in machine.config("test-user")
        assert machine.credentials_file.read_text() == OTHERS
        assert places_of_the_secret(machine) == []


def test_a_killed_rotation_loses_no_key_and_the_next_one_ends_clean(driver: Driver, tmp_path: Path) -> None:
    def prepare(machine: Machine) -> None:
        machine.account.sessions_must_name_their_user = True
        store(machine, machine.key)
        keep_a_session(machine)

    rotate = ("keys", "rotate", *PROFILE)
    for machine, run in kill_everywhere(driver, tmp_path, (*rotate, "--delete-old"), prepare=prepare):
        assert_a_key_works(machine)

        again = run(rotate)
        if NO_ANSWER in again.stderr:
            # It was killed before it could write down which key AWS had answered with, so this may be anybody's.
            assert again.exit_code == GENERAL
            assert len(machine.account.keys_of(machine.user)) == 2
            again = run((*rotate, "--yes"))

        assert again.exit_code == 0, again.stderr
        assert_a_key_works(machine)
        assert_nothing_is_left_over(machine)


def keep_a_session(machine: Machine) -> None:
    """Give the user a session with MFA, as a login does."""
    identity = machine.account.identity_of(machine.user)
    session = machine.account.begin_session(identity, timedelta(hours=1), mfa_at=machine.account.now())
    SessionProfiles(credentials_file=machine.credentials_file, config_file=machine.config_file).keep(
        TEST_USER,
        SessionCredentials(session.access_key_id, session.secret_access_key, session.session_token, session.expiration),
    )


def assert_nothing_is_left_over(machine: Machine) -> None:
    """Assert that one key is active, and that an inactive one is known to be ours to delete."""
    keys = machine.account.keys_of(machine.user)
    assert [key.access_key_id for key in keys if key.active] == [key_at_hand(machine).access_key_id]
    rotation = RotationJournal(machine.home / ".aws" / "mfa-session" / "rotations").read(TEST_USER)
    assert rotation is not None
    assert rotation.is_finished
    assert [key.access_key_id for key in keys if not key.active] == [rotation.old]
    for place in (place_of_new_key("test-user"), place_of_old_key("test-user")):
        assert stored_key(machine, place) is None


def test_a_killed_removal_is_done_to_its_end_by_the_next(driver: Driver, tmp_path: Path) -> None:
    def prepare(machine: Machine) -> None:
        machine.write_credentials(OTHERS)
        store(machine, machine.key)
        keep_a_session(machine)

    command = ("keys", "remove", *PROFILE, "--yes")
    for machine, run in kill_everywhere(driver, tmp_path, command, prepare=prepare):
        if "mfa_session_store" in machine.config("test-user"):
            again = run(command)
            assert again.exit_code == 0, again.stderr

        assert stored_key(machine) is None
        assert machine.credentials_file.read_text().strip() == OTHERS.strip()
        assert not any(name.startswith("mfa_session_") for name in machine.config("test-user"))
        assert "credential_process" not in machine.config("test-user")
        assert "test-user-mfa" not in machine.config_file.read_text()
