"""MFA devices, the codes they show, and the thirty-second steps in which they show them."""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from mfa_session.errors import AWSAnswerError, UsageError, hint_command

# RFC 6238; AWS's virtual devices and hardware tokens all use its default.
STEP = timedelta(seconds=30)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# SerialNumber of GetSessionToken: 9 to 256 characters of this set.
_SERIAL_NUMBER = re.compile(r"[\w+=/:,.@-]{9,256}", re.ASCII)
_ARN = re.compile(r"arn:[a-z0-9-]+:iam::(?P<account>[0-9]{12}):(?P<kind>[a-z0-9-]+)/(?P<name>.+)")

# What stands in an ARN, and what people call it.
_KINDS = {"mfa": "virtual", "u2f": "fido", "sms-mfa": "sms"}
_SHOW_CODES = ("virtual", "hardware")

# IAM's seeds are 64 characters of base 32 (RFC 4648).
_SEED = re.compile(r"[A-Z2-7]{16,256}={0,6}")


@dataclass(frozen=True, slots=True)
class MFADevice:
    """An MFA device, known by its serial number: an ARN for a virtual one, ``GAHT12345678`` for a hardware token.

    *enable_date* is when it was assigned to its user; ``None`` if not known.

    Raises:
        UsageError: not a serial number for GetSessionToken.
    """

    serial_number: str
    enable_date: datetime | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if not _SERIAL_NUMBER.fullmatch(self.serial_number):
            raise UsageError(
                "this is not the serial number of an MFA device",
                hint="it is an ARN, such as arn:aws:iam::123456789012:mfa/alice, or the number on a hardware token",
            )

    @property
    def account_id(self) -> str | None:
        """The account of a virtual device; ``None`` for a hardware token."""
        return arn["account"] if (arn := _ARN.fullmatch(self.serial_number)) else None

    @property
    def name(self) -> str:
        """The last part of the ARN, or the whole serial number."""
        return self.serial_number.rsplit("/", 1)[-1]

    @property
    def kind(self) -> str:
        """``virtual``, ``hardware``, ``fido`` (a security key or a passkey), ``sms``, or AWS's word for another."""
        if not self.serial_number.startswith("arn:"):
            return "hardware"
        arn = _ARN.fullmatch(self.serial_number)
        return _KINDS.get(arn["kind"], arn["kind"]) if arn else "unknown"

    @property
    def shows_codes(self) -> bool:
        """Whether it shows codes that the API takes: FIDO keys, passkeys and SMS do not."""
        return self.kind in _SHOW_CODES


def code_device(serial_number: str) -> MFADevice:
    """Return the device with this *serial_number*, if it shows codes.

    Raises:
        UsageError: it is no serial number, or that of something else than an authenticator app or hardware token.
    """
    device = MFADevice(serial_number)
    if device.shows_codes:
        return device
    if device.kind in _KINDS.values():
        raise UsageError(
            "this is a security key or passkey, which is not usable with the CLI"
            if device.kind == "fido"
            else "this device gets its codes by SMS, which is not usable with the CLI",
            hint=f"add an authenticator app or hardware token: {hint_command('device add')}",
        )
    what = f"the ARN of an IAM {device.kind}" if device.kind in ("user", "role", "group", "policy") else "an ARN"
    raise UsageError(
        f"this is {what}, not of an MFA device that shows codes",
        hint="it is written arn:aws:iam::123456789012:mfa/NAME: IAM console, Security credentials",
    )


@dataclass(frozen=True, slots=True)
class VirtualMFADevice:
    """A virtual device that was just created: *seed* makes an app show its codes, and is never told again.

    Raises:
        AWSAnswerError: this is not a seed. The message does not quote it.
    """

    device: MFADevice
    seed: str = field(repr=False)

    def __post_init__(self) -> None:
        if not _SEED.fullmatch(self.seed):
            raise AWSAnswerError(
                "no valid seed for the new MFA device",
                hint="check which endpoint answers: AWS_ENDPOINT_URL, endpoint_url, a proxy",
            )

    @property
    def key_uri(self) -> str:
        """What authenticator apps read from a QR code: AWS's own label, and AWS for the app to group it under.

        https://docs.aws.amazon.com/IAM/latest/APIReference/API_VirtualMFADevice.html
        """
        label = quote(f"{self.device.name}@{self.device.account_id}", safe="@")
        return f"otpauth://totp/{label}?secret={self.seed}&issuer=AWS"


# Six digits and what people put between them. Unicode takes seconds to normalize a text of many accents.
_MAX_CODE = 100


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
        typed = self.digits if len(self.digits) <= _MAX_CODE else ""
        plain = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", typed))
        if not re.fullmatch(r"[0-9]{6}", plain):
            raise UsageError(
                "a token code is six digits",
                hint="type the code that the MFA device shows now",
            )
        object.__setattr__(self, "digits", plain)


def time_step(moment: datetime) -> int:
    """Return the number of the thirty-second step since 1970 in which *moment* lies (RFC 6238's T)."""
    return (moment - _EPOCH) // STEP


def start_of(step: int) -> datetime:
    """Return the moment at which a device begins to show the code of *step*."""
    return _EPOCH + step * STEP
