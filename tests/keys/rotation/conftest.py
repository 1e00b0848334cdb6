"""A case where a key is rotated, before a real AWS on the loopback."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mfa_session.local_aws.fixtures import demo_account
from mfa_session.local_aws.mfa_devices import Clock
from tests.fakes import SteppedClock
from tests.faults import Endpoint
from tests.keys.rotation.case import RotationCase


@pytest.fixture
def case(tmp_path: Path) -> Iterator[RotationCase]:
    clock = SteppedClock()
    account = demo_account(clock=Clock(clock.now))
    account.sessions_must_name_their_user = True
    with Endpoint(account) as endpoint:
        yield RotationCase(tmp_path, endpoint, clock)
