"""A login that is killed, at whatever moment, loses no profile and tears no file.

Half of the times it is killed at any moment of its life, half of the times while a new file stands beside the old one.
"""

import random
import re
import signal
import subprocess
import time

import pytest

from tests.campaigns import scale
from tests.campaigns.figures import count
from tests.clean_environment import clean_environment
from tests.machine import MFA_SESSION, Machine

KILLS = scale.cases(quick=15, full=200)

OTHERS = 200

SESSION_PROFILE = re.compile(r"^\[(?:profile )?test-user(?:-mfa)?\]\n(?:[^\[].*\n|\n)*", re.MULTILINE)


def other_profiles(header: str, numbers: range) -> str:
    return "".join(
        f"[{header}{number}]\n# of somebody\naws_access_key_id = AKIA{number:016}\nregion=eu-west-1\n\n"
        for number in numbers
    )


@pytest.fixture
def crowded(machine: Machine) -> Machine:
    """Return the machine of somebody with 200 profiles, among them a session that is written anew."""
    machine.lay_down_the_key()
    machine.write_credentials(other_profiles("other-", range(OTHERS // 2)) + machine.credentials_file.read_text())
    machine.write_config(other_profiles("profile other-", range(OTHERS // 2)) + machine.config_file.read_text())
    assert machine.log_in().returncode == 0
    for file, header in ((machine.credentials_file, "other-"), (machine.config_file, "profile other-")):
        with file.open("a") as end:
            end.write("\n" + other_profiles(header, range(OTHERS // 2, OTHERS)))
    return machine


def start_login(machine: Machine) -> subprocess.Popen[bytes]:
    """Start a login that writes both files, with a phone that was replaced, so that its code is a new one."""
    machine.account.add_device(machine.user, "test-user-phone")
    region = "eu-west-1" if machine.config("test-user-mfa")["region"] == "eu-north-1" else "eu-north-1"
    return subprocess.Popen(
        [
            *(MFA_SESSION, "login", "--profile", "test-user", "--force", "--quiet"),
            *("--region", region, "--token-code", machine.phone.code()),
        ],
        env=clean_environment(machine.home, **machine.environment),
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )


def kill(login: subprocess.Popen[bytes], machine: Machine, *, at_the_write: bool) -> str:
    """Kill it at a random moment, and return which one that was."""
    begun = time.monotonic()
    if at_the_write:
        name = random.choice([".credentials.mfa-session.tmp", ".config.mfa-session.tmp"])
        new = machine.home / ".aws" / name
        new.unlink(missing_ok=True)  # that of the last kill
        while not new.exists() and login.poll() is None:
            time.sleep(0.0001)  # AWS answers on a thread of this process
        time.sleep(random.uniform(0, 0.003))
    else:
        time.sleep(random.uniform(0, 0.5))
    login.kill()
    assert login.wait() in (-signal.SIGKILL, 0)
    return f"after {time.monotonic() - begun:.4f} s"


def state_of(machine: Machine) -> tuple[str, str]:
    """Return what both files hold for other profiles than the user's own."""
    return SESSION_PROFILE.sub("", machine.credentials_file.read_text()), SESSION_PROFILE.sub(
        "", machine.config_file.read_text()
    )


def holds_one_whole_session(machine: Machine) -> bool:
    """Tell whether the session profile has all parts of one session that AWS has given."""
    section = machine.credentials("test-user-mfa")
    session = machine.account.sessions[section["aws_access_key_id"]]
    return (session.secret_access_key, session.session_token) == (
        section["aws_secret_access_key"],
        section["aws_session_token"],
    )


@pytest.mark.timeout(120 + 2 * KILLS)
def test_a_login_that_is_killed_loses_no_profile_and_the_next_one_leaves_nothing_over(crowded: Machine) -> None:
    before = state_of(crowded)

    for number in range(KILLS):
        moment = kill(start_login(crowded), crowded, at_the_write=number % 2 == 0)

        lost, torn = state_of(crowded) != before, not holds_one_whole_session(crowded)
        count("files", "`login` over 200 profiles, killed by SIGKILL at any moment", lost=lost, torn=torn)
        assert not lost, moment
        assert not torn, moment
        assert crowded.config("test-user")["region"] == "ap-northeast-1", moment

    assert start_login(crowded).wait() == 0
    assert state_of(crowded) == before
    assert holds_one_whole_session(crowded)
    assert list(crowded.home.rglob("*.tmp")) == []


def test_what_a_login_left_that_was_killed_after_its_session_is_removed_by_one_that_keeps_the_session(
    machine: Machine,
) -> None:
    machine.lay_down_the_key()
    machine.log_in()
    left = machine.home / ".aws" / ".config.mfa-session.tmp"
    left.touch()

    again = machine.run("login", "--profile", "test-user")

    assert again.returncode == 0
    assert not left.exists()
