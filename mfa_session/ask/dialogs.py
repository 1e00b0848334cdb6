"""The dialogs that desktops can open by a command: zenity, kdialog, AppleScript and PowerShell.

A text goes to them as an argument or in the environment, never as a part of a script. Those
of macOS and Windows are written from their documentation.
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mfa_session.ask.child import started
from mfa_session.ask.question import Question
from mfa_session.ask.screen import has_screen
from mfa_session.errors import CodeSourceError, PersonNeededError, PromptCancelledError
from mfa_session.system.commands import find_program
from mfa_session.text import visible

_TITLE = "mfa-session"
_HINT = "run it in a terminal, where you can be asked"

# No token code is longer, whatever a person types around it.
_LONGEST_ANSWER = 4096

_APPLE_SCRIPT = (
    "on run argv",
    "text returned of (display dialog (item 1 of argv) with title (item 2 of argv)"
    ' default answer "" with hidden answer)',
    "end run",
)

_VARIABLE = "MFA_SESSION_QUESTION"
_POWERSHELL_SCRIPT = (
    "$ErrorActionPreference = 'Stop';"
    " Add-Type -AssemblyName Microsoft.VisualBasic;"
    f" $answer = [Microsoft.VisualBasic.Interaction]::InputBox($env:{_VARIABLE}, '{_TITLE}');"
    " if ($answer -eq '') { exit 3 };"
    " [Console]::Out.Write($answer)"
)


@dataclass(frozen=True, slots=True)
class Opener:
    """A program that opens a dialog on a *platform*, and how: *words* makes its arguments of the question.

    *is_cancelled* tells from the exit code and the standard error whether a person closed it.
    """

    name: str
    platform: str
    words: Callable[[str], list[str]]
    is_cancelled: Callable[[int, str], bool]


def _zenity(text: str) -> list[str]:
    # It reads a backslash as C does, and an underscore as the mark of a shortcut.
    plain = text.replace("\\", "\\\\").replace("_", "__")
    return ["--entry", "--hide-text", f"--title={_TITLE}", f"--text={plain}"]


def _kdialog(text: str) -> list[str]:
    from html import escape  # which loads every entity there is

    # It guesses whether a text is HTML; this one is.
    return ["--title", _TITLE, "--password", f"<qt>{escape(text).replace(chr(10), '<br>')}</qt>"]


def _osascript(text: str) -> list[str]:
    return [*(word for line in _APPLE_SCRIPT for word in ("-e", line)), text, _TITLE]


def _powershell(_: str) -> list[str]:
    return ["-NoProfile", "-NonInteractive", "-STA", "-Command", _POWERSHELL_SCRIPT]


def _closed_by_a_person(exit_code: int, errors: str) -> bool:
    # Both end with 1, too, where the display lets nobody in, and say so.
    return exit_code == 1 and "display" not in errors


OPENERS = (
    Opener("zenity", "linux", _zenity, _closed_by_a_person),
    Opener("kdialog", "linux", _kdialog, _closed_by_a_person),
    Opener("osascript", "darwin", _osascript, lambda exit_code, errors: exit_code == 1 and "-128" in errors),
    Opener("powershell", "win32", _powershell, lambda exit_code, _: exit_code == 3),
)


class CommandDialog:
    """The dialog that *opener* opens."""

    def __init__(self, opener: Opener, environ: Mapping[str, str]) -> None:
        self._opener = opener
        self._environ = environ

    def insist_on_being_seen(self) -> None:
        """Make sure that the program is there, and a screen for it.

        Raises:
            PersonNeededError: it is not.
        """
        if sys.platform != self._opener.platform or not find_program(self._opener.name, self._environ):
            raise PersonNeededError(f"there is no {self._opener.name}", hint=_HINT)
        if not has_screen(self._environ):
            raise PersonNeededError(f"there is no screen for {self._opener.name}", hint=_HINT)

    def ask(self, question: Question) -> str:
        """Return what is typed in answer to *question*.

        Raises:
            PromptCancelledError: the person closed it, or nobody wants the answer any more.
            PromptTimeoutError: nobody answered.
            CodeSourceError: it could not ask.
        """
        name = self._opener.name
        printed = {"stdout": b"", "stderr": b""}
        environ = {**self._environ, _VARIABLE: question.text}
        with started([name, *self._opener.words(question.text)], name=name, hint=_HINT, environ=environ) as child:
            for stream, piece in child.pieces(question):
                printed[stream] = (printed[stream] + piece)[:_LONGEST_ANSWER]
            exit_code = child.exit_code
        errors = printed["stderr"].decode("utf-8", errors="replace").strip()
        if exit_code and self._opener.is_cancelled(exit_code, errors):
            raise PromptCancelledError("the question was ended without an answer", hint="run it again and answer")
        if exit_code:
            last = errors.splitlines()[-1:] or [f"exit code {exit_code}"]
            raise CodeSourceError(f"{name} could not ask: {visible(last[0])}", hint=_HINT)
        return printed["stdout"].decode("utf-8", errors="replace").rstrip("\r\n")
