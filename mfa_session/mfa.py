"""MFA devices, the codes they show, and the thirty-second steps in which they show them."""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from mfa_session.errors import UsageError

# RFC 6238; AWS's virtual devices and hardware tokens all use its default.
STEP = timedelta(seconds=30)

# SerialNumber of GetSessionToken: 9 to 256 characters of this set.
_SERIAL_NUMBER = re.compile(r"[\w+=/:,.@-]{9,256}", re.ASCII)
_ARN = re.compile(r"arn:[a-z0-9-]+:iam::(?P<account>[0-9]{12}):(?P<kind>[a-z0-9-]+)/(?P<name>.+)")


@dataclass(frozen=True, slots=True)
class MFADevice:
    """An MFA device, known by its serial number: an ARN for a virtual one, ``GAHT12345678`` for a hardware token.

    Raises:
        UsageError: GetSessionToken would not take this as a serial number.
    """

    serial_number: str

    def __post_init__(self) -> None:
        if not _SERIAL_NUMBER.fullmatch(self.serial_number):
            raise UsageError(
                "this is not the serial number of an MFA device",
                hint="it is an ARN, such as arn:aws:iam::123456789012:mfa/alice, or the number on a hardware token",
            )

    @property
    def account_id(self) -> str | None:
        """The account of a virtual device; a hardware token's number does not tell."""
        return arn["account"] if (arn := _ARN.fullmatch(self.serial_number)) else None

    @property
    def name(self) -> str:
        """What its owner calls it: the last part of the ARN, or the whole serial number."""
        return self.serial_number.rsplit("/", 1)[-1]

    @property
    def shows_codes(self) -> bool:
        """Whether it shows codes that the API takes: FIDO keys, passkeys and SMS do not."""
        arn = _ARN.fullmatch(self.serial_number)
        return arn["kind"] == "mfa" if arn else not self.serial_number.startswith("arn:")


@dataclass(frozen=True, slots=True)
class TokenCode:
    """The six digits that an MFA device shows.

    Whatever a person pastes is accepted if it means six digits: full-width digits,
    blanks and hyphens between them. botocore would send anything else to AWS, whose
    error message quotes it.

    Raises:
        UsageError: it is not six digits.
    """

    digits: str = field(repr=False)

    def __post_init__(self) -> None:
        plain = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", self.digits))
        if not re.fullmatch(r"[0-9]{6}", plain):
            raise UsageError(
                "a token code is six digits",
                hint="type the code that the MFA device shows now",
            )
        object.__setattr__(self, "digits", plain)


def time_step(moment: datetime) -> int:
    """Return the number of the thirty-second step since 1970 in which *moment* lies (RFC 6238's T)."""
    return int(moment.timestamp() // STEP.total_seconds())


def start_of(step: int) -> datetime:
    """Return the moment at which a device begins to show the code of *step*."""
    return datetime.fromtimestamp(step * STEP.total_seconds(), tz=UTC)
