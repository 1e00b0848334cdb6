"""Access keys: listed, made, switched off and deleted, by botocore."""

import json
from datetime import timedelta
from typing import Any

import pytest

from mfa_session.local_aws.account import Account, User
from mfa_session.local_aws.credentials import LongTermKey, Session
from mfa_session.model.credentials import AccessKey
from tests.faults import Endpoint
from tests.local_aws.clients import client, refused


@pytest.fixture
def iam(endpoint: Endpoint, session: Session) -> Any:
    return client(endpoint, "iam", session)


def test_an_enforcing_policy_hides_them_from_the_long_term_key(endpoint: Endpoint, key: LongTermKey) -> None:
    with refused("AccessDenied", "with an explicit deny in an identity-based policy", status=403):
        client(endpoint, "iam", key).list_access_keys()


def test_they_are_listed_with_their_state_and_without_their_secret(iam: Any, key: LongTermKey) -> None:
    [listed] = iam.list_access_keys()["AccessKeyMetadata"]

    assert (listed["UserName"], listed["AccessKeyId"], listed["Status"]) == ("test-user", key.access_key_id, "Active")
    assert listed["CreateDate"] == key.create_date.replace(microsecond=0)
    assert "SecretAccessKey" not in listed


def test_a_new_key_is_told_once_and_works(endpoint: Endpoint, account: Account, iam: Any) -> None:
    made = iam.create_access_key(UserName="test-user")["AccessKey"]

    assert AccessKey(made["AccessKeyId"], made["SecretAccessKey"])
    answer = client(endpoint, "sts", account.access_keys[made["AccessKeyId"]]).get_caller_identity()
    assert answer["Arn"] == "arn:aws:iam::123456789012:user/test-user"


def test_nobody_has_three(iam: Any) -> None:
    iam.create_access_key(UserName="test-user")

    with refused("LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2", status=409):
        iam.create_access_key(UserName="test-user")


def test_a_key_is_switched_off_and_on(endpoint: Endpoint, iam: Any, key: LongTermKey) -> None:
    iam.update_access_key(UserName="test-user", AccessKeyId=key.access_key_id, Status="Inactive")
    with refused("InvalidClientTokenId", "The security token included in the request is invalid.", status=403):
        client(endpoint, "sts", key).get_caller_identity()
    assert iam.list_access_keys()["AccessKeyMetadata"][0]["Status"] == "Inactive"

    iam.update_access_key(AccessKeyId=key.access_key_id, Status="Active")
    client(endpoint, "sts", key).get_caller_identity()


def test_a_deleted_key_is_gone(endpoint: Endpoint, iam: Any, key: LongTermKey) -> None:
    iam.delete_access_key(UserName="test-user", AccessKeyId=key.access_key_id)

    assert iam.list_access_keys()["AccessKeyMetadata"] == []
    with refused("InvalidClientTokenId"):
        client(endpoint, "sts", key).get_caller_identity()


@pytest.mark.parametrize("operation", ["update_access_key", "delete_access_key"])
def test_a_key_of_somebody_else_cannot_be_found(iam: Any, admin: LongTermKey, operation: str) -> None:
    more = {"Status": "Inactive"} if operation == "update_access_key" else {}

    with refused("NoSuchEntity", f"The Access Key with id {admin.access_key_id} cannot be found.", status=404):
        getattr(iam, operation)(AccessKeyId=admin.access_key_id, **more)


def test_a_policy_for_oneself_says_nothing_about_others(endpoint: Endpoint, iam: Any, admin: LongTermKey) -> None:
    with refused(
        "AccessDenied",
        "User: arn:aws:iam::123456789012:user/test-user is not authorized to perform: iam:ListAccessKeys on resource: "
        "arn:aws:iam::123456789012:user/admin because no identity-based policy allows the iam:ListAccessKeys action",
    ):
        iam.list_access_keys(UserName="admin")


def test_who_may_not_look_is_not_told_whether_there_is_such_a_user(
    endpoint: Endpoint, iam: Any, admin: LongTermKey
) -> None:
    with refused("AccessDenied"):
        iam.list_access_keys(UserName="nobody")
    with refused("NoSuchEntity", "The user with name nobody cannot be found.", status=404):
        client(endpoint, "iam", admin).list_access_keys(UserName="nobody")


def test_the_user_of_a_session_is_implied_unless_aws_asks_for_the_name(iam: Any, account: Account) -> None:
    iam.list_access_keys()
    account.sessions_must_name_their_user = True

    with refused("ValidationError", "Must specify userName when calling with non-User credentials", status=400):
        iam.list_access_keys()
    iam.list_access_keys(UserName="test-user")


def test_root_lists_its_own(endpoint: Endpoint, account: Account) -> None:
    key = account.add_access_key(None)

    [listed] = client(endpoint, "iam", key).list_access_keys()["AccessKeyMetadata"]

    assert listed["AccessKeyId"] == key.access_key_id
    assert "UserName" not in listed


class TestLastUse:
    def test_a_key_that_was_never_used_has_no_date(self, iam: Any, key: LongTermKey) -> None:
        answer = iam.get_access_key_last_used(AccessKeyId=key.access_key_id)

        assert answer["UserName"] == "test-user"
        assert answer["AccessKeyLastUsed"] == {"ServiceName": "N/A", "Region": "N/A"}

    def test_a_use_is_known_by_time_service_and_region(
        self, endpoint: Endpoint, account: Account, iam: Any, key: LongTermKey
    ) -> None:
        client(endpoint, "sts", key, region="eu-west-1").get_caller_identity()

        used = iam.get_access_key_last_used(AccessKeyId=key.access_key_id)["AccessKeyLastUsed"]

        assert (used["ServiceName"], used["Region"]) == ("sts", "eu-west-1")
        assert account.now() - used["LastUsedDate"] < timedelta(minutes=1)

    def test_an_unknown_key_has_none(self, endpoint: Endpoint, admin: LongTermKey) -> None:
        with refused("NoSuchEntity", status=404):
            client(endpoint, "iam", admin).get_access_key_last_used(AccessKeyId="AKIAEXAMPLEEXAMPLE00")


def test_a_user_with_a_path_is_found_by_name_and_missed_by_a_policy_without(
    endpoint: Endpoint, account: Account
) -> None:
    alice = account.add_user("alice", path="/engineering/")
    own = {"Effect": "Allow", "Action": "iam:*", "Resource": "arn:aws:iam::*:user/${aws:username}"}
    alice.grants.inline["own"] = json.dumps({"Version": "2012-10-17", "Statement": own})
    iam = client(endpoint, "iam", account.add_access_key(alice))

    with refused("AccessDenied", "on resource: arn:aws:iam::123456789012:user/engineering/alice"):
        iam.list_access_keys(UserName="alice")
    own["Resource"] = "arn:aws:iam::*:user/*/${aws:username}"
    alice.grants.inline["own"] = json.dumps({"Version": "2012-10-17", "Statement": own})
    iam.list_access_keys(UserName="alice")


def test_a_status_that_is_none_is_refused(iam: Any, key: LongTermKey, user: User) -> None:
    with refused("ValidationError", "at 'status' failed to satisfy constraint: Member must satisfy enum value set"):
        iam.update_access_key(AccessKeyId=key.access_key_id, Status="Off")
