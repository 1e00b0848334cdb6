"""AssumeRole, asked of a strict local AWS."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mfa_session.aws.iam import IAM
from mfa_session.aws.sts import STS
from mfa_session.errors import (
    AccessDeniedError,
    DurationRefusedError,
    ExpiredSessionError,
    MFADeviceRefusedError,
    ReplyLostError,
    TokenCodeRefusedError,
)
from mfa_session.local_aws import account as demo
from mfa_session.local_aws.account import Account
from mfa_session.model.credentials import AccessKey, SessionCredentials
from mfa_session.model.mfa_device import MFADevice, TokenCode
from mfa_session.model.role import Role
from tests.faults import DropReply, Endpoint

HOUR = timedelta(hours=1)
DEPLOY = Role("arn:aws:iam::123456789012:role/deploy", "work")
TRUST = {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"}
WITH_MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


def policy(statement: Mapping[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


@pytest.fixture
def role(account: Account) -> demo.Role:
    """Return a role that every user of the account may take, with MFA."""
    may = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
    account.users["test-user"].grants.inline["roles"] = policy(may)
    return account.add_role("deploy", policy({**TRUST, "Condition": WITH_MFA}))


@pytest.fixture
def session(sts: STS, key: AccessKey, device: MFADevice, code: Callable[[], TokenCode]) -> SessionCredentials:
    return sts.get_session_token(key, device, code(), 12 * HOUR)


@pytest.mark.usefixtures("role")
def test_a_session_with_mfa_takes_a_role(sts: STS, session: SessionCredentials) -> None:
    taken = sts.assume_role(session, DEPLOY, HOUR)

    assert sts.get_caller_identity(taken).arn == "arn:aws:sts::123456789012:assumed-role/deploy/work"
    assert timedelta(minutes=59) < taken.expiration - datetime.now(UTC) <= HOUR


def test_an_external_id_is_told(sts: STS, session: SessionCredentials, role: demo.Role) -> None:
    role.trust_policy = policy({**TRUST, "Condition": {"StringEquals": {"sts:ExternalId": "their:id"}}})

    taken = sts.assume_role(session, replace(DEPLOY, external_id="their:id"), HOUR)

    assert taken.access_key_id.startswith("ASIA")
    with pytest.raises(AccessDeniedError):
        sts.assume_role(session, DEPLOY, HOUR)


def test_a_role_that_is_denied_is_named_with_what_to_look_at(sts: STS, iam: IAM, session: SessionCredentials) -> None:
    with pytest.raises(AccessDeniedError) as caught:
        sts.assume_role(session, DEPLOY, HOUR)

    assert str(caught.value) == "AWS does not let you assume the role arn:aws:iam::123456789012:role/deploy"
    assert "external_id" in caught.value.hint


def test_a_policy_of_ones_own_that_denies_it_is_told(
    sts: STS, account: Account, session: SessionCredentials, role: demo.Role
) -> None:
    never = {"Effect": "Deny", "Action": "sts:AssumeRole", "Resource": role.arn}
    account.users["test-user"].grants.inline["never"] = policy(never)

    with pytest.raises(AccessDeniedError, match=r"with an explicit deny in an identity-based policy(?m:$)"):
        sts.assume_role(session, DEPLOY, HOUR)


@pytest.mark.parametrize("of_the_role", [HOUR, 12 * HOUR], ids=["the role's own limit", "the limit of a session"])
def test_a_role_is_not_given_for_longer_than_there_is(
    sts: STS, session: SessionCredentials, role: demo.Role, of_the_role: timedelta
) -> None:
    role.longest_session = of_the_role

    with pytest.raises(DurationRefusedError, match="1 hour session limit") as caught:
        sts.assume_role(session, DEPLOY, 2 * HOUR)

    assert "duration_seconds" in caught.value.hint


@pytest.mark.usefixtures("role")
def test_a_session_that_is_over_takes_no_role(sts: STS, account: Account, session: SessionCredentials) -> None:
    account.end_sessions()

    with pytest.raises(ExpiredSessionError):
        sts.assume_role(session, DEPLOY, HOUR)


@pytest.mark.usefixtures("role")
def test_a_lost_answer_is_asked_for_again_where_no_code_is_in_it(
    sts: STS, endpoint: Endpoint, session: SessionCredentials
) -> None:
    endpoint.faults.add("AssumeRole", DropReply())

    assert sts.assume_role(session, DEPLOY, HOUR).expiration > datetime.now(UTC)


class TestWithACode:
    @pytest.fixture(autouse=True)
    def long(self, role: demo.Role) -> None:
        role.longest_session = 12 * HOUR

    def test_the_role_may_be_taken_for_longer(
        self, sts: STS, key: AccessKey, device: MFADevice, code: Callable[[], TokenCode]
    ) -> None:
        taken = sts.assume_role_with_code(key, DEPLOY, device, code(), 12 * HOUR)

        assert 11 * HOUR < taken.expiration - datetime.now(UTC) <= 12 * HOUR

    def test_one_that_was_used_is_refused(
        self, sts: STS, key: AccessKey, device: MFADevice, code: Callable[[], TokenCode]
    ) -> None:
        used = code()
        sts.assume_role_with_code(key, DEPLOY, device, used, HOUR)

        with pytest.raises(TokenCodeRefusedError):
            sts.assume_role_with_code(key, DEPLOY, device, used, HOUR)

    def test_the_device_of_somebody_else_is_refused(self, sts: STS, account: Account, key: AccessKey) -> None:
        theirs = account.add_device(account.add_user("bob"), "bob-phone")

        with pytest.raises(MFADeviceRefusedError):
            sts.assume_role_with_code(key, DEPLOY, MFADevice(theirs.serial_number), TokenCode(theirs.code()), HOUR)

    def test_a_lost_answer_may_have_used_it_and_is_not_asked_for_again(
        self, sts: STS, endpoint: Endpoint, key: AccessKey, device: MFADevice, code: Callable[[], TokenCode]
    ) -> None:
        endpoint.faults.add("AssumeRole", DropReply())

        with pytest.raises(ReplyLostError, match="the MFA code may have been used"):
            sts.assume_role_with_code(key, DEPLOY, device, code(), HOUR)

        assert [call.action for call in endpoint.journal] == ["AssumeRole"]

    def test_the_roles_own_limit_holds(
        self, sts: STS, key: AccessKey, device: MFADevice, code: Callable[[], TokenCode], role: demo.Role
    ) -> None:
        role.longest_session = HOUR

        with pytest.raises(DurationRefusedError, match="MaxSessionDuration set for this role"):
            sts.assume_role_with_code(key, DEPLOY, device, code(), 2 * HOUR)
