"""Questions and answers on a real terminal."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.clean_environment import clean_environment
from tests.prompt.asking import ask, asking
from tests.terminal import PseudoTerminal, Stream


def test_an_answer_is_shown_as_it_is_typed(terminal: PseudoTerminal) -> None:
    program = ask(terminal, "terminal.ask('Name:')")
    terminal.expect("Name: ")

    terminal.type("alice\n")

    assert program.wait() == 0
    assert program.stdout == b"answer: 'alice'\n"
    assert terminal.text == "Name: alice\n"


def test_a_secret_answer_is_not_shown(terminal: PseudoTerminal) -> None:
    program = ask(terminal, "terminal.ask('Code:', secret=True)")
    terminal.expect("Code: ")

    terminal.type("123456\n")

    assert program.wait() == 0
    assert program.stdout == b"answer: '123456'\n"
    assert terminal.text == "Code: \n"


def test_the_echo_is_off_while_a_secret_is_asked_and_on_again_afterwards(terminal: PseudoTerminal) -> None:
    before = terminal.modes()
    program = ask(terminal, "terminal.ask('Code:', secret=True)")
    terminal.expect("Code: ")
    while_asked = terminal.modes()

    terminal.type("123456\n")
    program.wait()

    assert not while_asked.echo
    assert terminal.modes() == before


def test_control_characters_of_a_question_are_made_visible(terminal: PseudoTerminal) -> None:
    ask(terminal, r"terminal.ask('Code of \x1b[2J\u202ealice:')")

    terminal.expect("Code of \\x1b[2J\\u202ealice: ")


def test_one_blank_stands_between_question_and_answer(terminal: PseudoTerminal) -> None:
    program = ask(terminal, "(terminal.ask('One:'), terminal.ask('Two: '))")

    terminal.type("1\n2\n")

    program.wait()
    assert re.search("One: \n.*Two: \n", terminal.text, re.DOTALL)


def test_what_is_told_stands_on_a_line_of_its_own(terminal: PseudoTerminal) -> None:
    program = ask(terminal, r"[terminal.tell('one\rtwo'), terminal.tell('three')]")

    program.wait()

    assert terminal.text == "one\\rtwo\nthree\n"


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("１２３４５６", "１２３４５６"),
        (" 123 456\t", " 123 456\t"),
        (b"\xff12", "\ufffd12"),
        (b"\xe3\x81", "\ufffd"),
        ("", ""),
        ("12x\x7f3", "123"),
        ("wrong\x15right", "right"),
        ("123\x04456", "123456"),
    ],
    ids=["full-width", "blanks", "not UTF-8", "cut-off UTF-8", "nothing", "Backspace", "Ctrl-U", "Ctrl-D amid"],
)
def test_a_line_arrives_as_it_was_meant(terminal: PseudoTerminal, typed: str | bytes, answer: str) -> None:
    program = ask(terminal, "terminal.ask('Code:')")
    terminal.expect("Code: ")

    terminal.type(typed)
    terminal.type("\n")

    assert program.wait() == 0
    assert program.stdout.decode() == f"answer: {answer!a}\n"


def test_two_ends_of_input_end_a_line_that_was_begun(terminal: PseudoTerminal) -> None:
    program = ask(terminal, "terminal.ask('Code:')")
    terminal.expect("Code: ")

    terminal.type("123")
    terminal.press("^D")
    terminal.press("^D")

    program.wait()
    assert program.stdout == b"answer: '123'\n"


def test_a_line_without_end_is_capped(terminal: PseudoTerminal) -> None:
    program = ask(terminal, "len(terminal.ask('Code:', secret=True))")
    terminal.expect("Code: ")

    terminal.type("1" * 20_000 + "\n")

    program.wait()
    length = re.fullmatch(rb"answer: (\d+)\n", program.stdout)
    assert length
    assert 0 < int(length[1]) <= 4096


def test_a_code_that_was_typed_while_the_program_started_is_not_lost(terminal: PseudoTerminal) -> None:
    terminal.type("123456\nyes\n")

    program = ask(terminal, "(terminal.ask('Code:', secret=True), terminal.confirm('Sure?', default=False))")

    program.wait()
    assert program.stdout == b"answer: ('123456', True)\n"
    assert terminal.text == "123456\nyes\nCode: \nSure? [y/N] \n"


def test_a_terminal_that_a_program_left_in_raw_mode_still_takes_a_line(terminal: PseudoTerminal) -> None:
    terminal.set_modes(canonical=False, echo=False)
    before = terminal.modes()
    program = ask(terminal, "terminal.ask('Name:')")
    terminal.expect("Name: ")

    terminal.type("alicx\x7fe\n")

    program.wait()
    assert program.stdout == b"answer: 'alice'\n"
    assert terminal.modes() == before


def test_an_echo_that_was_off_stays_off(terminal: PseudoTerminal) -> None:
    terminal.set_modes(echo=False)
    program = ask(terminal, "terminal.ask('Name:')")
    terminal.expect("Name: ")

    terminal.type("alice\n")

    program.wait()
    assert terminal.text == "Name: "


@pytest.mark.parametrize(
    ("typed", "answer"),
    [("\n", True), ("y\n", True), (" YES \n", True), ("n\n", False), ("No\n", False), ("maybe\nno\n", False)],
)
def test_a_question_of_yes_or_no_takes_either(terminal: PseudoTerminal, typed: str, answer: bool) -> None:
    terminal.type(typed)

    program = ask(terminal, "terminal.confirm('Move it?', default=True)")

    program.wait()
    assert program.stdout.decode() == f"answer: {answer}\n"
    assert "Move it? [Y/n] " in terminal.text


@pytest.mark.parametrize(
    ("typed", "index"),
    [("1\n", 0), ("2\n", 1), ("２\n", 1), ("0\n3\n-1\n\nx\n²\n 2 \n", 1)],
    ids=["first", "last", "full-width", "wrong ones before"],
)
def test_a_choice_is_made_by_its_number(terminal: PseudoTerminal, typed: str, index: int) -> None:
    terminal.type(typed)

    program = ask(terminal, r"terminal.choose('Which device?', ['phone', 'to\nken'])")

    program.wait()
    assert program.stdout.decode() == f"answer: {index}\n"
    assert "Which device?\n  1  phone\n  2  to\\nken\nNumber (1 to 2): " in terminal.text


def test_the_standard_streams_are_not_touched(terminal: PseudoTerminal) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"somebody's data\n")
    program = terminal.run(*asking("terminal.ask('Code:')"), stdin=reading, stdout=Stream.PIPE, stderr=Stream.PIPE)
    terminal.expect("Code: ")

    terminal.type("123456\n")

    assert program.wait() == 0
    assert os.read(reading, 100) == b"somebody's data\n"
    assert program.stdout == b"answer: '123456'\n"
    assert program.stderr == b""
    os.close(reading)
    os.close(writing)


@pytest.mark.parametrize("stream", [Stream.CLOSED, Stream.NULL], ids=["closed", "null"])
def test_a_person_is_asked_though_no_standard_stream_leads_anywhere(terminal: PseudoTerminal, stream: Stream) -> None:
    keep = f"open({str(terminal.home / 'answer')!r}, 'w').write(terminal.ask('Code:'))"
    program = terminal.run(*asking(keep), stdin=stream, stdout=stream, stderr=stream)
    terminal.expect("Code: ")

    terminal.type("123456\n")

    assert program.wait() == 0
    assert (terminal.home / "answer").read_text() == "123456"


def test_nobody_is_asked_without_a_controlling_terminal(tmp_path: Path) -> None:
    result = subprocess.run(
        asking("terminal.ask('Code:')"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        start_new_session=True,
        env=clean_environment(tmp_path),
        timeout=20,
    )

    assert result.stdout == b"error: PersonNeededError\n"


def test_another_thread_can_ask(terminal: PseudoTerminal) -> None:
    before = terminal.modes()
    in_a_thread = """
answers = []
def on_a_thread(question):
    thread = threading.Thread(target=lambda: answers.append(question()))
    thread.start()
    thread.join()
    return answers
"""
    program = ask(terminal, "on_a_thread(lambda: terminal.ask('Code:', secret=True))", before=in_a_thread)
    terminal.expect("Code: ")

    terminal.type("123456\n")

    program.wait()
    assert program.stdout == b"answer: ['123456']\n"
    assert terminal.modes() == before
