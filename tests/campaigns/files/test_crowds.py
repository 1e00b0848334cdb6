"""Many writers at once, ours and the AWS CLI's, and holders of a lock that are stopped or killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mfa_session.aws_files.files import read_profiles
from mfa_session.filesystem.atomic_write import LOCK_NAME
from tests.campaigns import scale
from tests.campaigns.figures import count
from tests.campaigns.files.stories import prepared, story_called
from tests.campaigns.files.users_files import AFTER, BEFORE, damage_in_words, names_below
from tests.clean_environment import clean_environment
from tests.cli.test_login_kills import holds_one_whole_session
from tests.machine import AWS_CLI, MFA_SESSION, Machine

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="the crowd is forked"),
    pytest.mark.timeout(1800),
]

WRITERS = scale.cases(quick=10, full=100)
TURNS = scale.cases(quick=2, full=10)
LOGINS = scale.cases(quick=2, full=60)

# Each writes all parts of a session at once, with its number and turn in each; a mixture would show.
CROWD = """
import os, sys, time
from mfa_session.errors import MFASessionError
from mfa_session.aws_files.files import write_profile

path, writers, turns, equal = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "equal"

def write(number):
    time.sleep(max(0, start - time.time()))
    name = "same" if equal else f"p{number}"
    for turn in range(turns):
        parts = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
        write_profile(path, "credentials", name, {part: f"{part}-{number}-{turn}" for part in parts})

start = time.time() + 0.5
children = []
for number in range(writers):
    child = os.fork()
    if not child:
        try:
            write(number)
        except MFASessionError as error:
            print(f"p{number} {error}", flush=True)
            os._exit(0)
        os._exit(0)
    children.append(child)
for child in children:
    os.waitpid(child, 0)
"""

HOLDER = """
import sys, time
from pathlib import Path
from mfa_session.filesystem.locks import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize("profiles", ["distinct", "equal"])
def test_of_many_writers_at_once_none_loses_what_it_wrote(tmp_path: Path, profiles: str) -> None:
    path = tmp_path / "aws" / "credentials"
    path.parent.mkdir(mode=0o700)
    path.write_text(BEFORE + AFTER)

    crowd = subprocess.run(
        [sys.executable, "-c", CROWD, path, str(WRITERS), str(TURNS), profiles],
        env=clean_environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )

    # On a machine that is too busy, somebody has waited for the lock for a minute, and said so.
    refused = {line.split()[0] for line in crowd.stdout.splitlines()}
    found = {name: values for name, values in read_profiles(path, "credentials").items() if name[0] in "ps"}
    wanted = {"same"} if profiles == "equal" else {f"p{number}" for number in range(WRITERS)} - refused
    whole = {name for name, values in found.items() if len({value.split("-", 1)[1] for value in values.values()}) == 1}
    current = {name for name in wanted & set(found) if found[name]["aws_session_token"].endswith(f"-{TURNS - 1}")}
    changed = not path.read_text().startswith(BEFORE + AFTER)
    leftover = names_below(path.parent) - {LOCK_NAME, "credentials"}
    count(
        "files",
        f"{WRITERS} writers × {TURNS} at once on {profiles} profiles",
        WRITERS * TURNS,
        lost=len(wanted - current),
        torn=len(set(found) - whole),
        foreign_bytes_changed=int(changed),
        leftover=len(leftover),
        told_to_come_back_later=len(refused),
    )

    assert (crowd.returncode, crowd.stderr) == (0, "")
    assert current == wanted
    assert whole == set(found)
    assert not changed
    assert not leftover


# As fast as it can be started; each turn is read back at once, so that what is lost is known to be.
AWS_CLI_LOOP = """
import subprocess, sys
from pathlib import Path

aws, stop, told = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
turn = 0
while not stop.exists():
    turn += 1
    subprocess.run([aws, "configure", "set", "aws_session_token", f"turn-{turn}", "--profile", "theirs"], check=True)
    told.write_text(str(turn))
"""


