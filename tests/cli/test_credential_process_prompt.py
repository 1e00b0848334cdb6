"""`credential-process` asks on the terminal of an AWS tool: what the user sees, and how the tool may end."""

import os
import shutil
import signal
import sys
import time

import pytest

from tests.cli.test_credential_process import QUESTION, ask_in, more_in
from tests.machine import MFA_SESSION, Machine
from tests.terminal import Stream

# An AWS tool that reads the answer in a pipe, as botocore and Go do, and ends in its own way.
TOOL = """
import os, signal, subprocess, sys, time
helper = subprocess.Popen(sys.argv[2:], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
time.sleep(float(sys.argv[1]))
"""

# Shows a spinner on the terminal while it waits.
SPINNER = """
import subprocess, sys, time
helper = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
with open("/dev/tty", "w") as terminal:
    while helper.poll() is None:
        terminal.write("\\r\\x1b[2K* Deploying...")
        terminal.flush()
        time.sleep(0.1)
"""


def test_after_a_wrong_code_the_next_one_is_asked_for_and_every_waiting_caller_gets_the_session(
    machine: Machine,
) -> None:
    machine.lay_down_the_key()

    with machine.terminal() as terminal:
        first = ask_in(terminal, machine)
        terminal.expect("MFA code: ")
        callers = [first, *more_in(terminal, machine, first, number=4)]
        terminal.type(("000000" if machine.phone.code() != "000000" else "000001") + "\n")
        terminal.expect("AWS did not accept this code")
        terminal.expect("MFA code: ")
        terminal.type(machine.phone.code() + "\n")

        assert {caller.wait() for caller in callers} == {0}
        assert len({caller.stdout for caller in callers}) == 1
        assert {caller.stderr for caller in callers} == {b""}
    assert [call.status for call in machine.calls("GetSessionToken")] == [403, 200]


def test_three_wrong_codes_end_every_waiting_caller_with_one_message_also_on_the_terminal(machine: Machine) -> None:
    machine.lay_down_the_key()

    with machine.terminal() as terminal:
        first = ask_in(terminal, machine)
        terminal.expect(QUESTION)
        callers = [first, *more_in(terminal, machine, first, number=4)]
        for wrong in ("000000", "000001", "000002"):
            terminal.expect("MFA code: ")
            terminal.type(wrong + "\n")

        assert {caller.wait() for caller in callers} == {254}
        terminal.expect("\nmfa-session: error: AWS did not accept")
        assert len({caller.stderr for caller in callers}) == 1
        assert {caller.stdout for caller in callers} == {b""}
        assert terminal.text.count(QUESTION) == 3
        assert terminal.text.count("mfa-session: error:") == 1
    assert len(machine.calls("GetSessionToken")) == 3


@pytest.mark.parametrize("said", ["terminal", "stderr"])
def test_why_it_failed_is_on_the_terminal_once(machine: Machine, said: str) -> None:
    machine.lay_down_the_key()

    with machine.terminal() as terminal:
        program = terminal.run(
            MFA_SESSION,
            "credential-process",
            "--profile",
            "test-user",
            stdout=Stream.PIPE,
            stderr=Stream.PIPE if said == "terminal" else Stream.TERMINAL,
            environment=machine.environment,
        )
        terminal.expect("MFA code: ")
        terminal.press("^D")

        assert program.wait() == 1
        assert terminal.text.count("mfa-session: error: cancelled") == 1


def test_a_question_stays_visible_under_a_spinner(machine: Machine) -> None:
    machine.lay_down_the_key()

    with machine.terminal(columns=120) as terminal:
        program = terminal.run(
            sys.executable,
            "-c",
            SPINNER,
            MFA_SESSION,
            "credential-process",
            "--profile",
            "test-user",
            environment=machine.environment,
        )
        terminal.expect("MFA code: ")
        looks = 0
        for _ in range(70):
            time.sleep(0.03)
            looks += QUESTION in terminal.screen
        terminal.type(machine.phone.code() + "\n")
        program.wait()

    assert looks >= 60
    assert machine.log_in().returncode == 0


def test_when_the_tool_has_gone_the_terminal_says_what_to_run(machine: Machine) -> None:
    machine.lay_down_the_key()

    with machine.terminal() as terminal:
        before = terminal.modes()
        tool = terminal.run(
            sys.executable,
            "-c",
            TOOL,
            "60",
            MFA_SESSION,
            "credential-process",
            "--profile",
            "test-user",
            environment=machine.environment,
        )
        terminal.expect("MFA code: ")
        tool.send_signal(signal.SIGKILL)

        said = "The program that asked has stopped waiting. Run: mfa-session login --profile test-user\n"
        terminal.wait_until(lambda: said in terminal.text, said)
        terminal.wait_until(lambda: terminal.modes() == before, "the modes of before")


def test_after_the_tool_has_gone_the_next_caller_is_asked(machine: Machine) -> None:
    machine.lay_down_the_key()

    with machine.terminal() as terminal:
        reading, writing = os.pipe()
        first = terminal.run(
            MFA_SESSION,
            "credential-process",
            "--profile",
            "test-user",
            stdout=writing,
            stderr=Stream.PIPE,
            environment=machine.environment,
        )
        os.close(writing)
        terminal.expect("MFA code: ")
        [second] = more_in(terminal, machine, first, number=1)
        os.close(reading)
        terminal.expect("has stopped waiting")
        terminal.expect("MFA code: ")
        terminal.type(machine.phone.code() + "\n")

        assert second.wait() == 0


WAYS_TO_END = {
    "exit": "{tool} 2",
    "timeout": "timeout --foreground 2 {tool} 60",
    "sigterm": "timeout --foreground -s TERM 2 {tool} 60",
    "sigkill": "timeout --foreground -s KILL 2 {tool} 60",
}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "dash"])
@pytest.mark.parametrize("way", [*WAYS_TO_END, "^C", "^Z"])
def test_the_shell_has_its_echo_however_the_tool_ends(machine: Machine, shell: str, way: str) -> None:
    if (found := shutil.which(shell)) is None:
        pytest.skip(f"{shell} is not installed")
    machine.lay_down_the_key()
    tool = machine.home / "tool"
    tool.write_text(
        f"#!/bin/sh\nexec {sys.executable} -c '{TOOL}' \"$1\" {MFA_SESSION} credential-process --profile test-user\n"
    )
    tool.chmod(0o755)
    options = {"bash": ["--norc", "--noprofile"], "zsh": ["-f"], "fish": ["--no-config"], "dash": []}[shell]

    with machine.terminal() as terminal:
        terminal.run(found, *options, "-i", environment={**machine.environment, "PS1": "$ "})
        terminal.type("echo rea''dy\n")
        terminal.expect("ready")
        terminal.type(WAYS_TO_END.get(way, "{tool} 60").format(tool=tool) + "\n")
        terminal.expect("MFA code: ")
        if way.startswith("^"):
            time.sleep(0.3)
            terminal.press(way)
        else:
            terminal.expect("has stopped waiting", timeout=20)
        time.sleep(0.5)
        terminal.type("stty -a; echo do''ne\n")
        modes = terminal.expect("done")

        assert modes
        shown = terminal.text[terminal.text.rindex("speed") :]
        assert "-echo " not in shown
        assert " echo " in shown
