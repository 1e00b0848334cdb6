"""Real consumers of the endpoint: the AWS CLI, boto3 and the SDK for JavaScript, for as long as they run.

The AWS on the loopback says who they are. A clock is moved by writing another end into the
session profile; AWS still takes the session.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mfa_session.model.credentials import timestamp
from tests.clean_environment import clean_environment
from tests.machine import AWS_CLI, MFA_SESSION, Machine
from tests.programs import shell_program
from tests.terminal import LOOK_SECONDS, TIMEOUT_SECONDS

USER = "arn:aws:iam::123456789012:user/test-user"
ADMIN = "arn:aws:sts::123456789012:assumed-role/admin/mfa-session-test-user"

WHO_BY_AWS = (str(AWS_CLI), "sts", "get-caller-identity", "--query", "Arn", "--output", "text")
WHO_BY_BOTO3 = (sys.executable, "-c", "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])")

FOREIGN_KEY = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI\n"

# Asks AWS when it is told to on standard input, and says by which key: with one client for as long as it lives, or
# with one for each step, as a script of many commands does.
ONE_CLIENT = """\
import sys, boto3
sts = boto3.client("sts")
for line in sys.stdin:
    who = sts.get_caller_identity()["Arn"]
    print(who, sts._request_signer._credentials.get_frozen_credentials().access_key, flush=True)
"""
MANY_CLIENTS = """\
import sys, boto3
for line in sys.stdin:
    session = boto3.Session()
    print(session.client("sts").get_caller_identity()["Arn"], session.get_credentials().access_key, flush=True)
