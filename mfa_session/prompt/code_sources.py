"""Where token codes come from: programs and people, each tried in turn until one gives a code.

What gives none is followed by the next, and whoever is asked then is told why. A person
who says no, or does not answer, is not asked elsewhere.
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


class Asker(Protocol):
    """Somebody who can be asked for a code, if he is there."""

    def be_ready(self) -> None:
        """Make sure that somebody is there.

        Raises:
            PersonNeededError: nobody is.
            CodeSourceError: the program that is to ask may not be run.
        """

    def token_code(self, device: MFADevice, *, profile: Profile) -> TokenCode:
        """Return the code that *device* shows.

        Raises:
            PromptTimeoutError: no answer came in time.
            PromptCancelledError: the person does not want to give one.
            PersonNeededError: nobody is there any more.
            CodeSourceError: the program that was to ask could not.
        """

    def tell(self, text: str) -> None:
        """Show *text*, before or with the next question."""


Source: TypeAlias = CodeProgram | Asker


def _now() -> datetime:
    return datetime.now(UTC)


class CodeSources:
    """All that may give the codes of one profile, in the order of *sources*.

    *person* is at the terminal, if anybody is: what else than a code has to be asked is
    asked there. *command* is what to run where there is nobody.
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
        """Begin a login: each program may run once more, and somebody must be there if there is none.

        Raises:
            PersonNeededError: there is no program, and nobody.
            CodeSourceError: there is nobody, and the program that is to ask may not be run.
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
        """Return the code of *device* that the first source gives which has one.

        A program runs once a login: whoever asks again has had its code refused, and it
        would print the same.

        Raises:
            CodeSourceError: programs gave none, and nobody can be asked.
            TokenCodeRefusedError: the code of a program was refused, and nobody can be asked.
            PersonNeededError: nobody can be asked, or no answer came in time.
            PromptCancelledError: the person who was asked does not want to give one.
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
                    break  # "nobody answered in time" would be no answer to why a program failed
                source.be_ready()
                self._tell(source)
                return source.token_code(device, profile=profile)
            except PromptTimeoutError:
                raise
            except PersonNeededError as error:
                absences.append(error)
            except CodeSourceError as error:
                # Whoever is asked next can see to it, and is not told the hint of an error.
                to_do = f"; {error.hint}" if isinstance(error, UnsafeProgramError) else ""
                self.tell(f"No code: {error}{to_do}.")
                failures.append(error)
        raise self._reason(absences, failures, was_refused=was_refused)

    def choose_device(self, devices: Sequence[MFADevice]) -> MFADevice:
        """Return the one of *devices* that will show the code, as a person says."""
        return self._user.choose_device(devices)

    def device(self, *, guess: MFADevice) -> MFADevice:
        """Return the device of a user whom AWS does not let list devices, as a person says."""
        return self._user.device(guess=guess)

    def tell(self, text: str) -> None:
        """Show *text* to whoever is asked next."""
        self._told.append(text)

    def wait_for_a_new_code(self, moment: datetime) -> None:
        """Return at *moment*, having said how long that takes where somebody can read it.

        Raises:
            PromptTimeoutError: nobody would wait for the code any more.
        """
        left = moment - self._now()
        if self._deadline.limit(left) < left:
            raise PromptTimeoutError(
                "the code that the device shows now is used, and the next one comes too late",
                hint="run it again in half a minute",
            )
        if self._user.is_there:
            self._tell(self._user)
            self._user.wait_for_a_new_code(moment)
        elif left > timedelta(0):
            self._sleep(left.total_seconds())

    def _tell(self, asker: Asker) -> None:
        for text in self._told:
            asker.tell(text)
        self._told.clear()

    def _show(self, text: str) -> None:
        # The terminal may be taken away at any time; what a program says is not worth an error.
        with contextlib.suppress(PersonNeededError):
            if self._user.is_there:
                self._user.tell(text)

    def _reason(
        self, absences: Sequence[MFASessionError], failures: Sequence[CodeSourceError], *, was_refused: bool
    ) -> MFASessionError:
        """Return why there is no code: what failed matters more than who is not there."""
        if failures:
            text = "; ".join(str(failure) for failure in failures)
            return CodeSourceError(text, hint=f"{failures[0].hint}; or run in a terminal: {self._command}")
        if was_refused:
            return TokenCodeRefusedError(
                "AWS did not accept the code that the program gave",
                hint="it is wrong, used already or too old: run this again in half a minute;"
                " if it goes on, compare the clocks and the device with the program's",
            )
        return absences[0]
