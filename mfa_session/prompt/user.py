"""Ask the user at the terminal for codes, devices and keys; `NoUser` where prompting is disabled.

The terminal is opened when the first answer is needed. Both classes answer the same calls,
so that "no prompting" is a type and not a condition in the middle of the work.
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
from mfa_session.prompt.prompt import Deadline
from mfa_session.prompt.terminal import Terminal

_SECOND = timedelta(seconds=1)

_CODE = "MFA code:"

Answer = TypeVar("Answer")


def _now() -> datetime:
    return datetime.now(UTC)


def code_question(device: MFADevice, profile: Profile, *, endpoint: str | None) -> str:
    """Return the line above the prompt for a code; *endpoint* is named if codes go anywhere else than to AWS."""
    parts = [device.name, device.account_id and f"account {device.account_id}", endpoint and f"sent to {endpoint}"]
    return f"MFA code for {profile.name} ({', '.join(part for part in parts if part)}):"


class User:
    """The user at the controlling terminal.

    *command* is what to run in a terminal if there is none here. *deadline* is for all
    questions together. If an AWS tool reads the answer (the deadline's *reader_fd*), codes
    are echoed: a tool that exits during the prompt would leave its shell without echo.
    """

    def __init__(
        self,
        open_terminal: Callable[[], Terminal],
        *,
        command: str,
        endpoint: str | None = None,
        deadline: Deadline = Deadline(),  # noqa: B008  it is frozen
        now: Callable[[], datetime] = _now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._open_terminal = open_terminal
        self._opened: Terminal | None = None
        self.command = command
        self._endpoint = endpoint
        self._deadline = deadline
        self._now = now
        self._sleep = sleep

    @property
    def _terminal(self) -> Terminal:
        if self._opened is None:
            try:
                self._opened = self._open_terminal()
            except PersonNeededError as error:
                raise PersonNeededError(str(error), hint=f"run in a terminal: {self.command}") from error
        return self._opened

    @property
    def is_there(self) -> bool:
        """Whether there is a terminal to ask on."""
        try:
            self.be_ready()
        except PersonNeededError:
            return False
        return True

    def be_ready(self) -> None:
        """Open the terminal, or raise PersonNeededError."""
        self._terminal  # noqa: B018  opening it is what is wanted

    def token_code(self, device: MFADevice, *, profile: Profile) -> TokenCode:
        """Return the code that *device* shows; ask until it is six digits."""
        return self._code(code_question(device, profile, endpoint=self._endpoint), _CODE)

    def first_code(self, device: MFADevice) -> TokenCode:
        """Return the first of two codes that *device* shows."""
        sent_to = f" (sent to {self._endpoint})" if self._endpoint else ""
        return self._code(f"Enter two MFA codes of {device.name}{sent_to}.", "First code:")

    def next_code(self, device: MFADevice) -> TokenCode:
        """Return the code that *device* shows after the last one."""
        return self._code(None, "Next code (wait until it changes):")

    def choose_device(self, devices: Sequence[MFADevice]) -> MFADevice:
        """Return the one of *devices* that the code will come from."""
        if not self.is_there:
            return NoUser(self.command).choose_device(devices)
        return self._chosen("You have several MFA devices. Which one do you use?", devices)

    def device_to_remove(self, devices: Sequence[MFADevice]) -> MFADevice:
        """Return the one of *devices* to remove."""
        if not self.is_there:
            return NoUser(self.command).device_to_remove(devices)
        return self._chosen("Which MFA device should be removed?", devices)

    def device(self, *, guess: MFADevice) -> MFADevice:
        """Return the device of a user who may not list devices; *guess* is the default."""
        if not self.is_there:
            return NoUser(self.command).device(guess=guess)
        self.tell("Your MFA devices cannot be listed: denied by a policy.")
        question = f"ARN or serial number of your device [{guess.serial_number}]:"
        return self._valid(lambda answer: MFADevice(answer.strip() or guess.serial_number), None, question)

    def access_key(self, profile: Profile) -> AccessKey:
        """Return the long-term access key of *profile*; the secret is not echoed."""
        self.tell("Create one in the IAM console: Security credentials > Create access key.")
        key_id = self._valid(_key_id, None, f"Access key ID for {profile.name}:")
        return self.secret_of(key_id)

    def secret_of(self, key_id: str) -> AccessKey:
        """Return the access key of this ID with the secret that is typed."""
        return self._valid(
            lambda answer: AccessKey(key_id, answer.strip()), None, "Secret access key (not shown):", secret=True
        )

    def line(self, question: str) -> str:
        """Return the line that is typed after *question*, without blanks around it."""
        return self._ask(None, question, secret=False).strip()

    def agrees(self, question: str, *, by_default: bool) -> bool:
        """Tell whether the answer to *question* is yes; lines before its last one are shown above it."""
        *before, question = question.split("\n")
        for line in before:
            self.tell(line)
        return self._terminal.confirm(question, default=by_default, timeout=self._deadline.left)

    def choose(self, question: str, options: Sequence[str]) -> int:
        """Return the index of the one of *options* that is chosen, by its number or a part of its name."""
        return self._terminal.choose(question, options, by_name=True, timeout=self._deadline.left)

    def tell(self, text: str) -> None:
        """Show one line."""
        self._terminal.tell(text)

    def show_picture(self, rows: Sequence[str], *, coloured: bool) -> None:
        """Show the rows of a picture, black on white if *coloured*."""
        self._terminal.show_picture(rows, coloured=coloured)

    def wait_for_a_new_code(self, moment: datetime) -> None:
        """Return at *moment*, and say how long that takes."""
        left = moment - self._now()
        if left > timedelta(0):
            self.tell(f"Already used. Wait for the next code ({in_words(left + _SECOND)}).")
            self._sleep(left.total_seconds())

    def _chosen(self, question: str, devices: Sequence[MFADevice]) -> MFADevice:
        names = [device.serial_number for device in devices]
        return devices[self._terminal.choose(question, names, timeout=self._deadline.left)]

    def _code(self, heading: str | None, question: str) -> TokenCode:
        return self._valid(TokenCode, heading, question, secret=self._deadline.reader_fd is None)

    def _ask(self, heading: str | None, question: str, *, secret: bool) -> str:
        return self._terminal.ask(
            question,
            heading=heading,
            secret=secret,
            timeout=self._deadline.left,
            reader_fd=self._deadline.reader_fd,
        )

    def _valid(
        self, parse: Callable[[str], Answer], heading: str | None, question: str, *, secret: bool = False
    ) -> Answer:
        while True:
            try:
                return parse(self._ask(heading, question, secret=secret))
            except UsageError as error:
                self.tell(f"{str(error)[0].upper()}{str(error)[1:]}; {error.hint}.")


def _key_id(answer: str) -> str:
    # The secret comes later; only the ID is checked here.
    return AccessKey(answer.strip(), secret_access_key="-").access_key_id  # noqa: S106 -- a hyphen is none


class NoUser:
    """Prompting is disabled: every question raises PersonNeededError, whose hint names *command*."""

    is_there = False

    def __init__(self, command: str) -> None:
        self.command = command

    def be_ready(self) -> None:
        """Raise PersonNeededError, as all questions do."""
        self._fail("MFA code required")

    def token_code(self, device: MFADevice, *, profile: Profile) -> TokenCode:
        self._fail(f"MFA code of {device.name} required")

    def first_code(self, device: MFADevice) -> TokenCode:
        self._fail(f"two MFA codes of {device.name} required")

    def next_code(self, device: MFADevice) -> TokenCode:
        return self.first_code(device)

    def device_to_remove(self, devices: Sequence[MFADevice]) -> MFADevice:
        return self.choose_device(devices, how="choose one: --serial ARN")

    def choose_device(
        self,
        devices: Sequence[MFADevice],
        *,
        how: str = "choose one: --serial ARN, or mfa_serial in the config file",
    ) -> MFADevice:
        names = ", ".join(device.serial_number for device in devices)
        raise PersonNeededError(f"the user has several MFA devices: {names}", hint=how)

    def device(self, *, guess: MFADevice) -> MFADevice:
        raise PersonNeededError(
            "your MFA devices cannot be listed: denied by a policy",
            hint=f"name yours: --serial ARN (often {guess.serial_number})",
        )

    def access_key(self, profile: Profile) -> AccessKey:
        self._fail(f"access key of {profile.name} required")

    def secret_of(self, key_id: str) -> AccessKey:
        self._fail("secret access key required")

    def line(self, question: str) -> str:
        """Return the default: an empty line."""
        return ""

    def agrees(self, question: str, *, by_default: bool) -> bool:
        """Raise PersonNeededError."""
        self._fail("confirmation required")

    def choose(self, question: str, options: Sequence[str]) -> NoReturn:
        """Raise PersonNeededError."""
        self._fail("a choice is needed")

    def tell(self, text: str) -> None:
        """Do nothing."""

    def show_picture(self, rows: Sequence[str], *, coloured: bool) -> None:
        """Do nothing."""

    def wait_for_a_new_code(self, moment: datetime) -> None:
        """Return at once: the prompt that follows fails."""

    def _fail(self, what: str) -> NoReturn:
        raise PersonNeededError(
            f"{what}, but prompting is disabled (--no-prompt)", hint=f"run in a terminal: {self.command}"
        )
