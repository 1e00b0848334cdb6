"""Who runs the commands."""

import json
import sys
from datetime import timedelta

import pytest

from mfa_session.local_aws.account import Group
from mfa_session.model.credentials import timestamp
from tests.machine import Machine

# The libraries of the Secret Service are installed on Linux only.
collect_ignore = [] if sys.platform == "linux" else ["test_keys_keyring.py"]


@pytest.fixture
def admin(machine: Machine) -> Machine:
    """The machine of an administrator who has logged in, as the AWS files show it."""
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    machine.user.grants.inline["everything"] = json.dumps({"Version": "2012-10-17", "Statement": everything})
    account = machine.account
    session = account.begin_session(account.identity_of(machine.user), timedelta(hours=12), mfa_at=account.now())
    machine.write_credentials(
        f"[test-user]\naws_access_key_id = {machine.key.access_key_id}\n"
        f"aws_secret_access_key = {machine.key.secret_access_key}\n\n"
        f"[test-user-mfa]\naws_access_key_id = {session.access_key_id}\n"
        f"aws_secret_access_key = {session.secret_access_key}\naws_session_token = {session.session_token}\n"
        f"x_security_token_expires = {timestamp(session.expiration)}\nmfa_session_source = test-user\n"
    )
    return machine


@pytest.fixture
def staff(admin: Machine) -> Group:
    """A group of two users with devices, which nothing binds yet."""
    users = [admin.account.add_user("ann"), admin.account.add_user("ben", path="/eng/")]
    for user in users:
        admin.account.add_device(user, f"{user.name}-phone")
    return admin.account.add_group("staff", *users)
