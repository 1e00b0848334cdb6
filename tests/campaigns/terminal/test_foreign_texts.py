"""Texts of others on their way to a terminal: none of them can do anything there, judged by the bytes that it got."""

import itertools
import os
import re

import pytest

from tests.campaigns import scale
from tests.campaigns.figures import count
from tests.campaigns.terminal.scenes import SPEAKING_PROGRAM, TextCase, scenes
from tests.machine import Machine
from tests.terminal import PseudoTerminal

TEXTS = {
    "escapes": "\x1b[38;5;213mred\x1b[0m\x1b]8;;http://evil.example/\x07link\x1b]8;;\x07\x1b]52;c;eA==\x07\x1b]0;t\x07\x1b[2J",
    "C1": "\x9b38;5;213m\x9d52;c;ZXZpbA==\x9c\x90q\x9c\x85" + os.fsdecode(b"\xff\x9b31m\x9d"),
    "invisible": "a\u202eevil\u202c\u2066x\u2069\u200b\u200d\u2060\ufeff\u00ad\U000e0041z",
    "lines": "x\r\nmfa-session: error: FORGED\nFORGED\rFORGED\x0bFORGED\x0cFORGED\u2028FORGED\u2029FORGED\x85FORGED",
    "keys": "abc\x08\x08\x08\x7f\x00\x05\x0e\x04\x03",
    "markup": "[red]x[/red][link=http://evil.example]y[/link][bold on blink]z",
}

# What a terminal is sent of our own accord.
OURS = re.compile(r"\x1b\[[0-9;]{0,5}m")
FORGED = re.compile(r"(^|[\r\n])(mfa-session: error: )?FORGED")

# Enter takes what is offered, a code is one of no device, and in the end nobody is there any more.
TYPED = "123456\n\n\n123456\n\n\n123456\n\n\n"


def cases() -> list[tuple[TextCase, str]]:
    return scale.chosen(itertools.product(scenes(), TEXTS), quick_nth=61)


def started(scene: TextCase, text: str, machine: Machine, terminal: PseudoTerminal) -> str:
    """Run the command to its end, and return what the terminal got, undecodable bytes as surrogates."""
    environment = {name: value.replace("TEXT", text) for name, value in scene.environment.items()}
    program = machine.start(terminal, *(word.replace("TEXT", text) for word in scene.command), **environment)
    terminal.type(TYPED)
    for _ in range(6):
        terminal.press("^D")
    program.wait(timeout=90)
    return terminal.raw.decode(errors="surrogateescape")


@pytest.mark.parametrize(("scene", "name"), cases(), ids=str)
def test_a_text_of_somebody_else_does_nothing_to_a_terminal(machine: Machine, scene: TextCase, name: str) -> None:
    text = TEXTS[name].replace("\0", "")  # which no argument can have
    machine.lay_down_the_key()
    scene.prepare(machine, text)

    with machine.terminal() as terminal:
        modes = terminal.modes()
        got = started(scene, text, machine, terminal)

        found = {
            "raw_characters": sum(not c.isprintable() and c not in "\r\n\t" for c in OURS.sub("", got)),
            "forged_lines": scene.source != SPEAKING_PROGRAM and FORGED.search(got) is not None,
            "colours_of_markup": name == "markup" and "\x1b" in got,
            "modes_changed": terminal.modes() != modes,
            "tracebacks": "Traceback" in got or "internal error" in got,
        }
    count("terminal", f"text from outside: {name}", **found)
    assert not any(found.values()), (found, got)
