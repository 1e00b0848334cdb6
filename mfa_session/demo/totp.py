"""The six digits that a virtual MFA device shows: RFC 6238 with SHA-1 and steps of thirty seconds."""

import hashlib
import hmac

_DIGITS = 6


def totp(seed: bytes, step: int) -> str:
    """Return the code that a device with *seed* shows in time step number *step*."""
    digest = hmac.new(seed, step.to_bytes(8, "big"), hashlib.sha1).digest()
    # RFC 4226, 5.3: the low four bits of the last byte say where the 31 bits are taken from
    start = digest[-1] & 0x0F
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**_DIGITS:0{_DIGITS}}"