"""


@pytest.fixture
def machine(machine: Machine) -> Machine:
    machine.lay_down_the_key()
    assert machine.log_in().returncode == 0
    machine.forget_used_codes()
    return machine


def served(machine: Machine, *command: str, profile: str = "test-user", **environment: str) -> str:
    """Return what *command* says when it is served."""
    ran = machine.run("serve", "--profile", profile, "--", *command, **environment)
    return ran.stdout.strip() or ran.stderr


def set_end(machine: Machine, session_profile: str, left: timedelta) -> None:
    end = machine.credentials(session_profile)["x_security_token_expires"]
    text = machine.credentials_file.read_text()
    machine.write_credentials(text.replace(end, timestamp(datetime.now(UTC) + left)))


def key_of(machine: Machine, session_profile: str) -> str:
    return machine.credentials(session_profile)["aws_access_key_id"]


def wait_for_another_key(machine: Machine, session_profile: str, than: str) -> None:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while key_of(machine, session_profile) == than:
        assert time.monotonic() < deadline
        time.sleep(LOOK_SECONDS)


class Job:
    """A program that is served, and asks AWS now and then."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def who(self) -> list[str]:
        """Let it ask AWS, and return who it is and by which key."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(file=self._process.stdin, flush=True)
        return self._process.stdout.readline().split()


@contextmanager
def job(machine: Machine, program: str, *, profile: str = "test-user") -> Iterator[Job]:
    with subprocess.Popen(
        [MFA_SESSION, "serve", "--profile", profile, "--", sys.executable, "-c", program],
        env=clean_environment(machine.home, **machine.environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        yield Job(process)
    assert process.returncode == 0


@pytest.mark.parametrize("who", [WHO_BY_AWS, WHO_BY_BOTO3], ids=["aws", "boto3"])
def test_a_tool_gets_the_user(machine: Machine, who: tuple[str, ...]) -> None:
    assert served(machine, *who) == USER


def test_the_sdk_for_javascript_gets_the_user(machine: Machine, javascript: Path) -> None:
    assert served(machine, "node", str(javascript / "who.mjs")) == USER


def shadow_with_a_key(machine: Machine) -> None:
    machine.write_credentials(f"{machine.credentials_file.read_text()}\n[default]\n{FOREIGN_KEY}")


def shadow_with_a_process(machine: Machine) -> None:
    machine.write_config(f"{machine.config_file.read_text()}\n[default]\ncredential_process = false\n")


def shadow_with_a_role(machine: Machine) -> None:
    config = machine.config_file.read_text()
    machine.write_config(f"{config}\n[default]\nrole_arn = {ADMIN}\nsource_profile = test-user\n")


def shadow_with_the_file_of_boto(machine: Machine) -> None:
    (machine.home / ".boto").write_text(f"[Credentials]\n{FOREIGN_KEY}")


@pytest.mark.parametrize(
    "shadow", [shadow_with_a_key, shadow_with_a_process, shadow_with_a_role, shadow_with_the_file_of_boto]
)
def test_no_other_credentials_are_taken_first(machine: Machine, shadow: Callable[[Machine], None]) -> None:
    shadow(machine)

    assert served(machine, *WHO_BY_BOTO3, AWS_PROFILE="test-user-mfa") == USER


@pytest.mark.parametrize("shadow", [shadow_with_a_key, shadow_with_a_process])
def test_the_sdk_for_javascript_takes_no_others_first(
    machine: Machine, javascript: Path, shadow: Callable[[Machine], None]
) -> None:
    shadow(machine)

    assert served(machine, "node", str(javascript / "who.mjs"), AWS_PROFILE="test-user-mfa") == USER


def test_the_other_profiles_stay_where_none_is_in_the_way(machine: Machine) -> None:
    machine.write_config(f"{machine.config_file.read_text()}\n[default]\noutput = text\n")

    assert served(machine, *WHO_BY_AWS, "--profile", "test-user-mfa") == USER


def test_a_login_in_another_terminal_is_what_a_client_gets(machine: Machine) -> None:
    set_end(machine, "test-user-mfa", timedelta(minutes=14))  # from fifteen on, botocore asks at every call
    first = key_of(machine, "test-user-mfa")

    with job(machine, ONE_CLIENT) as client:
        assert client.who() == [USER, first]
        renewed = machine.log_in("--force")
        second = client.who()

    assert renewed.returncode == 0, renewed.stderr
    assert second == [USER, key_of(machine, "test-user-mfa")]
    assert second != [USER, first]


def test_a_program_that_prints_codes_is_enough_to_go_on(machine: Machine) -> None:
    program = shell_program(machine.home / "code", f"echo {machine.fresh_code()}")
    header = "[profile test-user]\n"
    machine.write_config(machine.config_file.read_text().replace(header, f"{header}mfa_process = {program}\n"))
    first = key_of(machine, "test-user-mfa")

    with job(machine, ONE_CLIENT) as client:
        assert client.who() == [USER, first]
        set_end(machine, "test-user-mfa", timedelta(minutes=14))
        wait_for_another_key(machine, "test-user-mfa", first)

    assert len(machine.calls("GetSessionToken")) == 2


def test_a_job_of_three_hours_lives_across_the_sessions_of_a_role(machine: Machine) -> None:
    machine.add_role("admin")
    used = []

    with job(machine, MANY_CLIENTS, profile="admin") as client:
        used.append(client.who())
        # It ends while the job is at work; then twice while all sleep, as on a laptop.
        for left in (timedelta(minutes=5), timedelta(minutes=-1), timedelta(hours=-1)):
            set_end(machine, "admin-mfa", left)
            wait_for_another_key(machine, "admin-mfa", used[-1][1])
            used.append(client.who())

    assert {who for who, _ in used} == {ADMIN}
    assert len({key for _, key in used}) == 4
    assert len(machine.calls("GetSessionToken")) == 1


def test_when_the_session_is_over_the_tool_says_what_to_run(machine: Machine) -> None:
    end = machine.credentials("test-user-mfa")["x_security_token_expires"]
    move = f"sed -i s/{end}/2021-01-01T00:00:00Z/ {machine.credentials_file}"

    said = served(machine, "sh", "-c", f"{move}; {' '.join(WHO_BY_AWS)}")

    assert (
        "the session of test-user has expired; run in another terminal: mfa-session login --profile test-user" in said
    )
