"""A real pinentry is asked, on a terminal and on a screen; one that fails, hangs or talks nonsense is a reason."""

import shutil
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from mfa_session.errors import CodeSourceError, PersonNeededError, PromptCancelledError, PromptTimeoutError
from mfa_session.prompt.pinentry import Pinentry
from mfa_session.prompt.prompt import Deadline
from tests.clean_environment import clean_environment
from tests.programs import python_program, shell_program
from tests.terminal import TIMEOUT_SECONDS, Program, PseudoTerminal, Stream
from tests.virtual_screen import VirtualScreen, virtual_screen

ASKING = """
import os, sys
from datetime import timedelta
from mfa_session.prompt.prompt import Deadline
from mfa_session.prompt.pinentry import Pinentry
from mfa_session.errors import MFASessionError

dialog = Pinentry({program!r}, os.environ)
try:
    dialog.be_ready()
    print("answer:", ascii(dialog.ask(Deadline().prompt(timeout=timedelta(seconds={seconds}), text={text!r}))))
except MFASessionError as error:
    print("error:", type(error).__name__, error)
"""

TERMINAL_PINENTRIES = ("pinentry-curses", "pinentry-tty")

# What a pinentry does first, and what it does for each line that it is sent.
GREETING = "import os, sys, time\nprint('OK Pleased to meet you', flush=True)\n"
PRINTING = GREETING + "for line in sys.stdin:\n    print({answer!r} if line == 'GETPIN\\n' else 'OK', flush=True)\n"


def installed(program: str) -> str:
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"{program} is not installed")
    return path


@pytest.fixture(scope="module")
def screen() -> Iterator[VirtualScreen]:
    with virtual_screen() as screen:
        yield screen


def ask_from_a_program_without_a_terminal(
    terminal: PseudoTerminal, program: str, *, text: str = "A question", seconds: float = TIMEOUT_SECONDS
) -> Program:
    """Start what asks with a pinentry, in a session of its own, as a desktop program that was started in a terminal."""
    script = ASKING.format(program=program, text=text, seconds=seconds)
    return terminal.run(
        "bash",
        "-c",
        'GPG_TTY=$(tty) exec setsid --wait "$@"',
        "bash",
        sys.executable,
        "-c",
        script,
        stdout=Stream.PIPE,
    )


def answer(
    program: Path | str, *, environ: dict[str, str], text: str = "A question", seconds: float = TIMEOUT_SECONDS
) -> str:
    question = Deadline().prompt(timeout=timedelta(seconds=seconds), text=text)
    return Pinentry(str(program), environ).ask(question)


@pytest.mark.parametrize("name", TERMINAL_PINENTRIES)
def test_it_is_asked_on_the_terminal_that_gpg_would_use(terminal: PseudoTerminal, name: str) -> None:
    program = ask_from_a_program_without_a_terminal(terminal, installed(name), text="Profile 100% sure\nneeds a code")
    terminal.expect("Profile 100% sure")
    terminal.expect("Code:")
    terminal.type("123 456%41\n")

    program.wait()

    assert program.stdout == b"answer: '123 456%41'\n"
    assert "123 456" not in terminal.text


@pytest.mark.parametrize("name", TERMINAL_PINENTRIES)
def test_the_terminal_is_left_as_it_was_however_it_ends(terminal: PseudoTerminal, name: str) -> None:
    before = terminal.modes()
    program = ask_from_a_program_without_a_terminal(terminal, installed(name), seconds=1)
    terminal.expect("Code:")

    program.wait()

    assert program.stdout == b"error: PromptTimeoutError no answer in time\n"
    assert terminal.modes() == before


def test_closing_it_is_an_answer(terminal: PseudoTerminal) -> None:
    program = ask_from_a_program_without_a_terminal(terminal, installed("pinentry-curses"))
    terminal.expect("Code:")
    terminal.type("\t\t\n")

    program.wait()

    assert program.stdout.startswith(b"error: PromptCancelledError")


