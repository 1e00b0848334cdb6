"""The MFA devices of a user, asked of a strict local AWS."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from mfa_session.aws.iam import IAM
from mfa_session.aws.sts import STS
from mfa_session.errors import AccessDeniedError, ExpiredSessionError
from mfa_session.local_aws.account import Account, User
from mfa_session.model.credentials import AccessKey, SessionCredentials
from mfa_session.model.mfa_device import MFADevice, TokenCode
from tests.faults import Endpoint

PHONE = MFADevice("arn:aws:iam::123456789012:mfa/test-user-phone")


def deny(user: User, *actions: str) -> None:
    statement = {"Effect": "Deny", "Action": list(actions), "Resource": "*"}
    user.grants.inline["deny"] = json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_the_devices_of_a_user_are_listed(iam: IAM, key: AccessKey) -> None:
    devices = iam.list_mfa_devices(key, "test-user")

    assert devices == [PHONE]


def test_all_pages_are_read(iam: IAM, account: Account, user: User, key: AccessKey) -> None:
    account.page_size = 2
    for name in ("tablet", "laptop", "watch", "spare"):
        account.add_device(user, name)

    devices = iam.list_mfa_devices(key, "test-user")

    assert sorted(device.name for device in devices) == ["laptop", "spare", "tablet", "test-user-phone", "watch"]


def test_a_device_without_codes_is_listed_too(iam: IAM, account: Account, user: User, key: AccessKey) -> None:
    account.add_security_key(user, "yubikey")

    devices = iam.list_mfa_devices(key, "test-user")

    assert [device.shows_codes for device in sorted(devices, key=str)] == [True, False]


def test_a_policy_that_allows_only_the_question_with_a_name_is_enough(
    iam: IAM, account: Account, endpoint: Endpoint, key: AccessKey
) -> None:
    account.implicit_user_is_a_resource = False

    devices = iam.list_mfa_devices(key, "test-user")

    assert devices == [PHONE]
    assert [call.status for call in endpoint.journal] == [403, 200]


def test_denial_of_both_questions_is_an_error_in_the_words_of_aws(
    iam: IAM, endpoint: Endpoint, user: User, key: AccessKey
) -> None:
    deny(user, "iam:ListMFADevices")

    with pytest.raises(AccessDeniedError) as caught:
        iam.list_mfa_devices(key, "test-user")

    assert str(caught.value) == (
        "AWS does not allow iam:ListMFADevices, with an explicit deny in an identity-based policy"
    )
    assert len(endpoint.journal) == 2


def test_a_session_lists_the_devices_of_its_user(
    sts: STS, iam: IAM, key: AccessKey, code: Callable[[], TokenCode]
) -> None:
    session = sts.get_session_token(key, PHONE, code(), timedelta(hours=1))

    devices = iam.list_mfa_devices(session, "test-user")

    assert devices == [PHONE]


def test_a_session_that_was_made_without_a_code_may_not_ask_iam(iam: IAM, account: Account, user: User) -> None:
    given = account.begin_session(account.identity_of(user), timedelta(hours=1))
    session = SessionCredentials(given.access_key_id, given.secret_access_key, given.session_token, given.expiration)

    with pytest.raises(ExpiredSessionError, match="made without MFA"):
        iam.list_mfa_devices(session, "test-user")
