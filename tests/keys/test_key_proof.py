"""A key is proven: a real AWS on the loopback says whose it is."""

from datetime import timedelta

import pytest

from mfa_session.aws.endpoints import Endpoints
from mfa_session.aws.iam import IAM
from mfa_session.aws.sts import STS
from mfa_session.aws.transport import Transport
from mfa_session.errors import AccessKeyRefusedError, NotAnIAMUserError
from mfa_session.keys.add import prove
from mfa_session.local_aws.account import Account
from mfa_session.model.credentials import AccessKey
from mfa_session.model.mfa_device import MFADevice, TokenCode
from tests.faults import Endpoint

PHONE = "arn:aws:iam::123456789012:mfa/test-user-phone"


@pytest.fixture
def transport(endpoint: Endpoint) -> Transport:
    return Transport(Endpoints(sts_url=endpoint.url, iam_url=endpoint.url))


@pytest.fixture
def sts(transport: Transport) -> STS:
    return STS(transport)


@pytest.fixture
def iam(transport: Transport) -> IAM:
    return IAM(transport)


@pytest.fixture
def key(account: Account) -> AccessKey:
    [key] = account.keys_of(account.users["test-user"])
    return AccessKey(key.access_key_id, key.secret_access_key)


def test_a_key_that_aws_accepts_knows_its_account_then(sts: STS, iam: IAM, key: AccessKey) -> None:
    proof = prove(key, sts=sts, iam=iam)

    assert proof.owner.user_name == "test-user"
    assert proof.key.account_id == "123456789012"
    assert proof.key.secret_access_key == key.secret_access_key


def test_the_date_of_the_key_stays_unknown_where_a_policy_wants_mfa(sts: STS, iam: IAM, key: AccessKey) -> None:
    assert prove(key, sts=sts, iam=iam).key.create_date is None


def test_the_date_is_asked_for_with_the_session_where_there_is_one(
    sts: STS, iam: IAM, account: Account, key: AccessKey
) -> None:
    code = TokenCode(account.devices[PHONE].code())
    session = sts.get_session_token(key, MFADevice(PHONE), code, timedelta(hours=1))

    proof = prove(key, sts=sts, iam=iam, session=session)

    assert proof.key.create_date is not None
    assert abs(account.now() - proof.key.create_date - timedelta(days=90)) < timedelta(minutes=1)


def test_the_date_is_known_where_no_policy_wants_mfa(sts: STS, iam: IAM, account: Account, key: AccessKey) -> None:
    account.groups["developers"].grants.attached.clear()

    assert prove(key, sts=sts, iam=iam).key.create_date is not None


def test_a_key_that_aws_does_not_know_is_refused(sts: STS, iam: IAM) -> None:
    with pytest.raises(AccessKeyRefusedError):
        prove(AccessKey("AKIAIOSFODNN7EXAMPLE", "secret"), sts=sts, iam=iam)


def test_the_key_of_root_is_refused(sts: STS, iam: IAM, account: Account) -> None:
    root = account.add_access_key(None)

    with pytest.raises(NotAnIAMUserError, match="root"):
        prove(AccessKey(root.access_key_id, root.secret_access_key), sts=sts, iam=iam)
