"""MFA devices: what AWS knows of them, and the phone that shows their codes."""

import hashlib
import hmac
import secrets
from base64 import b32encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from mfa_session.model.mfa_device import time_step


def _system_time() -> datetime:
    return datetime.now(UTC)


class Clock:
    """A source of aware moments, and an *offset* that may be set while the endpoint runs.

    Signatures, sessions, devices and the ``Date`` header all go by it; nothing else does.
    """

    def __init__(self, source: Callable[[], datetime] = _system_time, *, offset: timedelta = timedelta(0)) -> None:
        self._source = source
        self.offset = offset

    def now(self) -> datetime:
        """Return the moment that AWS believes it is."""
        return self._source() + self.offset


_DIGITS = 6


def totp(seed: bytes, step: int) -> str:
    """Return the code that a device with *seed* shows in time step number *step*."""
    digest = hmac.new(seed, step.to_bytes(8, "big"), hashlib.sha1).digest()
    # RFC 4226, 5.3: the low four bits of the last byte say where the 31 bits are taken from
    start = digest[-1] & 0x0F
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**_DIGITS:0{_DIGITS}}"


_BYTES_OF_A_SEED = 40

# How many steps before and after this one have a code that is good.
_WINDOW = 1


@dataclass
class VirtualDevice:
    """A device that shows codes: an app on a phone; a hardware token is the same with another serial number.

    *drift* is how far the phone's own clock is ahead of AWS's. AWS accepts the code of the
    step before, of this one and of the next, each once.
    """

    serial_number: str
    clock: Clock
    seed: bytes = field(default_factory=lambda: secrets.token_bytes(_BYTES_OF_A_SEED), repr=False)
    drift: timedelta = timedelta(0)
    enable_date: datetime | None = None
    _known_drift: int = field(default=0, repr=False)
    _used_steps: set[int] = field(default_factory=set, repr=False)

    @property
    def base32_seed(self) -> str:
        """The seed as it is typed into an app."""
        return b32encode(self.seed).decode("ascii")

    def code(self, at: datetime | None = None) -> str:
        """Return what the phone shows, now or when AWS's clock says *at*."""
        return totp(self.seed, time_step((at or self.clock.now()) + self.drift))

    def accepts(self, code: str) -> bool:
        """Tell whether *code* is good now, and count it as used if it is."""
        step = self._step_of(lambda step: totp(self.seed, step) == code, reach=_WINDOW)
        if step is None:
            return False
        self._used_steps.add(step)
        return True

    def accepts_both(self, first: str, second: str, *, reach: int) -> bool:
        """Tell whether two codes follow each other at most *reach* steps from now; both are used if they do.

        A phone that is further off than a code may be is known to be so from then on.
        """
        step = self._step_of(
            lambda step: (totp(self.seed, step - 1), totp(self.seed, step)) == (first, second), reach=reach
        )
        if step is None:
            return False
        self._used_steps |= {step - 1, step}
        off = step - self._now()
        # one step is how late a user may type, and says nothing of the clock
        self._known_drift += off if abs(off) > _WINDOW else 0
        return True

    def _now(self) -> int:
        return time_step(self.clock.now()) + self._known_drift

    def _step_of(self, fits: Callable[[int], bool], *, reach: int) -> int | None:
        """Return the unused step nearest to now that *fits*."""
        now = self._now()
        near = (now + away for away in sorted(range(-reach, reach + 1), key=abs))
        return next((step for step in near if step not in self._used_steps and fits(step)), None)


@dataclass(frozen=True)
class SecurityKey:
    """A FIDO security key or passkey: it has a serial number, and no code that the API could take."""

    serial_number: str
    enable_date: datetime | None = None


Device = VirtualDevice | SecurityKey
