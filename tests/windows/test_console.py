"""The console of Windows: asked where the user sees it, and only there."""

import os
import subprocess
import sys
import time
from pathlib import Path

from tests.windows.pseudo_console import PseudoConsole

ASK = """
import sys, time
from datetime import timedelta
from mfa_session.prompt.terminal import Terminal
with Terminal.open() as terminal:
    terminal.tell("田中 太郎")
    print(terminal.ask("Number?", timeout=timedelta(seconds=20)))
    print(terminal.ask("Secret?", secret=True, timeout=timedelta(seconds=20)))
"""


def test_what_is_typed_on_a_pseudo_console_is_the_answer(tmp_path: Path) -> None:
    environ = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    with PseudoConsole([sys.executable, "-c", ASK], folder=tmp_path, environ=environ) as console:
        console.expect("Number?")
        console.type("12 x")
        console.expect("Secret?")
        console.type("unseen")
        code = console.wait()

    assert (code, console.stdout.read_bytes()) == (0, b"12 x\r\nunseen\r\n")
    assert "田中 太郎" in console.shown
    assert "12 x" in console.shown
    assert "unseen" not in console.shown


def test_nothing_is_asked_on_a_console_without_a_window() -> None:
    begun = time.monotonic()

    asked = subprocess.run(
        [sys.executable, "-c", ASK], creationflags=0x0800_0000, input=b"", capture_output=True, check=False
    )  # CREATE_NO_WINDOW

    assert asked.returncode == 1
    assert b"the console of this process has no window" in asked.stderr
    assert time.monotonic() - begun < 10


def test_a_process_without_a_console_says_so() -> None:
    asked = subprocess.run(
        [sys.executable, "-c", ASK], creationflags=0x0000_0008, input=b"", capture_output=True, check=False
    )  # DETACHED_PROCESS

    assert asked.returncode == 1
    assert b"there is no console to ask on" in asked.stderr
