"""Questions that end without an answer: the terminal is as it was, and a shell gets no half answer for a command."""

import os
import signal
import sys

import pytest

from tests.prompt.asking import ask, asking
from tests.terminal import PseudoTerminal, Stream

SECRET = "terminal.ask('Code:', secret=True)"

# Hands a hang-up on to its job when the terminal has long gone, as it does on a machine that is busy.
LATE_SHELL = """
import os, signal, subprocess, sys, time
def hand_on(number, _):
    time.sleep(0.5)
    job.send_signal(number)
signal.signal(signal.SIGHUP, hand_on)
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
job = subprocess.Popen(sys.argv[1:], process_group=0, preexec_fn=lambda: os.tcsetpgrp(0, os.getpid()))
print("ended by", job.wait())
"""


def test_the_end_of_input_on_an_empty_line_cancels(terminal: PseudoTerminal) -> None:
    before = terminal.modes()
    program = ask(terminal, SECRET)
    terminal.expect("Code: ")

    terminal.press("^D")

    program.wait()
    assert program.stdout == b"error: PromptCancelledError\n"
    assert terminal.modes() == before
    assert terminal.text == "Code: \n"


def test_an_answer_is_not_waited_for_longer_than_the_limit(terminal: PseudoTerminal) -> None:
    before = terminal.modes()
    program = ask(terminal, "terminal.ask('Code:', secret=True, timeout=timedelta(seconds=1))")

    program.wait()

    assert program.stdout == b"error: PromptTimeoutError\n"
    assert terminal.modes() == before
    assert terminal.text == "Code: \n"


def test_half_an_answer_is_thrown_away_when_its_question_ends(terminal: PseudoTerminal) -> None:
    program = ask(terminal, "terminal.ask('Code:')", after="print('next:', ascii(sys.stdin.readline()))")
    terminal.expect("Code: ")
    terminal.type("1234")
    terminal.expect("1234")

    program.send_signal(signal.SIGINT)
    terminal.wait_until(lambda: program.stdout != b"", "the end of the question")
    terminal.type("ls\n")

    program.wait()
    assert program.stdout == b"error: QuestionInterrupt\nnext: 'ls\\n'\n"


@pytest.mark.parametrize("question", ["confirm('Sure?', default=True", "choose('Which?', ['this', 'that']"])
def test_wrong_answers_do_not_lengthen_the_limit(terminal: PseudoTerminal, question: str) -> None:
    program = ask(terminal, f"terminal.{question}, timeout=timedelta(seconds=0.3))")

    while program.exit_code is None:
        tries = terminal.text.count("Please type")
        terminal.type("x\n")
        terminal.wait_until(
            lambda: program.exit_code is not None or terminal.text.count("Please type") > tries,  # noqa: B023  called now
            "an end, or another try",
        )

    assert program.stdout == b"error: PromptTimeoutError\n"


def test_the_interrupt_key_raises_keyboard_interrupt_when_the_terminal_is_as_it_was(terminal: PseudoTerminal) -> None:
    before = terminal.modes()
    program = ask(terminal, SECRET, after="sys.stdin.readline()")
    terminal.expect("Code: ")

    terminal.press("^C")
    terminal.wait_until(lambda: program.stdout != b"", "the end of the question")

    assert program.stdout == b"error: QuestionInterrupt\n"
    assert terminal.modes() == before
    assert terminal.text == "Code: \n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_a_signal_ends_the_program_after_the_terminal_is_as_it_was(
    terminal: PseudoTerminal, number: signal.Signals
) -> None:
    before = terminal.modes()
    program = ask(terminal, SECRET)
    terminal.expect("Code: ")

    program.send_signal(number)

    assert program.wait() == -number
    assert terminal.modes() == before
    assert "Code: \n" in terminal.text


def test_an_ignored_signal_stays_ignored(terminal: PseudoTerminal) -> None:
    program = ask(terminal, SECRET, before="signal.signal(signal.SIGHUP, signal.SIG_IGN)")
    terminal.expect("Code: ")

    program.send_signal(signal.SIGHUP)
    terminal.type("123456\n")

    assert program.wait() == 0
    assert program.stdout == b"answer: '123456'\n"
    assert terminal.text == "Code: \n"


def test_a_handler_that_lets_the_program_live_is_called_and_the_question_asked_again(terminal: PseudoTerminal) -> None:
    handler = "signal.signal(signal.SIGTERM, lambda *_: print('handled', flush=True))"
    program = ask(terminal, SECRET, before=handler)
    terminal.expect("Code: ")

    program.send_signal(signal.SIGTERM)
    terminal.expect("Code: ")
    terminal.type("123456\n")

    program.wait()
    assert program.stdout == b"handled\nanswer: '123456'\n"


