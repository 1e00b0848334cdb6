"""AssumeRole: trust, proof and how long."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from mfa_session.local_aws.account import Account, Role, User
from mfa_session.local_aws.credentials import LongTermKey, Session
from mfa_session.local_aws.fixtures import demo_account
from mfa_session.local_aws.mfa_devices import Clock, VirtualDevice
from mfa_session.model.credentials import moment
from tests.faults import Endpoint
from tests.local_aws.wire import Received, signed

NOON = datetime(2026, 11, 23, 12, 0, 10, tzinfo=UTC)
DENIED = (
    "User: arn:aws:iam::123456789012:user/test-user is not authorized to perform: sts:AssumeRole "
    "on resource: arn:aws:iam::123456789012:role/deploy"
)
ACCOUNT_ROOT = "arn:aws:iam::123456789012:root"
WITH_MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
ANY_ROLE = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::123456789012:role/*"}


@pytest.fixture
def account() -> Account:
    nothing_enforced = json.dumps({"Version": "2012-10-17", "Statement": ANY_ROLE})
    return demo_account(enforcement=nothing_enforced, clock=Clock(lambda: NOON))


def trust(principal: object, *, effect: str = "Allow", condition: object = None) -> dict[str, object]:
    statement = {"Effect": effect, "Principal": principal, "Action": "sts:AssumeRole"}
    return {**statement, "Condition": condition} if condition else statement


def add_role(account: Account, *statements: object, name: str = "deploy") -> Role:
    return account.add_role(name, json.dumps({"Version": "2012-10-17", "Statement": statements}))


def assume(endpoint: Endpoint, credentials: LongTermKey | Session, name: str = "deploy", **more: str) -> Received:
    parameters = {"RoleArn": f"arn:aws:iam::123456789012:role/{name}", "RoleSessionName": "work", **more}
    return signed(endpoint, credentials, "AssumeRole", parameters).send()


def session_of(account: Account, user: User, *, mfa: bool) -> Session:
    return account.begin_session(account.identity_of(user), timedelta(hours=12), mfa_at=NOON if mfa else None)


def test_a_role_session_is_named_after_the_role_and_itself(
    endpoint: Endpoint, account: Account, key: LongTermKey
) -> None:
    role = add_role(account, trust({"AWS": ACCOUNT_ROOT}))

    answer = assume(endpoint, key)

    assert answer.text("AssumedRoleId") == f"{role.role_id}:work"
    session = account.sessions[answer.text("AccessKeyId")]
    arn = signed(endpoint, session).send().text("Arn")
    assert arn == answer.text("Arn") == "arn:aws:sts::123456789012:assumed-role/deploy/work"


@pytest.mark.parametrize("principal", ["*", {"AWS": "*"}, {"AWS": "123456789012"}, {"AWS": [ACCOUNT_ROOT]}], ids=str)
def test_a_trusted_account_lets_its_own_policies_decide(
    endpoint: Endpoint, account: Account, key: LongTermKey, principal: object
) -> None:
    add_role(account, trust(principal))
    assert assume(endpoint, key).status == 200

    account.groups["developers"].grants.attached.clear()
    answer = assume(endpoint, key)

    assert answer.status == 403
    assert answer.error == (
        "AccessDenied",
        f"{DENIED} because no identity-based policy allows the sts:AssumeRole action",
    )


def test_who_is_trusted_by_name_needs_no_policy(
    endpoint: Endpoint, account: Account, user: User, key: LongTermKey
) -> None:
    add_role(account, trust({"AWS": user.arn}))
    account.groups["developers"].grants.attached.clear()

    assert assume(endpoint, key).status == 200


@pytest.mark.parametrize("principal", [{"AWS": "210987654321"}, {"Service": "ec2.amazonaws.com"}], ids=str)
def test_who_is_not_trusted_gets_nothing(
    endpoint: Endpoint, account: Account, key: LongTermKey, principal: object
) -> None:
    add_role(account, trust(principal))

    assert assume(endpoint, key).error == ("AccessDenied", DENIED)


def test_a_role_that_is_not_there_looks_like_one_that_is_not_yours(endpoint: Endpoint, key: LongTermKey) -> None:
    assert assume(endpoint, key).error == ("AccessDenied", DENIED)


def test_a_denial_wins_over_trust(endpoint: Endpoint, account: Account, user: User, key: LongTermKey) -> None:
    add_role(account, trust({"AWS": user.arn}), trust("*", effect="Deny"))

    assert assume(endpoint, key).error == ("AccessDenied", DENIED)


def test_a_denial_of_the_callers_own_wins_over_trust(
    endpoint: Endpoint, account: Account, user: User, key: LongTermKey
) -> None:
    add_role(account, trust({"AWS": user.arn}))
    never = {**ANY_ROLE, "Effect": "Deny"}
    user.grants.inline["never"] = json.dumps({"Version": "2012-10-17", "Statement": never})

    assert assume(endpoint, key).error == (
        "AccessDenied",
        f"{DENIED} with an explicit deny in an identity-based policy",
    )


class TestTrustThatAsksForMFA:
    @pytest.fixture(autouse=True)
    def role(self, account: Account) -> Role:
        return add_role(account, trust({"AWS": ACCOUNT_ROOT}, condition=WITH_MFA))

    def test_a_long_term_key_alone_is_not_enough(self, endpoint: Endpoint, key: LongTermKey) -> None:
        assert assume(endpoint, key).error == ("AccessDenied", DENIED)

    def test_nor_is_a_session_without_mfa(self, endpoint: Endpoint, account: Account, user: User) -> None:
        assert assume(endpoint, session_of(account, user, mfa=False)).status == 403

    def test_a_session_with_mfa_is(self, endpoint: Endpoint, account: Account, user: User) -> None:
        assert assume(endpoint, session_of(account, user, mfa=True)).status == 200

    def test_so_is_a_code_in_the_call_itself(self, endpoint: Endpoint, key: LongTermKey, phone: VirtualDevice) -> None:
        answer = assume(endpoint, key, SerialNumber=phone.serial_number, TokenCode=phone.code())

        assert answer.status == 200

    def test_a_wrong_code_in_the_call_is_told_as_such(
        self, endpoint: Endpoint, key: LongTermKey, phone: VirtualDevice
    ) -> None:
        used = {"SerialNumber": phone.serial_number, "TokenCode": phone.code()}
        assume(endpoint, key, **used)

        assert assume(endpoint, key, **used).error == (
            "AccessDenied",
            "MultiFactorAuthentication failed with invalid MFA one time pass code. ",
        )

    def test_the_session_of_the_role_itself_has_no_mfa_to_show(
        self, endpoint: Endpoint, account: Account, user: User, role: Role
    ) -> None:
        add_role(account, trust({"AWS": role.arn}, condition=WITH_MFA), name="next")
        given = assume(endpoint, session_of(account, user, mfa=True))
        session = account.sessions[given.text("AccessKeyId")]

        assert assume(endpoint, session, "next").status == 403
        assert endpoint.journal[-1].mfa is None


class TestTrustThatAsksForAnExternalID:
    @pytest.fixture(autouse=True)
    def role(self, account: Account) -> Role:
        condition = {"StringEquals": {"sts:ExternalId": "their:id"}}
        return add_role(account, trust({"AWS": ACCOUNT_ROOT}, condition=condition))

    def test_who_knows_it_may_take_the_role(self, endpoint: Endpoint, key: LongTermKey) -> None:
        assert assume(endpoint, key, ExternalId="their:id").status == 200

    @pytest.mark.parametrize("more", [{}, {"ExternalId": "another"}], ids=str)
    def test_who_does_not_is_not_told_why(self, endpoint: Endpoint, key: LongTermKey, more: dict[str, str]) -> None:
        assert assume(endpoint, key, **more).error == ("AccessDenied", DENIED)


def test_trust_may_ask_for_a_name_of_the_session(endpoint: Endpoint, account: Account, key: LongTermKey) -> None:
    mine = {"StringEquals": {"sts:RoleSessionName": "${aws:username}"}}
    add_role(account, trust({"AWS": ACCOUNT_ROOT}, condition=mine))

    assert assume(endpoint, key).status == 403
    assert assume(endpoint, key, RoleSessionName="test-user").status == 200


class TestDuration:
    @pytest.fixture(autouse=True)
    def role(self, account: Account) -> Role:
        return add_role(account, trust({"AWS": ACCOUNT_ROOT}))

    def test_it_is_an_hour_if_nothing_was_asked(self, endpoint: Endpoint, key: LongTermKey) -> None:
        assert moment(assume(endpoint, key).text("Expiration")) == NOON + timedelta(hours=1)

    def test_a_role_has_a_limit_of_its_own(self, endpoint: Endpoint, key: LongTermKey, role: Role) -> None:
        assert assume(endpoint, key, DurationSeconds="3601").error == (
            "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        )

        role.longest_session = timedelta(hours=12)
        assert assume(endpoint, key, DurationSeconds="43200").status == 200

    @pytest.mark.parametrize("seconds", ["899", "43201"])
    def test_no_role_lasts_shorter_or_longer_than_aws_gives(
        self, endpoint: Endpoint, key: LongTermKey, seconds: str
    ) -> None:
        assert assume(endpoint, key, DurationSeconds=seconds).error[0] == "ValidationError"

    def test_from_a_session_it_is_an_hour_at_most(
        self, endpoint: Endpoint, account: Account, user: User, role: Role
    ) -> None:
        role.longest_session = timedelta(hours=12)
        session = session_of(account, user, mfa=True)

        assert assume(endpoint, session, DurationSeconds="3600").status == 200
        assert assume(endpoint, session, DurationSeconds="3601").error == (
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        )


def test_root_takes_no_role(endpoint: Endpoint, account: Account) -> None:
    add_role(account, trust("*"))

    assert assume(endpoint, account.add_access_key(None)).error == (
        "AccessDenied",
        "Roles may not be assumed by root accounts.",
    )


def test_a_role_session_has_the_policies_of_the_role(endpoint: Endpoint, account: Account, key: LongTermKey) -> None:
    role = add_role(account, trust({"AWS": ACCOUNT_ROOT}))
    session = account.sessions[assume(endpoint, key).text("AccessKeyId")]
    asked = {"UserName": "test-user"}
    assert signed(endpoint, session, "ListAccessKeys", asked, service="iam").send().status == 403

    reading = {"Effect": "Allow", "Action": "iam:List*", "Resource": "*"}
    role.grants.inline["reading"] = json.dumps({"Version": "2012-10-17", "Statement": reading})

    assert signed(endpoint, session, "ListAccessKeys", asked, service="iam").send().status == 200


def test_a_role_session_has_to_name_the_user(endpoint: Endpoint, account: Account) -> None:
    role = add_role(account, trust({"AWS": ACCOUNT_ROOT}))
    session = session_of_role(account, role)

    assert signed(endpoint, session, "ListAccessKeys", service="iam").send().error == (
        "ValidationError",
        "Must specify userName when calling with non-User credentials",
    )


def test_a_role_session_gets_no_session(endpoint: Endpoint, account: Account) -> None:
    session = session_of_role(account, add_role(account, trust({"AWS": ACCOUNT_ROOT})))

    assert signed(endpoint, session, "GetSessionToken").send().error == (
        "AccessDenied",
        "Cannot call GetSessionToken with session credentials",
    )


def session_of_role(account: Account, role: Role) -> Session:
    return account.begin_session(account.identity_of_role(role, "work"), timedelta(hours=1))
