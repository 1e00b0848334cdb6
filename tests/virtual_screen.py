"""A screen that nobody sees, with dialogs that are answered as a person would: Xvfb, and xdotool for the keys."""

import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

# How long a window may take to open on a busy machine.
_TIMEOUT_SECONDS = 20.0
_LOOK_SECONDS = 0.05


class VirtualScreen:
    """An X display, called *display*."""

    def __init__(self, display: str) -> None:
        self.display = display

    @contextmanager
    def answered_by(self, answer: Callable[[], None]) -> Iterator[None]:
        """Call *answer* as soon as a dialog of ours can be seen; a block that ends without one is not held up."""

        is_over = threading.Event()

        def answer_it() -> None:
            while not self.windows("mfa-session"):
                if is_over.wait(_LOOK_SECONDS):
                    return
            answer()

        thread = threading.Thread(target=answer_it)
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join()

    def windows(self, title: str) -> list[str]:
        """Return the numbers of the windows with this *title* that can be seen."""
        return self._xdotool("search", "--onlyvisible", "--name", title, check=False).split()

    def type(self, text: str) -> None:
        """Type *text*, and press Enter."""
        self._xdotool("type", text)
        self.press("Return")

    def press(self, key: str) -> None:
        """Press a key, by the name that X11 has for it."""
        self._xdotool("key", key)

    def _xdotool(self, *words: str, check: bool = True) -> str:
        ran = subprocess.run(
            ["xdotool", *words],
            env={"PATH": os.environ["PATH"], "DISPLAY": self.display},
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_SECONDS,
            check=check,
        )
        return ran.stdout


@contextmanager
def virtual_screen() -> Iterator[VirtualScreen]:
    """Yield a screen; skip the test where there can be none."""
    for program in ("Xvfb", "xdotool"):
        if not shutil.which(program):
            pytest.skip(f"{program} is not installed")
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "800x600x24", "-nolisten", "tcp", "-noreset"],
        pass_fds=[writing],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    try:
        with os.fdopen(reading) as number:
            yield VirtualScreen(f":{number.readline().strip()}")
    finally:
        server.terminate()
        server.wait(_TIMEOUT_SECONDS)
