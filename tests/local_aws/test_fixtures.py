"""The ready-made account, and what its variants let through."""

import json
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from mfa_session.local_aws.account import Account
from mfa_session.local_aws.credentials import LongTermKey
from mfa_session.local_aws.fixtures import demo_account
from mfa_session.policies.templates import safe_policy
from tests.faults import Endpoint
from tests.local_aws.clients import client, refused
from tests.local_aws.wire import Wire


def test_it_has_one_user_with_a_phone_a_key_and_two_buckets(account: Account) -> None:
    [user] = account.users.values()

    assert (account.account_id, user.arn) == ("123456789012", "arn:aws:iam::123456789012:user/test-user")
    assert list(user.devices) == ["arn:aws:iam::123456789012:mfa/test-user-phone"]
    assert len(account.keys_of(user)) == 1
    assert len(account.buckets) == 2


def denying(operator: str, key: str, value: str) -> str:
    """Return a policy that allows everything, and denies it under one condition."""
    allow: dict[str, Any] = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    deny = {**allow, "Effect": "Deny", "Condition": {operator: {key: value}}}
    return json.dumps({"Version": "2012-10-17", "Statement": [allow, deny]})


@pytest.mark.parametrize(
    ("enforcement", "is_denied"),
    [
        (safe_policy().document, True),
        (denying("BoolIfExists", "aws:MultiFactorAuthPresent", "false"), True),
        # the classic mistake: a long-term key has no such key at all, and is not bound
        (denying("Bool", "aws:MultiFactorAuthPresent", "false"), False),
        (denying("Bool", "aws:ViaAWSService", "false"), True),
        (denying("Bool", "aws:SecureTransport", "false"), False),
        (denying("StringEquals", "aws:username", "test-user"), True),
        (denying("StringNotEquals", "aws:RequestedRegion", "us-east-1"), False),
        (denying("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:user/test-*"), True),
    ],
)
def test_the_policy_of_its_group_can_be_any(enforcement: str, is_denied: bool) -> None:
    account = demo_account(enforcement=enforcement)
    [key] = account.keys_of(account.users["test-user"])

    with Endpoint(account) as endpoint:
        iam = client(endpoint, "iam", key)
        if is_denied:
            with refused("AccessDenied", "with an explicit deny in an identity-based policy", status=403):
                iam.list_access_keys()
        else:
            iam.list_access_keys()


def test_s3_takes_a_signature_that_leaves_the_body_out(endpoint: Endpoint, key: LongTermKey) -> None:
    request = AWSRequest("GET", endpoint.url + "/", headers={"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"})
    SigV4Auth(Credentials(key.access_key_id, key.secret_access_key), "s3", "us-east-1").add_auth(request)

    answer = Wire(endpoint.host, {"Host": endpoint.host, **dict(request.headers)}, b"", method="GET").send()

    assert b"<Code>AccessDenied</Code>" in answer.body  # the signature was taken; MFA is what is missing


def test_s3_can_do_nothing_but_list_its_buckets(endpoint: Endpoint, key: LongTermKey) -> None:
    with refused("NotImplemented", status=501):
        client(endpoint, "s3", key).list_objects_v2(Bucket="test-user-photos")
