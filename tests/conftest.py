"""What every test may ask for, and no settings of this machine."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from mfa_session.demo.account import Account, User
from mfa_session.demo.devices import VirtualDevice
from mfa_session.demo.endpoint import Endpoint
from mfa_session.demo.presets import demo_account
from tests.machine import PHONE, Machine, running_machine


@pytest.fixture(scope="session", autouse=True)
def no_settings_of_this_machine() -> Iterator[None]:
    """Take away what would lead a test to another AWS, or through a proxy to this one."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name in os.environ:
            if name.startswith("AWS_") or name.lower().endswith(("_proxy", "_ca_bundle")):
                monkeypatch.delenv(name)
        yield


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """Return a machine with AWS on its loopback."""
    with running_machine(tmp_path) as machine:
        yield machine


@pytest.fixture
def account() -> Account:
    return demo_account()


@pytest.fixture
def user(account: Account) -> User:
    return account.users["test-user"]


@pytest.fixture
def phone(account: Account) -> VirtualDevice:
    return account.devices[PHONE]


@pytest.fixture
def endpoint(account: Account) -> Iterator[Endpoint]:
    with Endpoint(account) as endpoint:
        yield endpoint