def test_the_handlers_of_before_are_put_back(terminal: PseudoTerminal) -> None:
    every = "{n: signal.getsignal(n) for n in signal.valid_signals()} | {'wakes': signal.set_wakeup_fd(-1)}"
    program = ask(terminal, f"({SECRET}, before == {every})", before=f"before = {every}")
    terminal.expect("Code: ")

    terminal.type("123456\n")

    program.wait()
    assert program.stdout == b"answer: ('123456', True)\n"


def test_an_exception_out_of_a_handler_leaves_the_terminal_as_it_was(terminal: PseudoTerminal) -> None:
    before = terminal.modes()
    handler = "def alarm(*_):\n    raise SystemExit(7)\nsignal.signal(signal.SIGALRM, alarm)"
    program = ask(terminal, SECRET, before=handler)
    terminal.expect("Code: ")

    program.send_signal(signal.SIGALRM)

    assert program.wait() == 7
    assert terminal.modes() == before


def test_a_terminal_that_hangs_up_ends_the_program(terminal: PseudoTerminal) -> None:
    program = ask(terminal, SECRET)
    terminal.expect("Code: ")

    terminal.hang_up()

    assert program.wait() == -signal.SIGHUP


def test_a_terminal_that_hangs_up_ends_the_program_also_when_its_shell_is_slow(terminal: PseudoTerminal) -> None:
    shell = terminal.run(sys.executable, "-c", LATE_SHELL, *asking(SECRET), stdout=Stream.PIPE)
    terminal.expect("Code: ")

    terminal.hang_up()

    shell.wait()
    assert shell.stdout == f"ended by {-signal.SIGHUP}\n".encode()


def test_a_terminal_that_hangs_up_on_a_program_that_does_not_mind_leaves_nobody_to_ask(
    terminal: PseudoTerminal,
) -> None:
    program = ask(terminal, SECRET, before="signal.signal(signal.SIGHUP, signal.SIG_IGN)")
    terminal.expect("Code: ")

    terminal.hang_up()

    assert program.wait() == 0
    assert program.stdout == b"error: PersonNeededError\n"


def test_half_an_answer_does_not_become_a_whole_one_when_the_terminal_hangs_up(terminal: PseudoTerminal) -> None:
    program = ask(terminal, "terminal.ask('Code:')", before="signal.signal(signal.SIGHUP, signal.SIG_IGN)")
    terminal.expect("Code: ")
    terminal.type("123")
    terminal.press("^D")
    terminal.expect("123")

    terminal.hang_up()

    program.wait()
    assert program.stdout == b"error: PersonNeededError\n"


def test_nobody_is_asked_any_longer_when_the_reader_of_the_answer_has_gone(terminal: PseudoTerminal) -> None:
    before = terminal.modes()
    reading, writing = os.pipe()
    program = ask(
        terminal,
        "terminal.ask('Code:', secret=True, reader_fd=1)",
        stdout=writing,
        before="sys.stdout = sys.stderr",
    )
    os.close(writing)
    terminal.expect("Code: ")

    os.close(reading)

    terminal.expect("\nerror: ReaderGoneError\n")
    program.wait()
    assert terminal.modes() == before


def test_a_reader_that_is_still_there_is_no_reason_to_stop(terminal: PseudoTerminal) -> None:
    program = ask(terminal, "terminal.ask('Code:', reader_fd=1, timeout=timedelta(seconds=0.5))")

    program.wait()

    assert program.stdout == b"error: PromptTimeoutError\n"


def test_the_limit_holds_on_a_terminal_whose_output_is_stopped(terminal: PseudoTerminal) -> None:
    terminal.press("^S")
    program = ask(terminal, "terminal.ask('Code:', timeout=timedelta(seconds=0.3))")

    terminal.wait_until(lambda: program.stdout != b"", "the end of the question")

    terminal.press("^Q")
    program.wait()
    assert program.stdout == b"error: PromptTimeoutError\n"


def test_a_question_is_shown_when_a_stopped_terminal_goes_on(terminal: PseudoTerminal) -> None:
    terminal.press("^S")
    program = ask(terminal, "terminal.ask('Code:')", before="print('asking', flush=True)")
    terminal.wait_until(lambda: program.stdout != b"", "the program to start")

    terminal.press("^Q")
    terminal.expect("Code: ")
    terminal.type("123456\n")

    program.wait()
    assert program.stdout == b"asking\nanswer: '123456'\n"
