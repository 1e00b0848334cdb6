"""An account with one user, and the endpoint that serves it."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from mfa_session.local_aws.account import Account, User
from mfa_session.local_aws.credentials import LongTermKey, Session
from mfa_session.local_aws.mfa_devices import VirtualDevice


@pytest.fixture(autouse=True)
def an_empty_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))


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
