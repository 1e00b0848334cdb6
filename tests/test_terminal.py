"""The terminal that other tests use does what a person's does, and leaves nothing behind."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clean_environment import KEPT
from tests.processes import is_running
from tests.terminal import PseudoTerminal, Stream


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[PseudoTerminal]:
    with PseudoTerminal(tmp_path, rows=10, columns=40) as terminal:
        yield terminal


def test_what_was_expected_once_is_not_found_again(terminal: PseudoTerminal) -> None:
    terminal.run("printf", "code 1\ncode 2\n")

    numbers = [terminal.expect(re.compile(r"code (\d)"))[1] for _ in range(2)]

    assert numbers == ["1", "2"]
    with pytest.raises(AssertionError, match="the programs have ended without"):
        terminal.expect("code")


def test_what_is_not_there_fails_with_the_screen(terminal: PseudoTerminal) -> None:
    terminal.run("sh", "-c", "echo something else; cat")
    terminal.expect("else")

    with pytest.raises(AssertionError, match=r"(?s)waited 0.05 s for 'code'.*\| something else"):
        terminal.expect("code", timeout=0.05)


def test_text_is_found_through_colours_and_wrapped_lines(terminal: PseudoTerminal) -> None:
    terminal.run("printf", "\x1b[1;31mco\x1b[0mde \x1b]0;a title\x07of " + "x" * 40 + "\n")

    terminal.expect("code of " + "x" * 40 + "\n")

    assert terminal.screen == "code of " + "x" * 32 + "\n" + "x" * 8


def test_a_program_that_draws_is_seen_on_the_screen(terminal: PseudoTerminal) -> None:
    terminal.run("sh", "-c", r"printf '\033[3;5Hworld\033[3;1Hhey,'; cat")

    terminal.expect_on_screen("hey,world")


@pytest.mark.parametrize(
    ("stream", "result"), [(Stream.PIPE, "piped"), (Stream.NULL, ""), (Stream.CLOSED, ""), (Stream.TERMINAL, "")]
)
def test_each_stream_leads_where_it_should(terminal: PseudoTerminal, stream: Stream, result: str) -> None:
    program = terminal.run("sh", "-c", "printf piped; printf shown >/dev/tty", stdout=stream, stderr=Stream.NULL)

    program.wait()

    assert program.stdout.decode() == result
    assert terminal.text == ("pipedshown" if stream is Stream.TERMINAL else "shown")


def test_a_pipe_can_be_written_to_and_ended(terminal: PseudoTerminal) -> None:
    program = terminal.run("cat", stdin=Stream.PIPE, stdout=Stream.PIPE)
    assert program.stdin is not None

    os.write(program.stdin, b"some data")
    program.close_stdin()

    assert program.wait() == 0
    assert program.stdout == b"some data"


def test_much_output_neither_blocks_nor_is_lost(terminal: PseudoTerminal) -> None:
    program = terminal.run("sh", "-c", "seq 20000; seq 20000 >&2", stderr=Stream.PIPE)

    program.wait()

    numbers = "".join(f"{number}\n" for number in range(1, 20_001))
    assert terminal.text == numbers
    assert program.stderr.decode() == numbers


def test_keys_do_what_they_do(terminal: PseudoTerminal) -> None:
    program = terminal.run("cat")

    terminal.type("wrong")
    terminal.press("^U")
    terminal.type("righx")
    terminal.press("^?")
    terminal.type("t\n")
    terminal.press("^D")

    assert program.wait() == 0
    assert terminal.screen.endswith("right\nright")


@pytest.mark.parametrize(("key", "number"), [("^C", signal.SIGINT), ("^\\", signal.SIGQUIT)])
def test_the_keys_that_end_a_program_reach_it_from_its_first_moment(
    terminal: PseudoTerminal, key: str, number: signal.Signals
) -> None:
    program = terminal.run("sleep", "60")

    terminal.press(key)

    assert program.wait() == -number


def test_a_program_sees_the_size_and_each_change_of_it(terminal: PseudoTerminal) -> None:
    program = terminal.run("sh", "-c", "trap 'stty size; exit' WINCH; stty size; while :; do sleep 0.01; done")
    terminal.expect("10 40\n")

    terminal.resize(24, 132)

    terminal.expect("24 132\n")
    program.wait()


def test_a_program_is_stopped_and_continued(terminal: PseudoTerminal) -> None:
    program = terminal.run("cat")

    terminal.press("^Z")
    stopped_by = program.wait_until_stopped()
    program.resume(foreground=True)
    terminal.type("here\n")

    assert stopped_by is signal.SIGTSTP
    terminal.expect("here\nhere\n")


def test_a_program_in_the_background_is_stopped_when_it_reads(terminal: PseudoTerminal) -> None:
    program = terminal.run("cat", foreground=False)

    assert program.wait_until_stopped() is signal.SIGTTIN


def test_the_modes_of_a_program_that_has_ended_can_be_seen(terminal: PseudoTerminal) -> None:
    before = terminal.modes()

    terminal.run("stty", "-echo").wait()

    assert before.echo
    assert before.canonical
    assert not terminal.modes().echo


def test_a_terminal_that_hangs_up_tells_its_programs(terminal: PseudoTerminal) -> None:
    program = terminal.run("sleep", "60")  # it reads nothing, so it is told in no other way

    terminal.hang_up()

    assert program.wait() == -signal.SIGHUP


def test_the_environment_is_clean_and_the_home_is_the_tests(terminal: PseudoTerminal, tmp_path: Path) -> None:
    program = terminal.run("env", stdout=Stream.PIPE, environment={"AWS_PROFILE": "alice"})

    program.wait()

    variables = dict(line.split("=", 1) for line in program.stdout.decode().splitlines())
    assert variables.keys() <= {*KEPT, "HOME", "AWS_PROFILE"}
    assert variables["HOME"] == str(tmp_path)


def test_nothing_that_was_started_is_left(tmp_path: Path) -> None:
    with PseudoTerminal(tmp_path) as terminal:
        terminal.shell()
        terminal.type("sleep 60 & echo pid $!.\n")
        job = int(terminal.expect(re.compile(r"pid (\d+)\."))[1])
        program = terminal.run("sh", "-c", "trap '' HUP TERM; sleep 60; sleep 60")
        assert is_running(job)

    assert not is_running(job)
    assert not is_running(program.pid)


def test_nothing_is_left_when_the_test_itself_is_killed(tmp_path: Path) -> None:
    test = """
import os, signal, sys
from pathlib import Path
from tests.terminal import PseudoTerminal

terminal = PseudoTerminal(Path(sys.argv[1]))
print(terminal.run("sleep", "60").pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run(
        [sys.executable, "-c", test, tmp_path], stdout=subprocess.PIPE, cwd=Path(__file__).parents[1]
    )
    program = int(killed.stdout)

    deadline = time.monotonic() + 20
    while is_running(program) and time.monotonic() < deadline:
        time.sleep(0.01)

    assert not is_running(program)
