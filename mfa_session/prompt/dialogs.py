"""Ask for an MFA code in a dialog of the desktop: zenity, kdialog, AppleScript or PowerShell.

Texts are passed as arguments or in the environment, never as a part of a script. Those of
macOS and Windows are written from their documentation.
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from mfa_session.errors import CodeSourceError, PersonNeededError, UsageError
from mfa_session.model.mfa_device import MFADevice, TokenCode
from mfa_session.model.profile import Profile
from mfa_session.prompt.display import has_screen
from mfa_session.prompt.prompt import Deadline, Prompt, cancelled
from mfa_session.prompt.subprocess import started
from mfa_session.system.commands import find_program
from mfa_session.text import escape_control

_TITLE = "mfa-session"
_HINT = "run it in a terminal"

# No answer is longer.
_MAX_ANSWER = 4096

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
    """A program that opens a dialog on a *platform*; *words* returns its arguments for a question.

    *is_cancelled* tells from the exit code and the standard error whether the user closed it.
    """

    name: str
    platform: str
    words: Callable[[str], list[str]]
    is_cancelled: Callable[[int, str], bool]


def _zenity(text: str) -> list[str]:
    # zenity interprets backslashes as C does, and an underscore as a shortcut key.
    plain = text.replace("\\", "\\\\").replace("_", "__")
    return ["--entry", "--hide-text", f"--title={_TITLE}", f"--text={plain}"]


def _kdialog(text: str) -> list[str]:
    from html import escape  # 1.3 ms, for one of four dialogs

    # kdialog guesses whether a text is HTML; this one is.
    return ["--title", _TITLE, "--password", f"<qt>{escape(text).replace(chr(10), '<br>')}</qt>"]


def _osascript(text: str) -> list[str]:
    return [*(word for line in _APPLE_SCRIPT for word in ("-e", line)), text, _TITLE]


def _powershell(_: str) -> list[str]:
    return ["-NoProfile", "-NonInteractive", "-STA", "-Command", _POWERSHELL_SCRIPT]


def _closed_by_user(exit_code: int, errors: str) -> bool:
    # Both also exit with 1 if the display refuses the connection, and say so.
    return exit_code == 1 and "display" not in errors


OPENERS = (
    Opener("zenity", "linux", _zenity, _closed_by_user),
    Opener("kdialog", "linux", _kdialog, _closed_by_user),
    Opener("osascript", "darwin", _osascript, lambda exit_code, errors: exit_code == 1 and "-128" in errors),
    Opener("powershell", "win32", _powershell, lambda exit_code, _: exit_code == 3),
)


class CommandDialog:
    """The dialog that *opener* opens."""

    def __init__(self, opener: Opener, environ: Mapping[str, str]) -> None:
        self._opener = opener
        self._environ = environ

    def be_ready(self) -> None:
        """Raise PersonNeededError if there is no such program, or no screen."""
        if sys.platform != self._opener.platform or not find_program(self._opener.name, self._environ):
            raise PersonNeededError(f"there is no {self._opener.name}", hint=_HINT)
        if not has_screen(self._environ):
            raise PersonNeededError(f"there is no screen for {self._opener.name}", hint=_HINT)

    def ask(self, question: Prompt) -> str:
        """Return what is typed in answer to *question*; raise as `Dialog.ask` does."""
        name = self._opener.name
        printed = {"stdout": b"", "stderr": b""}
        environ = {**self._environ, _VARIABLE: question.text}
        with started([name, *self._opener.words(question.text)], name=name, hint=_HINT, environ=environ) as child:
            for stream, piece in child.pieces(question):
                printed[stream] = (printed[stream] + piece)[:_MAX_ANSWER]
            exit_code = child.exit_code
        errors = printed["stderr"].decode("utf-8", errors="replace").strip()
        if exit_code and self._opener.is_cancelled(exit_code, errors):
            raise cancelled()
        if exit_code:
            last = errors.splitlines()[-1:] or [f"exit code {exit_code}"]
            raise CodeSourceError(f"{name} failed: {escape_control(last[0])}", hint=_HINT)
        return printed["stdout"].decode("utf-8", errors="replace").rstrip("\r\n")


# How long a dialog stays open if there is no other limit.
_LIMIT = timedelta(minutes=2)

# A long name or ARN must not push the rest off the screen.
_MAX_NAME = 100


class Dialog(Protocol):
    """A program that asks a question in a window."""

    def be_ready(self) -> None:
        """Check that the window can open.

        Raises:
            PersonNeededError: there is no such program, or no screen.
            CodeSourceError: the program may not be run.
        """

    def ask(self, question: Prompt) -> str:
        """Return what is typed, hidden, in answer to *question*, whose text may have several lines.

        Raises:
            PromptCancelledError: the user closed it.
            PromptTimeoutError: no answer came in time.
            CodeSourceError: the program failed.
        """


class DialogUser:
    """The user at a *dialog*; *endpoint* is named in the question if codes go anywhere else than to AWS."""

    def __init__(self, dialog: Dialog, *, endpoint: str | None = None, deadline: Deadline) -> None:
        self._dialog = dialog
        self._endpoint = endpoint
        self._deadline = deadline
        self._told: list[str] = []

    def be_ready(self) -> None:
        """Check that a dialog can open; raise as `Dialog.be_ready` does."""
        self._dialog.be_ready()

    def token_code(self, device: MFADevice, *, profile: Profile) -> TokenCode:
        """Return the code that *device* shows; ask until it is six digits."""
        while True:
            text = "\n".join((*self._told, *self._question(device, profile)))
            self._told.clear()
            try:
                return TokenCode(self._dialog.ask(self._deadline.prompt(timeout=_LIMIT, text=text)))
            except UsageError as error:
                self.tell(f"{str(error)[0].upper()}{str(error)[1:]}.")

    def tell(self, text: str) -> None:
        """Show *text* above the next question."""
        self._told.append(escape_control(text))

    def _question(self, device: MFADevice, profile: Profile) -> list[str]:
        account = f" (account {device.account_id})" if device.account_id else ""
        lines = [f"MFA code for {_short(profile.name)}", f"MFA device: {_short(device.name)}{account}"]
        return [*lines, f"Sent to {_short(self._endpoint)}"] if self._endpoint else lines


def _short(name: str) -> str:
    shown = escape_control(name)
    return shown if len(shown) <= _MAX_NAME else f"{shown[: _MAX_NAME - 1]}…"
