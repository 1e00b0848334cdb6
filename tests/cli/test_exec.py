"""`exec` puts the program in its own place: with the session, without a trace of anything else."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.clean_environment import clean_environment
from tests.cli.sections import (
    KEY_ID,
    LONG_HENCE,
    LONG_TERM_KEY_ID,
    LONG_TERM_SECRET,
    SECRET,
    TOKEN,
    long_term_key,
    session,
)
from tests.machine import MFA_SESSION, PASSPHRASE, Machine

# The front door answers the first; it leaves the second to the program.
FRONT_DOOR = ("exec", "--profile", "test-user", "--")
PROGRAM = ("exec", "--no-prompt", "--profile", "test-user", "--")

both_ways = pytest.mark.parametrize("way", [FRONT_DOOR, PROGRAM], ids=["front-door", "program"])
on_linux = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="what a process has is in /proc")

STALE = {
    "AWS_PROFILE": "other",
    "AWS_DEFAULT_PROFILE": "other",
    "AWS_ACCESS_KEY_ID": "AKIASTALE",
    "AWS_SECRET_ACCESS_KEY": "stale",
    "AWS_SESSION_TOKEN": "stale",
    "AWS_SECURITY_TOKEN": "stale",
    "AWS_CREDENTIAL_EXPIRATION": "stale",
    "AWS_ROLE_ARN": "stale",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "stale",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "stale",
    "AWS_ACCOUNT_ID": "stale",
}


@pytest.fixture
def machine(machine: Machine) -> Machine:
    machine.write_credentials(long_term_key() + session())
    return machine


def environment_of(machine: Machine, way: tuple[str, ...], **environment: str) -> dict[str, str]:
    """Return the environment of a program that is run in one way or the other."""
    ran = machine.run(*way, "env", "-0", **environment)
    assert (ran.returncode, ran.stderr) == (0, "")
    return dict(pair.split("=", 1) for pair in ran.stdout.split("\0") if pair)


def start(machine: Machine, *words: str | Path, pass_fds: tuple[int, ...] = ()) -> subprocess.CompletedProcess[bytes]:
    """Run *words*, which inherit *pass_fds*."""
    return subprocess.run(
        [str(word) for word in words],
        env=clean_environment(machine.home, **machine.environment),
        capture_output=True,
        pass_fds=pass_fds,
        timeout=20,
        check=False,
    )


@both_ways
def test_the_program_has_the_session_and_the_region_in_its_environment(machine: Machine, way: tuple[str, ...]) -> None:
    found = environment_of(machine, way)

    ours = {name: value for name, value in found.items() if name not in clean_environment(machine.home)}
    assert ours == {
        "AWS_ACCESS_KEY_ID": KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_SESSION_TOKEN": TOKEN,
        "AWS_CREDENTIAL_EXPIRATION": LONG_HENCE,
        "AWS_REGION": "ap-northeast-1",
        "AWS_DEFAULT_REGION": "ap-northeast-1",
        "AWS_ENDPOINT_URL": machine.endpoint.url,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
        "MFA_SESSION_STORE": "file",
    }


@pytest.mark.parametrize(
    ("secret", "environment"),
    [
        (SECRET, {}),
        (SECRET, STALE),
        ("".join(chr(code) for code in range(0x21, 0x7F)), {"AWS_DEFAULT_REGION": "eu-west-1"}),
    ],
    ids=["plain", "stale", "hostile"],
)
def test_the_front_door_and_the_program_give_the_same_environment(
    machine: Machine, secret: str, environment: dict[str, str]
) -> None:
    machine.write_credentials(long_term_key() + session(secret=secret))

    found = environment_of(machine, FRONT_DOOR, **environment)

    assert found == environment_of(machine, PROGRAM, **environment)
    assert found["AWS_SECRET_ACCESS_KEY"] == secret


@both_ways
def test_nothing_that_contradicts_the_session_is_left(machine: Machine, way: tuple[str, ...]) -> None:
    found = environment_of(machine, way, **STALE)

    assert {"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SECURITY_TOKEN", "AWS_ROLE_ARN"} & set(found) == set()
    assert "stale" not in found.values()


@both_ways
def test_neither_the_long_term_key_nor_what_opens_its_store_is_there(machine: Machine, way: tuple[str, ...]) -> None:
    found = environment_of(machine, way)

    assert {LONG_TERM_KEY_ID, LONG_TERM_SECRET, PASSPHRASE} & set(found.values()) == set()


@both_ways
def test_a_region_of_the_environment_is_not_overruled(machine: Machine, way: tuple[str, ...]) -> None:
    found = environment_of(machine, way, AWS_DEFAULT_REGION="eu-west-1")

    assert (found["AWS_REGION"], found["AWS_DEFAULT_REGION"]) == ("eu-west-1", "eu-west-1")


def test_the_profile_may_be_named_by_aws_profile(machine: Machine) -> None:
    ran = machine.run("exec", "--", "printenv", "AWS_ACCESS_KEY_ID", AWS_PROFILE="test-user-mfa")

    assert ran.stdout == f"{KEY_ID}\n"


@both_ways
def test_it_ends_with_the_exit_code_of_the_program(machine: Machine, way: tuple[str, ...]) -> None:
    assert machine.run(*way, "sh", "-c", "exit 7").returncode == 7


@both_ways
def test_it_ends_by_the_signal_that_ended_the_program(machine: Machine, way: tuple[str, ...]) -> None:
    assert machine.run(*way, "sh", "-c", "kill -TERM $$").returncode == -signal.SIGTERM


@both_ways
def test_a_program_whose_reader_has_enough_ends(machine: Machine, way: tuple[str, ...]) -> None:
    pipeline = f"{MFA_SESSION} {' '.join(way)} yes | head -1; echo ${{PIPESTATUS[0]}}"

    ran = machine.run_program("bash", "-c", pipeline)

    assert ran.stdout == f"y\n{128 + signal.SIGPIPE}\n"


@on_linux
@both_ways
def test_no_signal_is_ignored_or_blocked_on_our_behalf(machine: Machine, way: tuple[str, ...]) -> None:
    command = ("grep", "^Sig[IBC]", "/proc/self/status")

    assert machine.run(*way, *command).stdout == machine.run_program(*command).stdout


@on_linux
@both_ways
def test_no_descriptor_of_ours_is_inherited(machine: Machine, way: tuple[str, ...]) -> None:
    command = ("ls", "/proc/self/fd")

    assert machine.run(*way, *command).stdout == machine.run_program(*command).stdout


@on_linux
@both_ways
def test_the_descriptor_with_the_passphrase_ends_with_us(machine: Machine, way: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    try:
        machine.environment["MFA_SESSION_PASSPHRASE_FD"] = str(reading)
        ran = start(machine, MFA_SESSION, *way, "ls", "/proc/self/fd", pass_fds=(reading,))
    finally:
        os.close(reading)
        os.close(writing)

    assert str(reading).encode() not in ran.stdout.split()
    assert ran.returncode == 0


@both_ways
def test_standard_input_is_the_programs(machine: Machine, way: tuple[str, ...]) -> None:
    ran = start(machine, "sh", "-c", f"echo data | {MFA_SESSION} {' '.join(way)} cat")

    assert (ran.stdout, ran.stderr) == (b"data\n", b"")


def test_an_endpoint_that_cannot_be_used_does_not_keep_a_live_session_back(machine: Machine) -> None:
    machine.environment["AWS_ENDPOINT_URL"] = "http://example.com"

    assert environment_of(machine, PROGRAM) == environment_of(machine, FRONT_DOOR)
