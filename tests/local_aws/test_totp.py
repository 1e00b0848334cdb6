"""RFC 6238's own examples, in six digits."""

from datetime import UTC, datetime

import pytest

from mfa_session.local_aws.mfa_devices import Clock, VirtualDevice, totp
from mfa_session.model.mfa_device import time_step

# RFC 6238, appendix B, SHA-1; the RFC shows eight digits, of which six are the last ones.
SEED = b"12345678901234567890"
EXAMPLES = [
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (2000000000, "279037"),
    (20000000000, "353130"),
]


@pytest.mark.parametrize(("seconds", "code"), EXAMPLES)
def test_the_code_is_the_one_of_the_rfc(seconds: int, code: str) -> None:
    assert totp(SEED, time_step(datetime.fromtimestamp(seconds, tz=UTC))) == code


@pytest.mark.parametrize(("seconds", "code"), EXAMPLES)
def test_a_phone_shows_the_code_of_the_moment_it_is_asked_for(seconds: int, code: str) -> None:
    phone = VirtualDevice("GAHT12345678", Clock(), seed=SEED)

    assert phone.code(at=datetime.fromtimestamp(seconds, tz=UTC)) == code


def test_a_phone_goes_by_the_clock_it_was_given() -> None:
    phone = VirtualDevice("GAHT12345678", Clock(lambda: datetime.fromtimestamp(59, tz=UTC)), seed=SEED)

    assert phone.code() == "287082"