def test_nobody_is_asked_on_the_terminal_by_a_program_in_its_background(terminal: PseudoTerminal) -> None:
    script = ASKING.format(program=installed("pinentry-curses"), text="A question", seconds=TIMEOUT_SECONDS)
    program = terminal.run(
        "bash",
        "-c",
        'GPG_TTY=$(tty) exec "$@"',
        "bash",
        sys.executable,
        "-c",
        script,
        stdout=Stream.PIPE,
        foreground=False,
    )

    program.wait()

    assert program.stdout == b"error: PersonNeededError there is no screen for a pinentry\n"
    assert terminal.text == ""


def test_it_is_asked_on_the_screen(screen: VirtualScreen, tmp_path: Path) -> None:
    pinentry, environ = installed("pinentry-gtk-2"), clean_environment(tmp_path, DISPLAY=screen.display)

    with screen.answered_by(lambda: screen.type("123456")):
        typed = answer(pinentry, environ=environ, text="100% <b>sure</b>\nneeds a _code")

    assert typed == "123456"


def test_closing_it_on_the_screen_is_an_answer(screen: VirtualScreen, tmp_path: Path) -> None:
    pinentry, environ = installed("pinentry-gtk-2"), clean_environment(tmp_path, DISPLAY=screen.display)

    with screen.answered_by(lambda: screen.press("Escape")), pytest.raises(PromptCancelledError):
        answer(pinentry, environ=environ)


def test_it_closes_when_nobody_answers(screen: VirtualScreen, tmp_path: Path) -> None:
    environ = clean_environment(tmp_path, DISPLAY=screen.display)

    with pytest.raises(PromptTimeoutError):
        answer(installed("pinentry-gtk-2"), environ=environ, seconds=1)

    assert screen.windows("mfa-session") == []


@pytest.mark.parametrize("program", TERMINAL_PINENTRIES)
@pytest.mark.parametrize("variables", [{}, {"DISPLAY": ":0"}], ids=["no screen", "a screen"])
def test_a_pinentry_for_terminals_without_one_is_no_user_who_cancelled(
    tmp_path: Path, program: str, variables: dict[str, str]
) -> None:
    with pytest.raises(CodeSourceError, match=f"^{program} failed: it needs a terminal(?m:$)"):
        answer(installed(program), environ=clean_environment(tmp_path, **variables))


def test_a_pinentry_that_can_show_nothing_fails_at_once(tmp_path: Path) -> None:
    begun = time.monotonic()

    with pytest.raises(CodeSourceError, match=r"^pinentry-curses failed: "):
        answer(installed("pinentry-curses"), environ=clean_environment(tmp_path))

    assert time.monotonic() - begun < 10


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"DISPLAY": ":987"},
        {"DISPLAY": "localhost:987.0"},
        {"DISPLAY": "nonsense"},
        {"WAYLAND_DISPLAY": "wayland-9"},
    ],
    ids=str,
)
def test_nobody_would_see_it_where_no_screen_answers(tmp_path: Path, variables: dict[str, str]) -> None:
    dialog = Pinentry("/usr/bin/pinentry", clean_environment(tmp_path, **variables))

    with pytest.raises(PersonNeededError, match="there is no screen"):
        dialog.be_ready()


def test_over_ssh_it_would_open_on_another_screen(screen: VirtualScreen, tmp_path: Path) -> None:
    environ = clean_environment(tmp_path, DISPLAY=screen.display)
    Pinentry("/usr/bin/pinentry", environ).be_ready()

    with pytest.raises(PersonNeededError, match="there is no screen"):
        Pinentry("/usr/bin/pinentry", environ | {"SSH_CONNECTION": "1 2 3 4"}).be_ready()


