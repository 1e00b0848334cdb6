"""What `policy apply` looks at before it changes anything, and what it says when it cannot go on."""

import os
from collections.abc import Iterator
from datetime import timedelta

import pytest

from mfa_session.aws.endpoints import Endpoints
from mfa_session.aws.iam import IAM
from mfa_session.aws.transport import Transport
from mfa_session.errors import LimitExceededError, LockOutError
from mfa_session.local_aws.account import Account, Group
from mfa_session.local_aws.fixtures import demo_account
from mfa_session.model.caller_identity import CallerIdentity
from mfa_session.model.credentials import SessionCredentials
from mfa_session.policies.apply import Plan, carry_out, check_that_all_have_devices, plan_enforcement
from mfa_session.policies.templates import safe_policy
from tests.faults import Endpoint

NAME = "MFAEnforcePolicy"
ARN = f"arn:aws:iam::123456789012:policy/{NAME}"
SAFE = safe_policy().document
CALLER = CallerIdentity("arn:aws:iam::123456789012:user/test-user")
EVERYTHING = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'


@pytest.fixture
def account() -> Account:
    account = demo_account()
    account.users["test-user"].grants.inline["everything"] = EVERYTHING
    return account


@pytest.fixture
def staff(account: Account) -> Group:
    return account.add_group("staff")


@pytest.fixture
def session(account: Account) -> SessionCredentials:
    user = account.identity_of(account.users["test-user"])
    given = account.begin_session(user, timedelta(hours=1), mfa_at=account.now())
    return SessionCredentials(given.access_key_id, given.secret_access_key, given.session_token, given.expiration)


@pytest.fixture
def iam(account: Account, monkeypatch: pytest.MonkeyPatch) -> Iterator[IAM]:
    for name in os.environ:
        if name.startswith("AWS_") or name.lower().endswith(("_proxy", "_ca_bundle")):
            monkeypatch.delenv(name)
    with Endpoint(account) as endpoint:
        yield IAM(Transport(Endpoints(iam_url=endpoint.url)))


def plan(iam: IAM, session: SessionCredentials) -> Plan:
    return plan_enforcement("staff", NAME, SAFE, caller=CALLER, session=session, iam=iam)


def test_a_plan_changes_nothing(iam: IAM, account: Account, staff: Group, session: SessionCredentials) -> None:
    plan(iam, session)

    assert (ARN in account.managed_policies, staff.grants.attached) == (False, [])


def test_what_was_carried_out_is_in_force(iam: IAM, staff: Group, session: SessionCredentials) -> None:
    carry_out(plan(iam, session), session=session, iam=iam)

    done = plan(iam, session)
    assert (done.is_in_force, done.steps, done.diff) == (True, [], [])


def test_the_same_policy_laid_out_in_another_way_is_the_same(
    iam: IAM, account: Account, staff: Group, session: SessionCredentials
) -> None:
    staff.grants.attached.append(account.add_managed_policy(NAME, "".join(SAFE.split())).arn)

    assert plan(iam, session).is_in_force


def test_a_policy_of_aws_with_the_same_name_is_another(
    iam: IAM, account: Account, staff: Group, session: SessionCredentials
) -> None:
    theirs = account.add_managed_policy(NAME, SAFE)
    del account.managed_policies[ARN]
    theirs.arn = f"arn:aws:iam::aws:policy/{NAME}"
    account.managed_policies[theirs.arn] = theirs
    staff.grants.attached.append(theirs.arn)

    planned = plan(iam, session)

    assert (planned.arn, planned.present, planned.is_attached) == (ARN, None, False)


def fill(account: Account, group: Group) -> None:
    group.grants.attached += [account.add_managed_policy(f"p{number}", SAFE).arn for number in range(10)]


def test_a_group_that_is_full_is_told_before_anything_is_done(
    iam: IAM, account: Account, staff: Group, session: SessionCredentials
) -> None:
    fill(account, staff)

    with pytest.raises(LimitExceededError, match="group staff has 10 policies already"):
        plan(iam, session)

    assert ARN not in account.managed_policies


def test_a_group_that_is_full_leaves_a_policy_that_is_not_attached_and_says_so(
    iam: IAM, account: Account, staff: Group, session: SessionCredentials
) -> None:
    planned = plan(iam, session)
    fill(account, staff)

    with pytest.raises(LimitExceededError, match=f"policy {ARN} is there now, but not attached to group staff"):
        carry_out(planned, session=session, iam=iam)


def test_so_many_users_without_a_device_are_counted_as_a_person_can_read(
    iam: IAM, account: Account, staff: Group, session: SessionCredentials
) -> None:
    staff.members += [account.add_user(f"user{number:02}").name for number in range(23)]

    with pytest.raises(LockOutError, match=r"^23 users of group staff .*: user00, .*, user19 and 3 more(?m:$)"):
        check_that_all_have_devices(plan(iam, session))


def test_an_empty_group_locks_no_user_out(iam: IAM, staff: Group, session: SessionCredentials) -> None:
    check_that_all_have_devices(plan(iam, session))
