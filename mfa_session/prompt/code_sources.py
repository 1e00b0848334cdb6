"""Get an MFA code from the code sources of a profile, in order: programs and prompts.

If a program fails, the next source is tried, and the prompt says why. If the user cancels a
prompt, or does not answer, no other prompt is opened.
"""

import contextlib
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeAlias

from mfa_session.errors import (
    CodeSourceError,
    MFASessionError,
    PersonNeededError,
    PromptTimeoutError,
    TokenCodeRefusedError,
    UnsafeProgramError,
)
from mfa_session.model.mfa_device import MFADevice, TokenCode
from mfa_session.model.profile import Profile
from mfa_session.prompt.code_command import CodeProgram
from mfa_session.prompt.prompt import Deadline
from mfa_session.prompt.user import NoUser, User


class CodePrompt(Protocol):
    """Where the user is asked for a code: the terminal, or a dialog."""

    def be_ready(self) -> None:
        """Check that the user can be asked.

        Raises:
            PersonNeededError: there is no terminal, or no display.
            CodeSourceError: the program of the dialog may not be run.
        """

    def token_code(self, device: MFADevice, *, profile: Profile) -> TokenCode:
        """Return the code that *device* shows.

        Raises:
            PromptTimeoutError: no answer came in time.
            PromptCancelledError: the user cancelled.
            PersonNeededError: the terminal was closed.
            CodeSourceError: the program of the dialog failed.
        """

    def tell(self, text: str) -> None:
        """Show *text*, before or with the next question."""


Source: TypeAlias = CodeProgram | CodePrompt


def _now() -> datetime:
    return datetime.now(UTC)


class CodeSources:
    """The code sources of one profile, in order.

    *user* is asked for everything else than a code. *command* is what to run in a terminal if
    there is none here.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        *,
        user: User | NoUser,
        command: str,
        deadline: Deadline,
        now: Callable[[], datetime] = _now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._sources = sources
        self._user = user
        self._command = command
        self._deadline = deadline
        self._now = now
        self._sleep = sleep
        self._have_run: list[CodeProgram] = []
        self._told: list[str] = []

    def be_ready(self) -> None:
        """Begin a login: each program may run once more; without one, a prompt must be possible.

        Raises:
            PersonNeededError: there is no program, and no terminal or display.
            CodeSourceError: the same, and the program of a dialog may not be run.
        """
        self._have_run.clear()
        absences: list[PersonNeededError] = []
        failures: list[CodeSourceError] = []
        for source in self._sources:
            if isinstance(source, CodeProgram):
                return
            try:
                source.be_ready()
            except PersonNeededError as error:
                absences.append(error)
            except CodeSourceError as error:
                failures.append(error)
            else:
                return
        raise self._reason(absences, failures, was_refused=False)

    def token_code(self, device: MFADevice, *, profile: Profile) -> TokenCode:
        """Return the code of *device* from the first source that gives one.

        A program runs once a login: after AWS has refused its code, it would print the same.

        Raises:
            CodeSourceError: programs failed, and no prompt is possible.
            TokenCodeRefusedError: the code of a program was refused, and no prompt is possible.
            PersonNeededError: no prompt is possible, or no answer came in time.
            PromptCancelledError: the user cancelled.
        """
        was_refused = bool(self._have_run)
        absences: list[MFASessionError] = []
        failures: list[CodeSourceError] = []
        for source in self._sources:
            try:
                if isinstance(source, CodeProgram):
                    if source not in self._have_run:
                        self._have_run.append(source)
                        return source.token_code(device, show=self._show)
                    continue
                if failures and self._deadline.is_over:
                    break  # why the program failed says more than "no answer in time"
                source.be_ready()
                self._tell(source)
                return source.token_code(device, profile=profile)
            except PromptTimeoutError:
                raise
            except PersonNeededError as error:
                absences.append(error)
            except CodeSourceError as error:
                # That another dialog failed is of no use in the next one.
                if isinstance(error, UnsafeProgramError):
                    self.tell(f"No code: {error}; {error.hint}.")
                elif isinstance(source, CodeProgram):
                    self.tell(f"No code: {error}.")
                failures.append(error)
        raise self._reason(absences, failures, was_refused=was_refused)

    def choose_device(self, devices: Sequence[MFADevice]) -> MFADevice:
        """Return the one of *devices* that the user chooses."""
        return self._user.choose_device(devices)

    def device(self, *, guess: MFADevice) -> MFADevice:
        """Return the device that the user names; *guess* is the default."""
        return self._user.device(guess=guess)

    def tell(self, text: str) -> None:
        """Show *text* before the next prompt."""
        self._told.append(text)

    def wait_for_a_new_code(self, moment: datetime) -> None:
        """Return at *moment*, and say how long that takes.

        Raises:
            PromptTimeoutError: it is after the deadline.
        """
        left = moment - self._now()
        if self._deadline.limit(left) < left:
            raise PromptTimeoutError(
                "this MFA code was already used, and the next one comes too late",
                hint="run it again in half a minute",
            )
        if self._user.is_there:
            self._tell(self._user)
            self._user.wait_for_a_new_code(moment)
        elif left > timedelta(0):
            self._sleep(left.total_seconds())

    def _tell(self, prompt: CodePrompt) -> None:
        for text in self._told:
            prompt.tell(text)
        self._told.clear()

    def _show(self, text: str) -> None:
        # The terminal may be closed at any time; what a program says is not worth an error.
        with contextlib.suppress(PersonNeededError):
            if self._user.is_there:
                self._user.tell(text)

    def _reason(
        self, absences: Sequence[MFASessionError], failures: Sequence[CodeSourceError], *, was_refused: bool
    ) -> MFASessionError:
        """Return why there is no code: a failed program matters more than a missing terminal."""
        if failures:
            text = "; ".join(str(failure) for failure in failures)
            return CodeSourceError(text, hint=f"{failures[0].hint}; or run in a terminal: {self._command}")
        if was_refused:
            return TokenCodeRefusedError(
                "AWS did not accept the MFA code of the program",
                hint="it is wrong, already used or too old: run this again in half a minute;"
                " if it goes on, compare clock and device with the program's",
            )
        return absences[0]
