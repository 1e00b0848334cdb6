"""A desk where a key is rotated, before a real AWS on the loopback."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mfa_session.local_aws.clock import Clock
from mfa_session.local_aws.endpoint import Endpoint
from mfa_session.local_aws.fixtures import demo_account
from tests.fakes import SteppedClock
from tests.keys.rotation.desk import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    clock = SteppedClock()
    account = demo_account(clock=Clock(clock.now))
    account.sessions_must_name_their_user = True
    with Endpoint(account) as endpoint:
        yield Desk(tmp_path, endpoint, clock)
