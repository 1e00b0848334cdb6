"""A strict local AWS, and ours asking it."""

from collections.abc import Callable

import pytest

from mfa_session.aws.endpoints import Endpoints
from mfa_session.aws.iam import IAM
from mfa_session.aws.sts import STS
from mfa_session.aws.transport import Transport
from mfa_session.local_aws.account import Account, User
from mfa_session.local_aws.mfa_devices import VirtualDevice
from mfa_session.model.credentials import AccessKey
from mfa_session.model.mfa_device import MFADevice, TokenCode
from tests.faults import Endpoint


@pytest.fixture
def transport(endpoint: Endpoint) -> Transport:
    return Transport(Endpoints(sts_url=endpoint.url, iam_url=endpoint.url))


@pytest.fixture
def sts(transport: Transport) -> STS:
    return STS(transport)


@pytest.fixture
def iam(transport: Transport) -> IAM:
    return IAM(transport)


@pytest.fixture
def key(account: Account, user: User) -> AccessKey:
    [key] = account.keys_of(user)
    return AccessKey(key.access_key_id, key.secret_access_key)


@pytest.fixture
def device(phone: VirtualDevice) -> MFADevice:
    return MFADevice(phone.serial_number)


@pytest.fixture
def code(phone: VirtualDevice) -> Callable[[], TokenCode]:
    """What the phone shows when it is asked."""
    return lambda: TokenCode(phone.code())
