"""A person at a dialog, where there is no terminal to ask on."""

from datetime import timedelta
from typing import Protocol

from mfa_session.ask.patience import Patience
from mfa_session.ask.question import Question
from mfa_session.errors import UsageError
from mfa_session.model.mfa_device import MFADevice, TokenCode
from mfa_session.model.profile import Profile
from mfa_session.text import visible

# How long a dialog stays open where its asker sets no limit.
_LIMIT = timedelta(minutes=2)

# Neither a profile's name nor an ARN may push the rest off the screen.
_LONGEST_NAME = 100


class Dialog(Protocol):
    """A program that opens a window, or something like one, with a question in it."""

    def insist_on_being_seen(self) -> None:
        """Make sure that it is there, and that somebody would see it.

        Raises:
            PersonNeededError: it is not, or nobody would.
            CodeSourceError: it may not be run.
        """

    def ask(self, question: Question) -> str:
        """Return what is typed, unseen, in answer to *question*, whose text may have several lines.

        Raises:
            PromptCancelledError: the person closed it.
            PromptTimeoutError: nobody answered.
            CodeSourceError: it could not ask.
        """


class DialogPerson:
    """Somebody at *dialog*; *endpoint* is named in the question where codes go anywhere else than to AWS."""

    def __init__(self, dialog: Dialog, *, endpoint: str | None = None, patience: Patience) -> None:
        self._dialog = dialog
        self._endpoint = endpoint
        self._patience = patience
        self._told: list[str] = []

    def be_ready(self) -> None:
        """Make sure that a dialog would be seen."""
        self._dialog.insist_on_being_seen()

    def token_code(self, device: MFADevice, *, profile: Profile) -> TokenCode:
        """Return the code that *device* shows, asked for until it is six digits."""
        while True:
            text = "\n".join((*self._told, *self._question(device, profile)))
            self._told.clear()
            try:
                return TokenCode(self._dialog.ask(self._patience.question(within=_LIMIT, text=text)))
            except UsageError as error:
                self.tell(f"{str(error)[0].upper()}{str(error)[1:]}.")

    def tell(self, text: str) -> None:
        """Show *text* above the next question."""
        self._told.append(visible(text))

    def _question(self, device: MFADevice, profile: Profile) -> list[str]:
        account = f" of account {device.account_id}" if device.account_id else ""
        lines = [
            f"Profile {_short(profile.name)} needs a token code.",
            f"MFA device: {_short(device.name)}{account}",
        ]
        return [*lines, f"The code goes to {_short(self._endpoint)}."] if self._endpoint else lines


def _short(name: str) -> str:
    shown = visible(name)
    return shown if len(shown) <= _LONGEST_NAME else f"{shown[: _LONGEST_NAME - 1]}…"
