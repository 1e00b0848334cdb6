"""Sessions: what they open, what they are closed to, and how they end."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from mfa_session.local_aws.account import Account, User
from mfa_session.local_aws.credentials import LongTermKey, Session
from mfa_session.local_aws.fixtures import demo_account
from mfa_session.local_aws.mfa_devices import Clock
from mfa_session.model.credentials import SessionCredentials, moment
from tests.faults import Endpoint
from tests.local_aws.wire import signed

NOON = datetime(2026, 11, 23, 12, 0, 10, tzinfo=UTC)
UNKNOWN_KEY = ("InvalidClientTokenId", "The security token included in the request is invalid.")


@pytest.fixture
def account() -> Account:
    return demo_account(clock=Clock(lambda: NOON))


def session_of(account: Account, user: User | None, *, mfa: bool, lasting: timedelta = timedelta(hours=1)) -> Session:
    return account.begin_session(account.identity_of(user), lasting, mfa_at=account.now() if mfa else None)


def test_what_is_given_is_what_credentials_are_to_us(endpoint: Endpoint, key: LongTermKey) -> None:
    answer = signed(endpoint, key, "GetSessionToken").send()
    expiration = moment(answer.text("Expiration"))
    assert expiration is not None

    SessionCredentials(
        answer.text("AccessKeyId"), answer.text("SecretAccessKey"), answer.text("SessionToken"), expiration
    )


@pytest.mark.parametrize("mfa", [False, True])
def test_a_session_gets_no_session(endpoint: Endpoint, account: Account, user: User, mfa: bool) -> None:
    answer = signed(endpoint, session_of(account, user, mfa=mfa), "GetSessionToken").send()

    assert answer.status == 403
    assert answer.error == ("AccessDenied", "Cannot call GetSessionToken with session credentials")


@pytest.mark.parametrize("action", ["GetFederationToken", "GetAccessKeyInfo", "DecodeAuthorizationMessage"])
def test_nothing_else_of_sts_is_open_to_a_session(
    endpoint: Endpoint, account: Account, user: User, action: str
) -> None:
    answer = signed(endpoint, session_of(account, user, mfa=True), action).send()

    assert answer.error == ("AccessDenied", f"Cannot call {action} with session credentials")


def test_a_session_is_good_to_its_last_second(endpoint: Endpoint, account: Account, user: User) -> None:
    session = session_of(account, user, mfa=True, lasting=timedelta(hours=1))

    account.clock.offset = timedelta(minutes=59, seconds=59)
    assert signed(endpoint, session).send().status == 200
    account.clock.offset = timedelta(hours=1)
    answer = signed(endpoint, session).send()
    assert answer.status == 403
    assert answer.error == ("ExpiredToken", "The security token included in the request is expired")


def test_sessions_can_be_ended_before_their_time(endpoint: Endpoint, account: Account, user: User) -> None:
    session = session_of(account, user, mfa=True)

    account.end_sessions()

    assert signed(endpoint, session).send().error[0] == "ExpiredToken"


def test_iam_does_not_know_a_session_without_mfa(endpoint: Endpoint, account: Account, user: User) -> None:
    session = session_of(account, user, mfa=False)

    answer = signed(endpoint, session, "ListMFADevices", service="iam").send()

    assert (answer.status, answer.error) == (403, UNKNOWN_KEY)


def test_iam_knows_a_session_with_mfa(endpoint: Endpoint, account: Account, user: User) -> None:
    session = session_of(account, user, mfa=True)

    assert signed(endpoint, session, "ListAccessKeys", service="iam").send().status == 200


@pytest.mark.parametrize(("seconds", "status"), [(0, 200), (899, 200), (900, 403)])
def test_a_policy_may_ask_how_long_ago_the_code_was_typed(
    endpoint: Endpoint, account: Account, user: User, seconds: int, status: int
) -> None:
    old = {"NumericGreaterThanEquals": {"aws:MultiFactorAuthAge": "900"}}
    statement = {"Effect": "Deny", "Action": "iam:*", "Resource": "*", "Condition": old}
    user.grants.inline["fresh"] = json.dumps({"Version": "2012-10-17", "Statement": statement})
    session = session_of(account, user, mfa=True)

    account.clock.offset = timedelta(seconds=seconds)

    assert signed(endpoint, session, "ListAccessKeys", service="iam").send().status == status


def test_root_may_do_everything(endpoint: Endpoint, account: Account, user: User) -> None:
    answer = signed(
        endpoint, account.add_access_key(None), "ListAccessKeys", {"UserName": user.name}, service="iam"
    ).send()

    assert answer.status == 200


class TestRegions:
    def test_a_disabled_region_says_so(self, endpoint: Endpoint, account: Account, key: LongTermKey) -> None:
        account.disabled_regions.add("eu-south-1")

        answer = signed(endpoint, key, region="eu-south-1").send()

        code, message = answer.error
        assert (answer.status, code) == (403, "RegionDisabledException")
        assert message.startswith("STS is not activated in this region for account:123456789012.")

    def test_other_regions_are_not_affected(self, endpoint: Endpoint, account: Account, key: LongTermKey) -> None:
        account.disabled_regions |= {"eu-south-1", "us-east-1"}

        assert signed(endpoint, key, region="us-east-1").send().status == 200


def test_a_policy_that_only_real_aws_understands_is_an_error_and_no_guess(
    endpoint: Endpoint, key: LongTermKey, user: User
) -> None:
    tagged = {"StringEquals": {"aws:PrincipalTag/team": "red"}}
    statement = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": tagged}
    user.grants.inline["tagged"] = json.dumps({"Version": "2012-10-17", "Statement": statement})

    answer = signed(endpoint, key, "ListMFADevices", service="iam").send()

    assert (answer.status, answer.error[0]) == (500, "InternalFailure")
    assert "aws:PrincipalTag/team" in answer.error[1]
