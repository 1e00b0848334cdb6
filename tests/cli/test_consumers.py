"""Real AWS tools get the session: the AWS CLI, boto3, and the SDK for JavaScript.

Each runs as its users run it, at a terminal, with the profile in the config file that
`login` and `keys import` write. The AWS on the loopback says who they are.
"""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mfa_session.model.credentials import timestamp
from tests.clean_environment import clean_environment
from tests.machine import AWS_CLI, INTERPRETER, MFA_SESSION, Machine
from tests.terminal import Stream

QUESTION = "(test-user-phone"
USER = "arn:aws:iam::123456789012:user/test-user"

WHO_BY_BOTO3 = "import boto3; print(boto3.Session(profile_name='test-user').client('sts').get_caller_identity()['Arn'])"


@pytest.fixture
def machine_with_process(machine: Machine) -> Machine:
    """Return a machine whose key is in the store, and whose profile asks us by `credential_process`."""
    machine.lay_down_the_key()
    with machine.terminal() as terminal:
        program = machine.start(terminal, "login", "--profile", "test-user")
        terminal.expect(QUESTION)
        terminal.type(machine.fresh_code() + "\n")
        terminal.expect("Move it to the ")
        terminal.type("y\n")
        assert program.wait() == 0
    assert machine.run("logout", "--profile", "test-user").returncode == 0
    machine.forget_used_codes()
    return machine


@pytest.mark.parametrize("consumer", ["aws", "boto3"])
def test_a_tool_asks_on_its_terminal_and_gets_the_user(machine_with_process: Machine, consumer: str) -> None:
    machine = machine_with_process
    commands: dict[str, list[str | Path]] = {
        "aws": [AWS_CLI, "sts", "get-caller-identity", "--profile", "test-user", "--query", "Arn", "--output", "text"],
        "boto3": [sys.executable, "-c", WHO_BY_BOTO3],
    }

    with machine.terminal() as terminal:
        tool = terminal.run(
            *commands[consumer], stdout=Stream.PIPE, stderr=Stream.PIPE, environment=machine.environment
        )
        terminal.expect(QUESTION)
        terminal.type(machine.fresh_code() + "\n")

        assert tool.wait(timeout=30) == 0
        assert (tool.stdout.decode().strip(), tool.stderr) == (USER, b"")


def test_the_sdk_for_javascript_asks_on_its_terminal_and_gets_the_user(
    machine_with_process: Machine, javascript: Path
) -> None:
    machine = machine_with_process
    environment = {**machine.environment, "AWS_PROFILE": "test-user", "AWS_REGION": "us-east-1"}

    with machine.terminal() as terminal:
        tool = terminal.run(
            "node", javascript / "who.mjs", stdout=Stream.PIPE, stderr=Stream.PIPE, environment=environment
        )
        terminal.expect(QUESTION)
        terminal.type(machine.fresh_code() + "\n")

        assert tool.wait(timeout=30) == 0, tool.stderr.decode()
        assert tool.stdout.decode().strip() == USER


def test_the_sdk_for_javascript_reads_the_session_profile(machine: Machine, javascript: Path) -> None:
    machine.lay_down_the_key()
    machine.log_in()

    ran = machine.run_program("node", javascript / "who.mjs", AWS_PROFILE="test-user-mfa", AWS_REGION="us-east-1")

    assert ran.stdout.strip() == USER, ran.stderr


# Asks AWS when it is told to on standard input, with one client for as long as it lives.
LONG_LIVED_CLIENT = """\
import sys, boto3
sts = boto3.Session(profile_name="test-user").client("sts")
for line in sys.stdin:
    for _ in range(int(line)):
        sts.get_caller_identity()
    print(sts._request_signer._credentials.get_frozen_credentials().access_key, flush=True)
"""


def test_a_client_of_boto3_lives_across_a_renewal_without_being_told(machine_with_process: Machine) -> None:
    machine = machine_with_process
    assert machine.log_in().returncode == 0
    client = subprocess.Popen(
        [sys.executable, "-c", LONG_LIVED_CLIENT],
        env=clean_environment(machine.home, **machine.environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert client.stdin is not None
    assert client.stdout is not None

    def ask(times: int) -> str:
        assert client.stdin is not None
        assert client.stdout is not None
        print(times, file=client.stdin, flush=True)
        return client.stdout.readline().strip()

    with client:
        # With less than fifteen minutes left, botocore runs us at every call.
        let_the_session_end_in(machine, timedelta(minutes=14))
        first = ask(1)
        machine.forget_used_codes()
        renewed = machine.log_in("--force")
        second = ask(2)
        client.stdin.close()

    assert renewed.returncode == 0, renewed.stderr
    assert first != second
    assert second == machine.credentials("test-user-mfa")["aws_access_key_id"]
    assert client.returncode == 0


@pytest.mark.parametrize("minutes", [20, 16, 14, 11, 5, 1.5])
def test_fifty_calls_of_one_client_are_answered_while_the_session_lives(
    machine_with_process: Machine, minutes: float
) -> None:
    machine = machine_with_process
    assert machine.log_in().returncode == 0
    let_the_session_end_in(machine, timedelta(minutes=minutes))

    ran = subprocess.run(
        [sys.executable, "-c", LONG_LIVED_CLIENT],
        env=clean_environment(machine.home, **machine.environment),
        input="50\n",
        capture_output=True,
        text=True,
        start_new_session=True,
        check=False,
    )

    assert (ran.returncode, ran.stderr) == (0, "")
    assert len(machine.calls("GetCallerIdentity")) >= 50
    assert len(machine.calls("GetSessionToken")) == 2


def let_the_session_end_in(machine: Machine, left: timedelta) -> None:
    """Write another end into the session profile; AWS still takes the session."""
    end = machine.credentials("test-user-mfa")["x_security_token_expires"]
    text = machine.credentials_file.read_text()
    machine.write_credentials(text.replace(end, timestamp(datetime.now(UTC) + left)))


def test_static_keys_and_the_process_are_the_same_user_to_the_aws_cli(machine_with_process: Machine) -> None:
    machine = machine_with_process
    assert machine.log_in().returncode == 0

    by_process = machine.run_program(AWS_CLI, "sts", "get-caller-identity", "--profile", "test-user")
    by_keys = machine.run_program(AWS_CLI, "sts", "get-caller-identity", "--profile", "test-user-mfa")

    assert json.loads(by_process.stdout) == json.loads(by_keys.stdout)
    assert json.loads(by_keys.stdout)["Arn"] == USER


def test_the_line_in_the_config_file_names_the_installed_program(machine_with_process: Machine) -> None:
    line = machine_with_process.config("test-user")["credential_process"]

    assert line == f"{INTERPRETER} -I {MFA_SESSION} credential-process --profile test-user"
