"""Ask a question on a Windows console, key by key, because reading a whole line has no time limit there.

``getwch`` and ``putwch`` use the console itself, wherever the standard streams lead. Written
from the documentation of Python's ``msvcrt`` and of the C run-time library.
"""

import os
import sys
import time
import unicodedata
from dataclasses import dataclass
from typing import Self

from mfa_session.errors import PersonNeededError, QuestionInterrupt
from mfa_session.prompt.prompt import Prompt, cancelled

if sys.platform == "win32":
    import ctypes
    import msvcrt

# Between two looks for a key: too short to notice, long enough to cost no processor time.
_LOOK_SECONDS = 0.02

_MAX_LINE = 4096

# A function key or an arrow gives two units, this first; the second is read and ignored.
_FUNCTION_KEY_PREFIXES = ("\x00", "\xe0")

_BACKSPACE = ("\b", "\x7f")
_CLEAR = ("\x1b", "\x15")  # Esc, as in every console window, and Ctrl-U
_END_OF_INPUT = ("\x1a", "\x04")  # Ctrl-Z, and Ctrl-D as on other systems


@dataclass(frozen=True, slots=True)
class TypedLine:
    """A line while it is being typed."""

    text: str = ""
    is_ended: bool = False

    def after(self, key: str) -> "TypedLine":
        """Return the line after *key*, a UTF-16 unit as ``getwch`` gives it; keys without a meaning change nothing.

        Raises:
            QuestionInterrupt: Ctrl-C.
            PromptCancelledError: Ctrl-Z or Ctrl-D while the line is empty.
        """
        if key == "\x03":
            raise QuestionInterrupt
        if key in _END_OF_INPUT and not self.text:
            raise cancelled()
        if key in ("\r", "\n"):
            # Half of a surrogate pair cannot be encoded.
            return TypedLine(self.text.encode("utf-8", errors="replace").decode("utf-8"), is_ended=True)
        if key in _BACKSPACE:
            return TypedLine(self.text[:-1])
        if key in _CLEAR:
            return TypedLine()
        if unicodedata.category(key) == "Cc" or len(self.text) >= _MAX_LINE:
            return self
        return TypedLine(_with_whole_pairs(self.text + key))


def _with_whole_pairs(text: str) -> str:
    return text.encode("utf-16", errors="surrogatepass").decode("utf-16", errors="surrogatepass")


def shown_change(before: TypedLine, after: TypedLine) -> str:
    """Return what turns one line on the console into the other."""
    if after.text.startswith(before.text):
        return after.text[len(before.text) :]
    # Backspace only moves the cursor: a blank erases, and a wide or full-width character takes two.
    columns = sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in before.text)
    return "\b \b" * columns + after.text


# The window of a pseudo console, which a terminal shows in its own: that of Windows, and of Wine.
_PSEUDO_CONSOLE_WINDOWS = ("PseudoConsoleWindow", "WineConsoleClass")

if sys.platform == "win32":

    def _is_seen() -> bool:
        """Tell whether the user sees what is written to the console of this process.

        Programs that are started without a window have a console all the same, and so has a remote session whose
        server reads the console, which then has a hidden window.
        """
        window = ctypes.windll.kernel32.GetConsoleWindow()
        name = ctypes.create_unicode_buffer(256)
        ctypes.windll.user32.GetClassNameW(window, name, len(name))
        is_shown = name.value in _PSEUDO_CONSOLE_WINDOWS or bool(ctypes.windll.user32.IsWindowVisible(window))
        return window != 0 and (is_shown or "SSH_CONNECTION" in os.environ)

    def has_desktop() -> bool:
        """Tell whether the user sees the windows that this process opens; those of a service are on no screen."""
        flags = (ctypes.c_ulong * 3)()  # USEROBJECTFLAGS, whose last is dwFlags
        station = ctypes.windll.user32.GetProcessWindowStation()
        found = ctypes.windll.user32.GetUserObjectInformationW(station, 1, flags, ctypes.sizeof(flags), None)
        return not found or bool(flags[2] & 1)  # WSF_VISIBLE


class WindowsConsole:
    """The console of this process."""

    def close(self) -> None:
        """Do nothing."""

    if sys.platform == "win32":

        @classmethod
        def open(cls) -> Self:
            """Return the console.

            Raises:
                PersonNeededError: there is none, or none that is seen: a service, a scheduled task, a
                    program that an editor started without a window.
            """
            hint = "run it in a console window; in Git Bash: winpty mfa-session …"
            try:
                for name in ("CONIN$", "CONOUT$"):
                    os.close(os.open(name, os.O_RDWR))
            except OSError as error:
                raise PersonNeededError("there is no console to ask on", hint=hint) from error
            if not _is_seen():
                raise PersonNeededError("the console of this process has no window", hint=hint)
            return cls()

        def write(self, text: str) -> None:
            """Show *text*."""
            units = text.replace("\n", "\r\n").encode("utf-16-le", errors="surrogatepass")
            for first in range(0, len(units), 2):
                msvcrt.putwch(chr(int.from_bytes(units[first : first + 2], "little")))

        def read_line(self, question: Prompt) -> str:
            """Show *question* and return the line that is typed.

            Raises:
                As :meth:`mfa_session.prompt.terminal.Terminal.ask` does.
            """
            self.write(question.text)
            line = TypedLine()
            try:
                while not line.is_ended:
                    question.check_still_wanted()
                    before, line = line, line.after(self._key())
                    if not question.secret:
                        self.write(shown_change(before, line))
            finally:
                self.write("\n")
            return line.text

        def _key(self) -> str:
            """Return the key that was pressed since the last look, or NUL if none was."""
            if not msvcrt.kbhit():
                time.sleep(_LOOK_SECONDS)
                return "\x00"
            key = msvcrt.getwch()
            # "à" is a letter and such a prefix; only the prefix is followed by its second unit at once.
            if key in _FUNCTION_KEY_PREFIXES and msvcrt.kbhit():
                msvcrt.getwch()
                return "\x00"
            return key
