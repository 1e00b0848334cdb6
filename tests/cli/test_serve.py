"""`serve` puts the program in its own place, and answers it and nobody else until it ends."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from benchmarks.every_day import memory_of_serve
from benchmarks.homes import Homes
from benchmarks.measures import Measure
from tests.clean_environment import clean_environment
from tests.cli.sections import (
    KEY_ID,
    LONG_TERM_KEY_ID,
    LONG_TERM_SECRET,
    SECRET,
    TOKEN,
    long_term_key,
    session,
)
from tests.cli.test_exec import STALE, on_linux
from tests.machine import MFA_SESSION, PASSPHRASE, Machine
from tests.terminal import LOOK_SECONDS, TIMEOUT_SECONDS, Stream

SERVE = ("serve", "--profile", "test-user", "--")

ADDRESS = re.compile(r"http://127\.0\.0\.1:([0-9]+)/credentials")

# Says when it may be sent signals, and then each of them, until its standard input ends.
HEARS_SIGNALS = """\
import os, signal, sys
for name in ("SIGINT", "SIGTERM", "SIGHUP"):
    signal.signal(getattr(signal, name), lambda number, _: os.write(1, f"{signal.Signals(number).name}\\n".encode()))
os.write(1, b"listening\\n")
sys.stdin.read()
sys.exit(3)
"""


@pytest.fixture
def machine(machine: Machine) -> Machine:
    machine.write_credentials(long_term_key() + session())
    return machine


def folder_of(machine: Machine) -> Path:
    return machine.home / ".aws" / "mfa-session"


def environment_of(machine: Machine, **environment: str) -> dict[str, str]:
    """Return the environment of a program that is served."""
    ran = machine.run(*SERVE, "env", "-0", **environment)
    assert (ran.returncode, ran.stderr) == (0, "")
    return dict(pair.split("=", 1) for pair in ran.stdout.split("\0") if pair)


def start(machine: Machine, *command: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [MFA_SESSION, *SERVE, *command],
        env=clean_environment(machine.home, **machine.environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def first_line(program: subprocess.Popen[str]) -> str:
    assert program.stdout is not None
    return program.stdout.readline().strip()


def port_of(address: str) -> int:
    found = ADDRESS.fullmatch(address)
    assert found, address
    return int(found[1])


def is_open(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def wait_until_closed(port: int) -> None:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while is_open(port):
        assert time.monotonic() < deadline
        time.sleep(LOOK_SECONDS)


def test_the_program_knows_where_to_ask_and_has_no_session_itself(machine: Machine) -> None:
    found = environment_of(machine)

    ours = {name: value for name, value in found.items() if name not in clean_environment(machine.home)}
    assert ADDRESS.fullmatch(ours.pop("AWS_CONTAINER_CREDENTIALS_FULL_URI"))
    assert re.fullmatch(r"[\w-]{43}", ours.pop("AWS_CONTAINER_AUTHORIZATION_TOKEN"))
    assert Path(ours.pop("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")).parent == folder_of(machine) / "serve"
    assert ours == {
        "AWS_REGION": "ap-northeast-1",
        "AWS_DEFAULT_REGION": "ap-northeast-1",
        "AWS_ENDPOINT_URL": machine.endpoint.url,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
        "MFA_SESSION_STORE": "file",
    }


def test_nothing_that_contradicts_the_session_is_left(machine: Machine) -> None:
    found = environment_of(machine, **STALE)

    assert set(STALE) & set(found) <= {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    }
    assert "stale" not in found.values()


def test_no_key_and_nothing_that_opens_the_store_is_there(machine: Machine) -> None:
    found = environment_of(machine)

    secrets = {KEY_ID, SECRET, TOKEN, LONG_TERM_KEY_ID, LONG_TERM_SECRET, PASSPHRASE}
    assert secrets & set(found.values()) == set()


@on_linux
def test_no_process_that_answers_has_a_secret_in_its_environment(machine: Machine) -> None:
    machine.environment |= {"AWS_SECRET_ACCESS_KEY": "a-secret-of-the-environment"}
    mark = f"HOME={machine.home}\0".encode()

    with start(machine, sys.executable, "-c", "print('there', flush=True); input()") as program:
        assert first_line(program) == "there"
        environments = {}
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):  # it has ended, or is not ours to see, as that of the answering one
                environments[int(process.name)] = (process / "environ").read_bytes()
        program.communicate("\n")

    ours = {number: environment for number, environment in environments.items() if mark in environment}
    assert program.pid in ours
    assert os.geteuid() != 0 or len(ours) == 2
    for secret in (PASSPHRASE, "a-secret-of-the-environment"):
        assert not any(secret.encode() in environment for environment in ours.values())


SHOW_TOKEN_FILE = 'stat -c %a "$AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"; cat "$AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"'


def token_files(machine: Machine) -> list[str]:
    return [path.name for path in (folder_of(machine) / "serve").iterdir() if path.name.isdecimal()]


def wait_until_there_are_no_token_files(machine: Machine) -> None:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while token_files(machine):
        assert time.monotonic() < deadline
        time.sleep(LOOK_SECONDS)


@on_linux
def test_the_token_is_in_a_private_file_too_which_is_gone_after_the_program(machine: Machine) -> None:
    ran = machine.run(*SERVE, "sh", "-c", f'{SHOW_TOKEN_FILE}; echo; echo "$AWS_CONTAINER_AUTHORIZATION_TOKEN"')

    mode, in_file, in_environment = ran.stdout.split()
    assert mode == "600"
    assert in_file == in_environment
    wait_until_there_are_no_token_files(machine)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_the_token_file_is_gone_when_the_program_is_killed(machine: Machine, number: signal.Signals) -> None:
    with start(machine, "sh", "-c", "echo running; exec cat") as program:
        assert first_line(program) == "running"
        assert len(token_files(machine)) == 1
        program.send_signal(number)

    wait_until_there_are_no_token_files(machine)


def test_the_token_file_is_gone_when_the_login_fails(machine: Machine) -> None:
    machine.lay_down_the_key()

    ran = machine.run("--no-prompt", *SERVE, "true")

    assert ran.returncode == 255
    wait_until_there_are_no_token_files(machine)


def test_a_token_file_that_a_kill_has_left_is_deleted_at_the_next_start(machine: Machine) -> None:
    folder = folder_of(machine) / "serve"
    folder.mkdir(parents=True)
    with socket.create_server(("127.0.0.1", 0)) as in_use, socket.create_server(("127.0.0.1", 0)) as other:
        kept, left = (str(server.getsockname()[1]) for server in (in_use, other))
        other.close()
        (folder / kept).write_text("token")
        (folder / left).write_text("token")

        with start(machine, "sh", "-c", "echo running; exec cat") as program:
            assert first_line(program) == "running"
            found = token_files(machine)
            program.communicate()

    assert kept in found
    assert left not in found


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_home_folder_that_is_read_only_costs_no_more_than_the_token_file(machine: Machine) -> None:
    folder_of(machine).mkdir(parents=True)
    folder_of(machine).chmod(0o500)

    ran = machine.run(*SERVE, "env")

    assert "AWS_CONTAINER_AUTHORIZATION_TOKEN=" in ran.stdout
    assert "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE" not in ran.stdout


def test_a_region_of_the_environment_is_not_overruled(machine: Machine) -> None:
    found = environment_of(machine, AWS_DEFAULT_REGION="eu-west-1")

    assert (found["AWS_REGION"], found["AWS_DEFAULT_REGION"]) == ("eu-west-1", "eu-west-1")


def test_every_program_has_a_door_of_its_own(machine: Machine) -> None:
    one, other = environment_of(machine), environment_of(machine)

    assert one["AWS_CONTAINER_AUTHORIZATION_TOKEN"] != other["AWS_CONTAINER_AUTHORIZATION_TOKEN"]


@pytest.mark.parametrize(("script", "code"), [("exit 7", 7), ("kill -TERM $$", -15), ("kill -KILL $$", -9)])
def test_it_ends_as_the_program_ends(machine: Machine, script: str, code: int) -> None:
    assert machine.run(*SERVE, "sh", "-c", script).returncode == code


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_reaches_the_program_once(machine: Machine, number: signal.Signals) -> None:
    with start(machine, sys.executable, "-c", HEARS_SIGNALS) as program:
        assert first_line(program) == "listening"

        program.send_signal(number)
        assert first_line(program) == number.name
        output, errors = program.communicate()

    assert (output, errors, program.returncode) == ("", "", 3)


def test_a_key_that_interrupts_reaches_the_program_once(machine: Machine) -> None:
    with machine.terminal() as terminal:
        program = machine.start(terminal, *SERVE, sys.executable, "-c", HEARS_SIGNALS)
        terminal.expect("listening")

        terminal.press("^C")
        terminal.expect("SIGINT")
        terminal.press("^D")

        assert program.wait() == 3
        assert terminal.text.count("SIGINT") == 1


def test_the_program_can_be_stopped_and_resumed_at_its_terminal(machine: Machine) -> None:
    with machine.terminal() as terminal:
        program = machine.start(terminal, *SERVE, sys.executable, "-c", HEARS_SIGNALS)
        terminal.expect("listening")
        terminal.press("^Z")
        program.wait_until_stopped()

        program.resume(foreground=True)
        terminal.press("^D")

        assert program.wait() == 3


@on_linux
def test_no_signal_and_no_descriptor_of_ours_is_inherited(machine: Machine) -> None:
    command = ("sh", "-c", "grep '^Sig[IBC]' /proc/self/status; ls /proc/self/fd")

    assert machine.run(*SERVE, *command).stdout == machine.run_program(*command).stdout


def test_the_streams_are_the_programs(machine: Machine) -> None:
    with start(machine, "sh", "-c", "cat; echo said >&2") as program:
        assert program.communicate("data\n") == ("data\n", "said\n")


def test_a_program_whose_reader_has_enough_ends(machine: Machine) -> None:
    pipeline = f"{MFA_SESSION} {' '.join(SERVE)} yes | head -1; echo ${{PIPESTATUS[0]}}"

    assert machine.run_program("bash", "-c", pipeline).stdout == f"y\n{128 + signal.SIGPIPE}\n"


def test_who_does_not_want_to_give_a_code_leaves_nothing_behind(machine: Machine) -> None:
    machine.lay_down_the_key()

    with machine.terminal() as terminal:
        program = machine.start(terminal, *SERVE, "echo", "running")
        terminal.expect("(test-user-phone")
        terminal.press("^C")

        assert program.wait() == 130
        assert "running" not in terminal.text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_of_it_when_the_program_is_killed(machine: Machine, number: signal.Signals) -> None:
    before = machine.credentials_file.read_bytes()

    with start(machine, "sh", "-c", "echo $AWS_CONTAINER_CREDENTIALS_FULL_URI; exec cat") as program:
        port = port_of(first_line(program))
        assert is_open(port)
        program.send_signal(number)

    wait_until_closed(port)
    assert program.returncode == -number
    assert machine.credentials_file.read_bytes() == before


def test_nobody_is_answered_any_more_when_the_program_has_ended(machine: Machine) -> None:
    address = machine.run(*SERVE, "printenv", "AWS_CONTAINER_CREDENTIALS_FULL_URI").stdout.strip()

    wait_until_closed(port_of(address))


def test_a_program_that_waits_for_all_its_children_is_not_kept_waiting(machine: Machine) -> None:
    ran = machine.run(*SERVE, sys.executable, "-c", "import os; os.wait()")

    assert ran.stderr.endswith("ChildProcessError: [Errno 10] No child processes\n")


def test_somebody_is_told_on_the_terminal_that_the_session_ends(machine: Machine) -> None:
    machine.write_credentials(long_term_key() + session(end=in_minutes(10)))

    with machine.terminal() as terminal:
        program = terminal.run(MFA_SESSION, *SERVE, "cat", stderr=Stream.PIPE, environment=machine.environment)
        terminal.expect("mfa-session: the session of test-user ends in 9 min: a new one needs a token code\n")
        terminal.expect("mfa-session: hint: run in another terminal: mfa-session login --profile test-user\n")
        terminal.press("^D")

        assert program.wait() == 0
        assert program.stderr == b""


def test_where_there_is_no_terminal_standard_error_has_to_do(machine: Machine) -> None:
    machine.write_credentials(long_term_key() + session(end=in_minutes(10)))

    with start(machine, "cat") as program:
        assert program.stderr is not None
        assert program.stderr.readline().startswith("mfa-session: the session of test-user ends in 9 min")
        program.communicate()


def in_minutes(minutes: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + minutes * 60))


@on_linux
def test_the_memory_of_the_endpoint_does_not_grow_with_the_requests(tmp_path: Path, machine: Machine) -> None:
    memory = memory_of_serve(MFA_SESSION, Homes(tmp_path / "homes", machine.endpoint), requests=2000)

    assert memory[Measure.SERVE_AT_LAST] <= 1.1 * memory[Measure.SERVE_AT_FIRST]
