"""An account with one user, and the endpoint that serves it; nothing of this machine's AWS settings."""

import json
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from mfa_session.demo.account import Account, User
from mfa_session.demo.devices import VirtualDevice
from mfa_session.demo.endpoint import Endpoint
from mfa_session.demo.presets import demo_account
from mfa_session.demo.sessions import LongTermKey, Session


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in os.environ:
        if name.startswith("AWS_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def account() -> Account:
    return demo_account()


@pytest.fixture
def endpoint(account: Account) -> Iterator[Endpoint]:
    with Endpoint(account) as endpoint:
        yield endpoint


@pytest.fixture
def user(account: Account) -> User:
    return account.users["test-user"]


@pytest.fixture
def key(account: Account, user: User) -> LongTermKey:
    [key] = account.keys_of(user)
    return key


@pytest.fixture
def session(account: Account, user: User) -> Session:
    """A session of the user with MFA."""
    return account.begin_session(account.identity_of(user), timedelta(hours=12), mfa_at=account.now())


@pytest.fixture
def admin(account: Account) -> LongTermKey:
    """The key of another user, who may do everything and has no device."""
    admin = account.add_user("admin")
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    admin.grants.inline["everything"] = json.dumps({"Version": "2012-10-17", "Statement": everything})
    return account.add_access_key(admin)


@pytest.fixture
def phone(account: Account) -> VirtualDevice:
    return account.devices["arn:aws:iam::123456789012:mfa/test-user-phone"]
