"""Ask for two consecutive codes of a device, which IAM needs to enable or to resynchronize it."""

from collections.abc import Callable
from typing import Protocol, TypeAlias

from mfa_session.errors import (
    AWSAnswerError,
    EntityTemporarilyUnmodifiableError,
    MFASessionError,
    ReplyLostError,
    TokenCodeRefusedError,
)
from mfa_session.model.mfa_device import MFADevice, TokenCode, time_step
from mfa_session.sessions.login import DEFAULT_ATTEMPTS, Clock
from mfa_session.sessions.protocols import Prompter, UsedCodes

TwoCodes: TypeAlias = tuple[TokenCode, TokenCode]


class DevicePrompter(Prompter, Protocol):
    """Asks the user for codes. Every call may raise PersonNeededError."""

    def first_code(self, device: MFADevice) -> TokenCode:
        """Return the code that the device shows now."""

    def next_code(self, device: MFADevice) -> TokenCode:
        """Return the code that the device shows after the last one."""


def hand_in_two_codes(
    device: MFADevice,
    hand_in: Callable[[TwoCodes], None],
    *,
    prompter: DevicePrompter,
    used_codes: UsedCodes,
    clock: Clock,
) -> TwoCodes:
    """Return the codes that *hand_in* has accepted, after three attempts at most; no pair is handed in twice.

    Raises:
        TokenCodeRefusedError: none were accepted.
        MFASessionError: anything else that *hand_in* raises.
    """
    refused: set[TwoCodes] = set()
    while True:
        codes = _two_codes(device, prompter, refused=refused)
        before = used_codes.last_step(device)
        # Written first: if this process is killed, the next one must wait for the next code.
        used_codes.set_last_step(device, time_step(clock()))
        try:
            hand_in(codes)
        except (ReplyLostError, AWSAnswerError):
            raise
        except MFASessionError as error:
            used_codes.set_last_step(device, before)
            refused.add(codes)
            if len(refused) == DEFAULT_ATTEMPTS or not _may_try_again(error):
                raise
            prompter.tell(f"{error}. Type two new ones.")
        else:
            return codes


def _may_try_again(error: MFASessionError) -> bool:
    # Two more codes take a minute, which is as long as AWS needs.
    return isinstance(error, (TokenCodeRefusedError, EntityTemporarilyUnmodifiableError))


def _two_codes(device: MFADevice, prompter: DevicePrompter, *, refused: set[TwoCodes]) -> TwoCodes:
    while True:
        first = prompter.first_code(device)
        while (second := prompter.next_code(device)) == first:
            prompter.tell("Same code again. Wait for the next code.")
        if (first, second) not in refused:
            return first, second
        prompter.tell("AWS did not accept these two before. Type two new ones.")
