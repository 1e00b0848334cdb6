"""Notices to whoever sits at a terminal in which another program runs."""

from mfa_session.cli.endings import explain
from mfa_session.errors import PersonNeededError
from mfa_session.prompt.terminal import Terminal


class Notices:
    """The terminal of this process, whatever becomes of the process; standard error where there is no terminal.

    The program's own output may lead into a file, and nobody reads a notice there.
    """

    def __init__(self) -> None:
        try:
            self._terminal: Terminal | None = Terminal.open()
        except PersonNeededError:
            self._terminal = None

    def __call__(self, what: str, *, hint: str) -> None:
        """Say *what* is the matter, with a hint."""
        if self._terminal is None:
            explain(what, hint=hint)
            return
        self._terminal.tell(f"mfa-session: {what}")
        self._terminal.tell(f"mfa-session: hint: {hint}")
