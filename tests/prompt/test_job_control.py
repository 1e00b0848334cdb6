"""Questions of programs that are stopped, continued, and put into the background of their terminal."""

import re
import shlex
import shutil
import signal
from pathlib import Path

import pytest

from tests.prompt.asking import ask, asking
from tests.terminal import PseudoTerminal, Stream

SECRET = "terminal.ask('Code:', secret=True)"


def test_a_program_in_the_background_asks_nobody_and_is_not_stopped(terminal: PseudoTerminal) -> None:
    before = terminal.modes()

    program = ask(terminal, SECRET, foreground=False)

    assert program.wait() == 0
    assert program.stdout == b"error: PersonNeededError\n"
    assert terminal.raw == b""
    assert terminal.modes() == before


def test_a_terminal_cannot_even_be_opened_in_the_background(terminal: PseudoTerminal) -> None:
    program = ask(terminal, "'opened'", foreground=False)

    program.wait()

    assert program.stdout == b"error: PersonNeededError\n"


def test_a_program_that_went_to_the_background_since_it_opened_the_terminal_asks_nobody(
    terminal: PseudoTerminal,
) -> None:
    program = ask(terminal, f"(signal.raise_signal(signal.SIGSTOP), {SECRET})")
    program.wait_until_stopped()

    program.resume(foreground=False)

    program.wait()
    assert program.stdout == b"error: PersonNeededError\n"
    assert terminal.text == ""


def test_a_program_beside_the_one_that_started_it_can_ask(terminal: PseudoTerminal) -> None:
    command = shlex.join(asking(SECRET))
    program = terminal.run("sh", "-c", f"{command} | cat", stdout=Stream.PIPE)
    terminal.expect("Code: ")

    terminal.type("123456\n")

    assert program.wait() == 0
    assert program.stdout == b"answer: '123456'\n"


@pytest.mark.skipif(shutil.which("timeout") is None, reason="timeout(1) is part of the GNU core utilities")
def test_a_program_that_a_script_runs_under_timeout_is_in_the_background_and_ends_at_once(
    terminal: PseudoTerminal,
) -> None:
    program = terminal.run("sh", "-c", f"timeout 20 {shlex.join(asking(SECRET))}; true", stdout=Stream.PIPE)

    program.wait()
    assert program.stdout == b"error: PersonNeededError\n"


def test_the_stop_key_leaves_the_terminal_as_it_was_and_the_question_comes_again(terminal: PseudoTerminal) -> None:
    before = terminal.modes()
    program = ask(terminal, SECRET)
    terminal.expect("Code: ")

    terminal.press("^Z")
    program.wait_until_stopped()
    while_stopped = terminal.modes()
    program.resume(foreground=True)
    terminal.expect("Code: ")
    after_return = terminal.modes()
    terminal.type("123456\n")
    program.wait()

    assert while_stopped == before
    assert not after_return.echo
    assert terminal.modes() == before
    assert program.stdout == b"answer: '123456'\n"


@pytest.mark.parametrize("stop", [signal.SIGTSTP, signal.SIGSTOP])
def test_the_question_comes_again_in_the_foreground_after_a_while_in_the_background(
    terminal: PseudoTerminal, stop: signal.Signals
) -> None:
    before = terminal.modes()
    program = ask(terminal, SECRET)
    terminal.expect("Code: ")

    program.send_signal(stop)
    program.wait_until_stopped()
    program.resume(foreground=False)
    terminal.wait_until(lambda: terminal.modes() == before, "the terminal to be as it was")
    program.resume(foreground=True)
    terminal.expect("Code: ")
    after_return = terminal.modes()
    terminal.type("123456\n")
    program.wait()

    assert not after_return.echo
    assert terminal.modes() == before
    assert program.stdout == b"answer: '123456'\n"


def test_the_limit_passes_in_the_background_too(terminal: PseudoTerminal) -> None:
    program = ask(terminal, "terminal.ask('Code:', timeout=timedelta(seconds=3))")
    terminal.expect("Code: ")

    terminal.press("^Z")
    program.wait_until_stopped()
    program.resume(foreground=False)

    program.wait()
    assert program.stdout == b"error: PromptTimeoutError\n"


def test_a_terminal_that_is_taken_away_without_a_stop_ends_the_question(terminal: PseudoTerminal) -> None:
    first = terminal.run("cat")
    program = terminal.run(*asking(SECRET), stdout=Stream.PIPE, beside=first)
    terminal.expect("Code: ")

    terminal.run("cat")

    program.wait()
    assert program.stdout == b"error: PersonNeededError\n"


def test_a_shell_that_takes_the_terminal_back_keeps_its_own_modes(terminal: PseudoTerminal) -> None:
    first = terminal.run("cat")
    program = terminal.run(*asking(SECRET), stdout=Stream.PIPE, beside=first)
    terminal.expect("Code: ")

    terminal.set_modes(canonical=False, echo=False)
    the_modes_of_the_shell = terminal.modes()
    terminal.run("cat")

    program.wait()
    assert terminal.modes() == the_modes_of_the_shell


@pytest.mark.parametrize("shell", [("bash", "--norc", "--noprofile"), ("zsh", "-f"), ("dash",)], ids=lambda s: s[0])
def test_in_a_real_shell_a_question_survives_stop_background_and_foreground(
    terminal: PseudoTerminal, tmp_path: Path, shell: tuple[str, ...]
) -> None:
    if shutil.which(shell[0]) is None:
        pytest.skip(f"{shell[0]} is not installed")
    program = tmp_path / "asker"
    program.write_text(f"#!/bin/sh\nexec {shlex.join(asking(SECRET))}\n")
    program.chmod(0o700)
    terminal.run(*shell, "-i", environment={"PS1": "> ", "HISTFILE": ""})
    terminal.expect("> ")

    terminal.type(f"{program}\n")
    terminal.expect("Code: ")
    terminal.press("^Z")
    terminal.expect(re.compile("stopped|suspended", re.IGNORECASE))
    terminal.expect("> ")
    terminal.type("bg\n")
    terminal.expect("> ")
    terminal.type("fg\n")
    terminal.expect("Code: ")
    terminal.type("123456\n")

    terminal.expect("answer: '123456'")
    terminal.expect("> ")
    assert "\n123456" not in terminal.text
