"""A person at the terminal, who knows codes, devices and keys; and nobody, where there is none.

Each question is asked when its answer is needed, and the terminal is opened only
then. Both answer the same calls, so that "no prompting" is a choice of who is there,
and not a condition in the middle of the work.
"""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import NoReturn, TypeVar

from mfa_session.errors import PersonNeededError, UsageError
from mfa_session.model.credentials import AccessKey
from mfa_session.model.durations import in_words
from mfa_session.model.mfa_device import MFADevice, TokenCode
from mfa_session.model.profile import Profile
from mfa_session.prompt.terminal import Terminal

_SECOND = timedelta(seconds=1)

Answer = TypeVar("Answer")


def _now() -> datetime:
    return datetime.now(UTC)


class User:
    """Somebody at the controlling terminal.

    *command* is what to run where there is a terminal, when there is none here; *endpoint*
    is named in the question where codes go anywhere else than to AWS;
    *within* is how long all questions may take together, ``None`` for as long as they need;
    *watching* is a descriptor that makes the answer worthless once its reader has gone.
    """

    def __init__(
        self,
        open_terminal: Callable[[], Terminal],
        *,
        command: str,
        endpoint: str | None = None,
        timeout: timedelta | None = None,
        reader_fd: int | None = None,
        now: Callable[[], datetime] = _now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._open_terminal = open_terminal
        self._opened: Terminal | None = None
        self._command = command
        self._endpoint = endpoint
        self._deadline = None if timeout is None else time.monotonic() + timeout.total_seconds()
        self._reader_fd = reader_fd
        self._now = now
        self._sleep = sleep

    @property
    def command(self) -> str:
        """What to run where there is a terminal."""
        return self._command

    @property
    def _terminal(self) -> Terminal:
        if self._opened is None:
            try:
                self._opened = self._open_terminal()
            except PersonNeededError as error:
                raise PersonNeededError(str(error), hint=f"run in a terminal: {self._command}") from error
        return self._opened

    @property
    def _left(self) -> timedelta | None:
        return None if self._deadline is None else timedelta(seconds=max(0.0, self._deadline - time.monotonic()))

    @property
    def is_there(self) -> bool:
        """Whether there is a terminal to ask on."""
        try:
            self.be_ready()
        except PersonNeededError:
            return False
        return True

    def be_ready(self) -> None:
        """Make sure that there is a terminal, before anything is done that a question will need."""
        self._terminal  # noqa: B018  opening it is what is wanted

    def token_code(self, device: MFADevice, *, profile: Profile) -> TokenCode:
        """Return the code that *device* shows, asked for until it is six digits.

        It is not echoed, as the AWS CLI does not: what was typed wrong is typed again.
        """
        return self._valid(TokenCode, self._code_question(device, profile), secret=True)

    def first_code(self, device: MFADevice) -> TokenCode:
        """Return the first of two codes that *device* shows."""
        question = f"Code that MFA device {device.name} shows now{self._where_codes_go}: "
        return self._valid(TokenCode, question, secret=True)

    def next_code(self, device: MFADevice) -> TokenCode:
        """Return the code that *device* shows after the last one."""
        return self._valid(TokenCode, "The next code, when it shows one: ", secret=True)

    def choose_device(self, devices: Sequence[MFADevice]) -> MFADevice:
        """Return the one of *devices* that will show the code."""
        if not self.is_there:
            return NoUser(self._command).choose_device(devices)
        names = [device.serial_number for device in devices]
        return devices[self._terminal.choose("You have several MFA devices. Which one shows the code?", names)]

    def device(self, *, guess: MFADevice) -> MFADevice:
        """Return the device of a user whom AWS does not let list devices."""
        if not self.is_there:
            return NoUser(self._command).device(guess=guess)
        self.tell("A policy keeps AWS from telling which MFA device is yours.")
        self.tell(f"Often it is {guess.serial_number}, but that is only a guess.")
        question = "Its ARN or serial number (Enter takes the guess): "
        return self._valid(lambda answer: MFADevice(answer.strip() or guess.serial_number), question)

    def device_to_remove(self, devices: Sequence[MFADevice]) -> MFADevice:
        """Return the one of *devices* that is to be taken away."""
        if not self.is_there:
            return NoUser(self._command).device_to_remove(devices)
        names = [device.serial_number for device in devices]
        return devices[self._terminal.choose("Which MFA device is to be removed?", names)]

    def access_key(self, profile: Profile) -> AccessKey:
        """Return the long-term access key of *profile*, the secret typed unseen."""
        self.tell("The IAM console makes one: Security credentials, Create access key.")
        key_id = self._valid(_key_id, f"Access key ID for {profile.name}: ")
        question = "Secret access key (not shown): "
        return self._valid(lambda answer: AccessKey(key_id, answer.strip()), question, secret=True)

    def agrees(self, question: str, *, by_default: bool) -> bool:
        """Tell whether the answer to *question* is yes."""
        return self._terminal.confirm(question, default=by_default, timeout=self._left)

    def tell(self, text: str) -> None:
        """Show one line."""
        self._terminal.tell(text)

    def show_picture(self, rows: Sequence[str], *, coloured: bool) -> None:
        """Show the rows of a picture, in colours of its own where it is *coloured*."""
        self._terminal.show_picture(rows, coloured=coloured)

    def wait_for_a_new_code(self, moment: datetime) -> None:
        """Return at *moment*, having said how long that takes."""
        left = moment - self._now()
        if left > timedelta(0):
            self.tell(f"The code that the device shows now is used; the next one comes in {in_words(left + _SECOND)}.")
            self._sleep(left.total_seconds())

    def _code_question(self, device: MFADevice, profile: Profile) -> str:
        account = f" of account {device.account_id}" if device.account_id else ""
        return f"{profile.name}: code of MFA device {device.name}{account}{self._where_codes_go}: "

    @property
    def _where_codes_go(self) -> str:
        return f" (it goes to {self._endpoint})" if self._endpoint else ""

    def _ask(self, question: str, *, secret: bool = False) -> str:
        return self._terminal.ask(question, secret=secret, timeout=self._left, reader_fd=self._reader_fd)

    def _valid(self, parse: Callable[[str], Answer], question: str, *, secret: bool = False) -> Answer:
        while True:
            try:
                return parse(self._ask(question, secret=secret))
            except UsageError as error:
                self.tell(_sentence(error))


def _key_id(answer: str) -> str:
    # The secret comes later; what is checked here is the ID.
    return AccessKey(answer.strip(), secret_access_key="-").access_key_id  # noqa: S106 -- a hyphen is none


def _sentence(error: UsageError) -> str:
    text = f"{error}; {error.hint}."
    return text[0].upper() + text[1:]


class NoUser:
    """Nobody to ask: every question is an error that says what to run instead, *command*."""

    def __init__(self, command: str) -> None:
        self._command = command

    @property
    def command(self) -> str:
        """What to run where somebody can be asked."""
        return self._command

    @property
    def is_there(self) -> bool:
        """``False``."""
        return False

    def be_ready(self) -> None:
        """Raise PersonNeededError."""
        self._fail("a token code is needed")

    def token_code(self, device: MFADevice, *, profile: Profile) -> TokenCode:
        """Raise PersonNeededError."""
        self._fail(f"a code of MFA device {device.name} is needed")

    def first_code(self, device: MFADevice) -> TokenCode:
        """Raise PersonNeededError."""
        self._fail(f"two codes of MFA device {device.name} are needed")

    def next_code(self, device: MFADevice) -> TokenCode:
        """Raise PersonNeededError."""
        self._fail(f"two codes of MFA device {device.name} are needed")

    def device_to_remove(self, devices: Sequence[MFADevice]) -> MFADevice:
        """Raise PersonNeededError."""
        names = ", ".join(device.serial_number for device in devices)
        raise PersonNeededError(f"the user has several MFA devices: {names}", hint="choose one: --serial ARN")

    def choose_device(self, devices: Sequence[MFADevice]) -> MFADevice:
        """Raise PersonNeededError."""
        names = ", ".join(device.serial_number for device in devices)
        raise PersonNeededError(
            f"the user has several MFA devices: {names}",
            hint="choose one: --serial ARN, or mfa_serial in the config file",
        )

    def device(self, *, guess: MFADevice) -> MFADevice:
        """Raise PersonNeededError."""
        raise PersonNeededError(
            "a policy keeps AWS from telling which MFA device is yours",
            hint=f"name it: --serial ARN (often it is {guess.serial_number})",
        )

    def access_key(self, profile: Profile) -> AccessKey:
        """Raise PersonNeededError."""
        self._fail(f"there is no access key for profile {profile.name}")

    def agrees(self, question: str, *, by_default: bool) -> bool:
        """Return ``False``: nothing is done that somebody would have to agree to."""
        return False

    def tell(self, text: str) -> None:
        """Do nothing."""

    def show_picture(self, rows: Sequence[str], *, coloured: bool) -> None:
        """Do nothing."""

    def wait_for_a_new_code(self, moment: datetime) -> None:
        """Return at once: the question that follows finds nobody."""

    def _fail(self, what: str) -> NoReturn:
        raise PersonNeededError(f"{what}, and nobody is to be asked", hint=f"run in a terminal: {self._command}")
