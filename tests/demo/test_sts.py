"""GetCallerIdentity and GetSessionToken, asked by botocore."""

from mfa_session.demo.account import Account
from mfa_session.demo.devices import VirtualDevice
from mfa_session.demo.endpoint import Endpoint
from mfa_session.demo.sessions import LongTermKey
from tests.demo.clients import client, refused


def test_a_user_is_told_who_they_are(endpoint: Endpoint, key: LongTermKey) -> None:
    answer = client(endpoint, "sts", key).get_caller_identity()

    assert answer["Arn"] == "arn:aws:iam::123456789012:user/test-user"


def test_a_code_opens_what_is_closed_to_the_long_term_key(
    endpoint: Endpoint, account: Account, key: LongTermKey, phone: VirtualDevice
) -> None:
    with refused("AccessDenied", "with an explicit deny in an identity-based policy", status=403):
        client(endpoint, "iam", key).list_access_keys()

    given = client(endpoint, "sts", key).get_session_token(SerialNumber=phone.serial_number, TokenCode=phone.code())

    session = account.sessions[given["Credentials"]["AccessKeyId"]]
    [listed] = client(endpoint, "iam", session).list_access_keys()["AccessKeyMetadata"]
    assert listed["AccessKeyId"] == key.access_key_id
