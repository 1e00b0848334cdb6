"""A case where a user without a device gets one, before a real AWS on the loopback."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mfa_session.local_aws.fixtures import demo_account
from mfa_session.local_aws.mfa_devices import Clock
from tests.devices.enroll.case import EnrolmentCase
from tests.fakes import SteppedClock
from tests.faults import Endpoint


@pytest.fixture
def case(tmp_path: Path) -> Iterator[EnrolmentCase]:
    clock = SteppedClock()
    with Endpoint(demo_account(clock=Clock(clock.now))) as endpoint:
        endpoint.account.devices.clear()
        endpoint.account.users["test-user"].devices.clear()
        case = EnrolmentCase(tmp_path, endpoint, clock)
        case.lay_down_the_key()
        yield case
