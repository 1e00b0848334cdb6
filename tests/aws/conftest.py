"""A strict local AWS, and ours asking it; nothing of this machine's own settings."""

import os
from collections.abc import Callable, Iterator

import pytest

from mfa_session.aws.connection import AWS
from mfa_session.aws.endpoints import Endpoints
from mfa_session.credentials import AccessKey
from mfa_session.demo.account import Account, User
from mfa_session.demo.devices import VirtualDevice
from mfa_session.demo.endpoint import Endpoint
from mfa_session.demo.presets import demo_account
from mfa_session.mfa import MFADevice, TokenCode


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("AWS_") or name.lower().endswith(("_proxy", "_ca_bundle")):
            monkeypatch.delenv(name)


@pytest.fixture
def account() -> Account:
    return demo_account()


@pytest.fixture
def endpoint(account: Account) -> Iterator[Endpoint]:
    with Endpoint(account) as endpoint:
        yield endpoint


@pytest.fixture
def aws(endpoint: Endpoint) -> AWS:
    return AWS(Endpoints(sts_url=endpoint.url, iam_url=endpoint.url))


@pytest.fixture
def user(account: Account) -> User:
    return account.users["test-user"]


@pytest.fixture
def key(account: Account, user: User) -> AccessKey:
    [key] = account.keys_of(user)
    return AccessKey(key.access_key_id, key.secret_access_key)


@pytest.fixture
def phone(account: Account) -> VirtualDevice:
    return account.devices["arn:aws:iam::123456789012:mfa/test-user-phone"]


@pytest.fixture
def device(phone: VirtualDevice) -> MFADevice:
    return MFADevice(phone.serial_number)


@pytest.fixture
def code(phone: VirtualDevice) -> Callable[[], TokenCode]:
    """What the phone shows when it is asked."""
    return lambda: TokenCode(phone.code())
