"""A companion works beside a program, whatever becomes of both, and ends with it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mfa_session.credential_server.sidecar import polled_end_of
from tests.clean_environment import clean_environment
from tests.terminal import LOOK_SECONDS, TIMEOUT_SECONDS

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there it is a thread")

# Writes down its process, and when its work is over; then another program takes our place.
ACCOMPANIED = """\
import os, select, sys
from pathlib import Path
from mfa_session.credential_server.sidecar import run_beside
def work(end):
    Path("begun.new").write_text(str(os.getpid()))
    Path("begun.new").rename("begun")
    select.select([end], [], [])
    Path("over").touch()
run_beside(work)
os.execvp(sys.argv[1], sys.argv[1:])
"""


def wait_for(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not what():
        assert time.monotonic() < deadline
        time.sleep(LOOK_SECONDS)


def accompanied(folder: Path, *command: str) -> subprocess.Popen[str]:
    """Start *command* with a companion, and return it when the companion works."""
    program = subprocess.Popen(
        [sys.executable, "-c", ACCOMPANIED, *command],
        env=clean_environment(folder),
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_for((folder / "begun").exists)
    return program


def companion(folder: Path) -> int:
    return int((folder / "begun").read_text())


def test_it_ends_with_the_program_and_not_before(tmp_path: Path) -> None:
    with accompanied(tmp_path, "cat") as program:
        time.sleep(0.2)
        assert not (tmp_path / "over").exists()

        program.communicate()

    wait_for((tmp_path / "over").exists)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_it_ends_with_a_program_that_is_killed(tmp_path: Path, number: signal.Signals) -> None:
    with accompanied(tmp_path, "cat") as program:
        program.send_signal(number)

    assert program.returncode == -number
    wait_for((tmp_path / "over").exists)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_no_signal_ends_it_before_the_program(tmp_path: Path, number: signal.Signals) -> None:
    with accompanied(tmp_path, "cat") as program:
        os.kill(companion(tmp_path), number)
        time.sleep(0.2)

        os.kill(companion(tmp_path), 0)
        assert not (tmp_path / "over").exists()
        program.communicate()


def test_it_is_not_in_the_session_or_the_group_of_the_program(tmp_path: Path) -> None:
    with accompanied(tmp_path, "cat") as program:
        assert os.getsid(companion(tmp_path)) != os.getsid(program.pid)
        assert os.getpgid(companion(tmp_path)) != os.getpgid(program.pid)
        program.communicate()


def test_a_program_that_waits_for_all_its_children_does_not_wait_for_it(tmp_path: Path) -> None:
    with accompanied(tmp_path, sys.executable, "-c", "import os; os.wait()") as program:
        _, errors = program.communicate(timeout=TIMEOUT_SECONDS)

    assert errors.endswith("ChildProcessError: [Errno 10] No child processes\n")


def test_it_keeps_no_reader_of_the_programs_output_waiting(tmp_path: Path) -> None:
    with accompanied(tmp_path, "sh", "-c", "exec >&-; cat") as program:
        assert program.stdout is not None

        assert program.stdout.read() == ""
        program.communicate()


def test_the_end_of_a_process_is_found_where_the_system_does_not_tell_of_it() -> None:
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as process:
        end = polled_end_of(process.pid)
        os.set_blocking(end, False)
        with pytest.raises(BlockingIOError):
            os.read(end, 1)

        process.communicate()

    os.set_blocking(end, True)
    assert os.read(end, 1) == b""
    os.close(end)
