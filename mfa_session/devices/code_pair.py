"""Ask for two codes of a device that follow each other, and hand them in until AWS takes them.

Two are what IAM wants where it has to learn how a device's clock goes: when it is
enabled, and when it is brought back into step.
"""

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
from mfa_session.sessions.protocols import UsedCodes

TwoCodes: TypeAlias = tuple[TokenCode, TokenCode]


class CodeReader(Protocol):
    """Somebody who looks at the device."""

    def first_code(self, device: MFADevice) -> TokenCode:
        """Return the code that the device shows now.

        Raises:
            PersonNeededError: there is nobody who could be asked.
        """

    def next_code(self, device: MFADevice) -> TokenCode:
        """Return the code that the device shows after the last one.

        Raises:
            PersonNeededError: there is nobody who could be asked.
        """

    def tell(self, text: str) -> None:
        """Show *text* to whoever is being asked."""


def hand_in_two_codes(
    device: MFADevice,
    hand_in: Callable[[TwoCodes], None],
    *,
    reader: CodeReader,
    used_codes: UsedCodes,
    clock: Clock,
) -> TwoCodes:
    """Return the codes that *hand_in* has taken, after at most three attempts; no pair is handed in twice.

    Raises:
        TokenCodeRefusedError: none were taken.
        MFASessionError: whatever else *hand_in* raises.
    """
    refused: set[TwoCodes] = set()
    while True:
        codes = _two_codes(device, reader, refused=refused)
        before = used_codes.last_step(device)
        # Written first: whoever comes after a kill must wait for the next code.
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
            reader.tell(f"{error}. Type two new ones.")
        else:
            return codes


def _may_try_again(error: MFASessionError) -> bool:
    # Two more codes take a minute to come, which is the time that AWS wants.
    return isinstance(error, (TokenCodeRefusedError, EntityTemporarilyUnmodifiableError))


def _two_codes(device: MFADevice, reader: CodeReader, *, refused: set[TwoCodes]) -> TwoCodes:
    while True:
        first = reader.first_code(device)
        while (second := reader.next_code(device)) == first:
            reader.tell("That is the same code again. Wait until the device shows the next one, and type that.")
        if (first, second) not in refused:
            return first, second
        reader.tell("AWS did not accept these two before. Type those that the device shows now.")
