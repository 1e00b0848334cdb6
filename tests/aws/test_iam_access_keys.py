"""The access keys of a user, asked of a strict local AWS that wants the user named."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from mfa_session.aws.iam import IAM
from mfa_session.aws.sts import STS
from mfa_session.errors import (
    AccessDeniedError,
    AccessKeyRefusedError,
    AWSAnswerError,
    LimitExceededError,
    NoSuchEntityError,
    ReplyLostError,
)
from mfa_session.local_aws.account import Account, User
from mfa_session.model.credentials import AccessKey, SessionCredentials
from mfa_session.model.mfa_device import MFADevice, TokenCode
from tests.faults import DropReply, Endpoint, HostileFields


@pytest.fixture
def account(account: Account) -> Account:
    account.sessions_must_name_their_user = True
    return account


@pytest.fixture
def session(sts: STS, key: AccessKey, device: MFADevice, code: Callable[[], TokenCode]) -> SessionCredentials:
    return sts.get_session_token(key, device, code(), timedelta(hours=1))


def test_the_keys_of_a_user_are_listed_with_their_dates(
    iam: IAM, account: Account, user: User, key: AccessKey, session: SessionCredentials
) -> None:
    account.add_access_key(user).active = False

    [first, second] = iam.list_access_keys(session, "test-user")

    assert (first.access_key_id, first.is_active) == (key.access_key_id, True)
    assert abs(account.now() - first.create_date - timedelta(days=90)) < timedelta(minutes=1)
    assert not second.is_active


def test_all_pages_are_read(iam: IAM, account: Account, user: User, session: SessionCredentials) -> None:
    account.add_access_key(user)
    account.page_size = 1

    assert len(iam.list_access_keys(session, "test-user")) == 2


def test_a_policy_that_wants_mfa_keeps_the_key_itself_from_listing_keys(iam: IAM, key: AccessKey) -> None:
    with pytest.raises(AccessDeniedError):
        iam.list_access_keys(key, "test-user")


def test_a_new_key_works_and_knows_its_date(sts: STS, iam: IAM, account: Account, session: SessionCredentials) -> None:
    new = iam.create_access_key(session, "test-user")

    assert sts.get_caller_identity(new).user_name == "test-user"
    assert new.create_date is not None
    assert abs(account.now() - new.create_date) < timedelta(minutes=1)


def test_a_third_key_is_refused(iam: IAM, account: Account, user: User, session: SessionCredentials) -> None:
    account.add_access_key(user)

    with pytest.raises(LimitExceededError):
        iam.create_access_key(session, "test-user")


def test_a_key_is_asked_for_once_even_when_the_answer_is_lost(
    iam: IAM, account: Account, user: User, endpoint: Endpoint, session: SessionCredentials
) -> None:
    endpoint.faults.add("CreateAccessKey", DropReply())

    with pytest.raises(ReplyLostError, match="may have succeeded"):
        iam.create_access_key(session, "test-user")

    assert len(account.keys_of(user)) == 2


@pytest.mark.parametrize(
    "fields",
    [
        {"AccessKeyId": "ASIAIOSFODNN7EXAMPLE"},
        {"SecretAccessKey": "one line\nanother"},
        {"SecretAccessKey": ""},
        {"UserName": "somebody-else"},
        {"CreateDate": "yesterday"},
    ],
)
def test_a_new_key_that_is_none_is_not_taken(
    iam: IAM, endpoint: Endpoint, session: SessionCredentials, fields: dict[str, str]
) -> None:
    endpoint.faults.add("CreateAccessKey", HostileFields(fields))

    with pytest.raises(AWSAnswerError) as caught:
        iam.create_access_key(session, "test-user")

    assert not any(value in str(caught.value) for value in fields.values() if value)


def test_a_key_is_made_inactive_and_active_again(
    sts: STS, iam: IAM, key: AccessKey, session: SessionCredentials
) -> None:
    iam.update_access_key(session, "test-user", key.access_key_id, active=False)
    with pytest.raises(AccessKeyRefusedError):
        sts.get_caller_identity(key)

    iam.update_access_key(session, "test-user", key.access_key_id, active=True)

    assert sts.get_caller_identity(key).user_name == "test-user"


def test_a_deleted_key_is_gone(iam: IAM, key: AccessKey, session: SessionCredentials) -> None:
    iam.delete_access_key(session, "test-user", key.access_key_id)

    assert iam.list_access_keys(session, "test-user") == []
    with pytest.raises(NoSuchEntityError):
        iam.delete_access_key(session, "test-user", key.access_key_id)


def test_the_last_use_of_a_key_is_known_and_so_is_that_there_was_none(
    sts: STS, iam: IAM, account: Account, user: User, key: AccessKey, session: SessionCredentials
) -> None:
    unused = account.add_access_key(user)
    sts.get_caller_identity(key)

    used_at = iam.access_key_last_used(session, key.access_key_id)

    assert used_at is not None
    assert abs(account.now() - used_at) < timedelta(minutes=1)
    assert iam.access_key_last_used(session, unused.access_key_id) is None


def test_a_denial_is_told_in_the_words_of_aws(iam: IAM, user: User, session: SessionCredentials) -> None:
    statement = {"Effect": "Deny", "Action": "iam:CreateAccessKey", "Resource": "*"}
    user.grants.inline["deny"] = json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    with pytest.raises(AccessDeniedError, match="AWS does not allow iam:CreateAccessKey"):
        iam.create_access_key(session, "test-user")