@pytest.mark.parametrize(
    ("getpin", "error", "message"),
    [
        ("ERR 83886179 Operation cancelled <Pinentry>", PromptCancelledError, "cancelled"),
        ("ERR 83886278 Fully cancelled <Pinentry>", PromptCancelledError, "cancelled"),
        ("ERR 83886142 Timeout <Pinentry>", PromptTimeoutError, "in time"),
        ("ERR 83886340 Invalid IPC response <Pinentry>", CodeSourceError, "failed: Invalid IPC response <Pinen"),
        ("ERR nonsense", CodeSourceError, "failed"),
        ("ERR", CodeSourceError, "failed"),
        ("OKAY", CodeSourceError, "does not answer as a pinentry does"),
        ("", CodeSourceError, "does not answer as a pinentry does"),
        ("D " + "1" * 9000, CodeSourceError, "does not answer as a pinentry does"),
        ("D 1\nD 2\n" * 5000, CodeSourceError, "does not answer as a pinentry does"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_it_answers_instead_of_a_code_is_told(
    tmp_path: Path, getpin: str, error: type[Exception], message: str
) -> None:
    program = python_program(tmp_path / "pinentry", PRINTING.format(answer=getpin))

    with pytest.raises(error, match=message):
        answer(program, environ=clean_environment(tmp_path))


@pytest.mark.parametrize(
    ("getpin", "typed"),
    [
        ("D 123456\nOK", "123456"),
        ("OK", ""),
        ("S PASSWORD_FROM_CACHE\n# a remark\nD 12%25%0A34+\nOK closing", "12%\n34+"),
        ("D 123\nD 456\nOK", "123456"),
        ("D \udcff\nOK", "\ufffd"),
    ],
    ids=ascii,
)
def test_the_answer_is_put_together_as_assuan_says(tmp_path: Path, getpin: str, typed: str) -> None:
    writing = "sys.stdout.reconfigure(errors='surrogateescape')\n"
    program = python_program(tmp_path / "pinentry", PRINTING.format(answer=getpin).replace("for ", writing + "for ", 1))

    assert answer(program, environ=clean_environment(tmp_path)) == typed


def test_an_inquiry_is_declined(tmp_path: Path) -> None:
    source = GREETING + (
        "for line in sys.stdin:\n"
        "    if line == 'GETPIN\\n':\n"
        "        print('INQUIRE QUALITY 1', flush=True)\n"
        "        print(f'D {sys.stdin.readline().strip()}\\nOK', flush=True)\n"
        "    else:\n"
        "        print('ERR 536871187 Unknown command', flush=True)\n"
    )

    assert answer(python_program(tmp_path / "pinentry", source), environ=clean_environment(tmp_path)) == "CAN"


@pytest.mark.parametrize(
    "text", ["a\nb\r\n100%\nGETPIN\nBYE", "ü" * 3000, "%\n" * 3000, "\udcff"], ids=lambda text: ascii(text[:9])
)
def test_no_text_can_be_more_than_the_rest_of_one_line(tmp_path: Path, text: str) -> None:
    source = GREETING + (
        "with open(os.environ['HOME'] + '/log', 'wb', buffering=0) as log:\n"
        "    for line in sys.stdin.buffer:\n"
        "        log.write(line)\n"
        "        print('D 123456\\nOK' if line == b'GETPIN\\n' else 'OK', flush=True)\n"
    )

    answer(python_program(tmp_path / "pinentry", source), environ=clean_environment(tmp_path), text=text)

    lines = (tmp_path / "log").read_bytes().splitlines(keepends=True)
    commands = [line.split()[0] for line in lines]
    assert commands == [b"SETTIMEOUT", b"SETTITLE", b"SETDESC", b"SETPROMPT", b"GETINFO", b"GETPIN", b"BYE"]
    assert max(map(len, lines)) <= 1000


@pytest.mark.parametrize(
    "source",
    ["import time\ntime.sleep(60)", GREETING + "time.sleep(60)", GREETING + "while True: print('# busy', flush=True)"],
)
def test_one_that_hangs_is_ended(tmp_path: Path, source: str) -> None:
    begun = time.monotonic()

    with pytest.raises(PromptTimeoutError):
        answer(python_program(tmp_path / "pinentry", source), environ=clean_environment(tmp_path), seconds=0.2)

    assert time.monotonic() - begun < 10


@pytest.mark.parametrize("source", ["exit 0", "echo OK; exit 1", "echo nonsense", "echo 'ERR 1 no'", "yes"])
def test_one_that_talks_nonsense_is_a_reason(tmp_path: Path, source: str) -> None:
    program = shell_program(tmp_path / "pinentry", source)

    with pytest.raises(CodeSourceError, match=r"^pinentry "):
        answer(program, environ=clean_environment(tmp_path))


def test_one_that_is_not_there_is_a_reason(tmp_path: Path) -> None:
    with pytest.raises(CodeSourceError, match=r"^pinentry-of-mine cannot be run: no such file or directory(?m:$)"):
        answer("/nowhere/pinentry-of-mine", environ=clean_environment(tmp_path))