def test_logins_beside_the_aws_cli_which_takes_no_lock_lose_nothing_of_each_other(tmp_path: Path) -> None:
    with prepared(story_called("`login`"), tmp_path / "home") as machine:
        stop, told = tmp_path / "stop", tmp_path / "told"
        loop = subprocess.Popen(
            [sys.executable, "-c", AWS_CLI_LOOP, AWS_CLI, stop, told],
            env=clean_environment(machine.home, **machine.environment),
        )
        lost = torn = failed = 0
        try:
            for _ in range(LOGINS):
                failed += login(machine).returncode != 0
                torn += not machine.credentials("test-user-mfa") or not holds_one_whole_session(machine)
        finally:
            stop.touch()
            assert loop.wait(timeout=60) == 0
        lost += machine.credentials("theirs") != {"aws_session_token": f"turn-{told.read_text()}"}
        lost += machine.credentials("first")["region"] != "eu-west-1"
        torn += not holds_one_whole_session(machine)
        turns = int(told.read_text())
        count(
            "files", "`login --force` beside `aws configure set` in a loop", LOGINS, lost=lost, torn=torn, failed=failed
        )
        count("files", "`aws configure set` in a loop beside `login --force`", turns, lost=lost)

    assert (lost, torn, failed) == (0, 0, 0)


def login(machine: Machine) -> "subprocess.CompletedProcess[str]":
    """Log in with a phone that was replaced, so that its code is a new one."""
    machine.account.add_device(machine.user, "test-user-phone")
    machine.forget_used_codes()
    code = machine.phone.code()
    return machine.run("login", "--profile", "test-user", "--force", "--token-code", code)


@contextmanager
def holder_of(lock: Path) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(lock)], env=clean_environment(lock.parent), stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        try:
            yield holder
        finally:
            holder.kill()


@pytest.mark.parametrize("what", ["the file", "the profile"])
def test_a_holder_that_is_killed_holds_nobody_up(tmp_path: Path, what: str) -> None:
    with prepared(story_called("`logout`"), tmp_path / "home") as machine:
        with holder_of(lock_of(machine, what)) as holder:
            waiting = subprocess.Popen(
                [MFA_SESSION, "logout", "--profile", "test-user"],
                env=clean_environment(machine.home, **machine.environment),
                stderr=subprocess.PIPE,
                text=True,
            )
            time.sleep(1)
            was_held_up = waiting.poll() is None
            holder.kill()
            began = time.monotonic()
            said = waiting.communicate(timeout=30)[1]
            took = time.monotonic() - began
        done = waiting.returncode == 0 and not machine.credentials("test-user-mfa")
        count(
            "files",
            f"`logout` while the lock of {what} is held, by one that is then killed",
            wrong_ending=int(not done),
        )

    assert was_held_up
    assert done, said
    assert took < 20


@pytest.mark.skipif(not scale.IS_FULL, reason="a minute is waited for, for real")
@pytest.mark.parametrize("what", ["the file", "the profile"])
def test_a_holder_that_is_stopped_is_waited_for_for_a_minute_and_then_named(tmp_path: Path, what: str) -> None:
    with prepared(story_called("`logout`"), tmp_path / "home") as machine:
        before = machine.credentials_file.read_bytes()
        with holder_of(lock_of(machine, what)) as holder:
            holder.send_signal(signal.SIGSTOP)
            began = time.monotonic()
            ended = subprocess.run(
                [MFA_SESSION, "logout", "--profile", "test-user"],
                env=clean_environment(machine.home, **machine.environment),
                capture_output=True,
                text=True,
                check=False,
            )
            took = time.monotonic() - began
        damage = damage_in_words(ended.returncode, ended.stderr, may_succeed=False)
        unchanged = machine.credentials_file.read_bytes() == before
        count(
            "files",
            f"`logout` while the lock of {what} is held, by one that is stopped",
            wrong_ending=int(damage.wrong_ending),
            traceback=int(damage.traceback),
            not_after_a_minute=int(not 60 <= took < 65),
            changed=int(not unchanged),
        )

    assert "another process has held" in ended.stderr
    assert not damage, ended.stderr
    assert 60 <= took < 65
    assert unchanged


def lock_of(machine: Machine, what: str) -> Path:
    folder = machine.home / ".aws"
    return folder / LOCK_NAME if what == "the file" else folder / "mfa-session" / "locks" / "test-user"
