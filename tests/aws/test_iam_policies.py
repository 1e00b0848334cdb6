"""Policies, and whom they bind, asked of a strict local AWS with the MFA session of an administrator."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from mfa_session.aws.endpoints import Endpoints
from mfa_session.aws.iam import IAM
from mfa_session.aws.transport import Transport
from mfa_session.errors import (
    AccessDeniedError,
    AWSAnswerError,
    EntityAlreadyExistsError,
    ExpiredSessionError,
    LimitExceededError,
    NoSuchEntityError,
)
from mfa_session.local_aws.account import Account, Group, User
from mfa_session.model.credentials import SessionCredentials
from mfa_session.policies.templates import article_policy, safe_policy
from tests.aws.raw_server import answering, serving

ENFORCING = "arn:aws:iam::123456789012:policy/enforce-mfa"
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
SAFE = safe_policy().document


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@pytest.fixture
def admin(account: Account) -> User:
    admin = account.add_user("admin")
    admin.grants.inline["everything"] = document(EVERYTHING)
    account.add_device(admin, "admin")
    return admin


@pytest.fixture
def session(account: Account, admin: User) -> SessionCredentials:
    given = account.begin_session(account.identity_of(admin), timedelta(hours=1), mfa_at=account.now())
    return SessionCredentials(given.access_key_id, given.secret_access_key, given.session_token, given.expiration)


@pytest.fixture
def group(account: Account) -> Group:
    return account.groups["developers"]


def test_a_user_is_found_with_the_path(iam: IAM, account: Account, session: SessionCredentials) -> None:
    account.add_user("carol", path="/eng/emea/")

    assert iam.get_user(session, "carol").arn == "arn:aws:iam::123456789012:user/eng/emea/carol"


def test_all_members_of_a_group_are_named_page_by_page(
    iam: IAM, account: Account, session: SessionCredentials, group: Group
) -> None:
    account.page_size = 2
    group.members += [account.add_user(name).name for name in ("ann", "ben", "cyd")]

    assert iam.get_group(session, "developers") == ["test-user", "ann", "ben", "cyd"]


def test_the_devices_of_another_are_not_ones_own(iam: IAM, account: Account, session: SessionCredentials) -> None:
    account.add_user("ann")

    assert [device.name for device in iam.list_mfa_devices_of(session, "test-user")] == ["test-user-phone"]
    assert iam.list_mfa_devices_of(session, "ann") == []


def test_every_policy_of_a_group_is_told_by_name_or_arn(
    iam: IAM, account: Account, session: SessionCredentials, group: Group
) -> None:
    account.page_size = 1
    group.grants.inline["more"] = document(EVERYTHING)

    assert iam.policies_of_group(session, "developers") == {
        "work of group developers": group.grants.inline["work"],
        "more of group developers": document(EVERYTHING),
        ENFORCING: article_policy().document,
    }


def test_the_policies_of_a_user_are_the_own_ones_and_those_of_every_group(
    iam: IAM, account: Account, user: User, session: SessionCredentials
) -> None:
    user.grants.inline["own"] = document(EVERYTHING)
    attached = account.add_managed_policy("attached", SAFE)
    user.grants.attached.append(attached.arn)
    account.add_group("others", user).grants.inline["theirs"] = document(EVERYTHING)

    found = iam.policies_of_user(session, "test-user")

    assert list(found) == [
        "own of user test-user",
        attached.arn,
        "work of group developers",
        ENFORCING,
        "theirs of group others",
    ]


def test_a_document_comes_as_it_was_written(iam: IAM, account: Account, session: SessionCredentials) -> None:
    text = document({**EVERYTHING, "Resource": "arn:aws:s3:::a b+c%20d/é&<>*"})
    arn = account.add_managed_policy("strange", text).arn

    assert iam.managed_policy(session, arn) == (text, 0)


def test_it_is_told_to_how_many_a_policy_is_attached(iam: IAM, account: Account, session: SessionCredentials) -> None:
    account.add_group("others").grants.attached.append(ENFORCING)

    assert iam.managed_policy(session, ENFORCING) == (article_policy().document, 2)


def test_a_policy_that_is_not_there_is_none(iam: IAM, session: SessionCredentials) -> None:
    assert iam.managed_policy(session, "arn:aws:iam::123456789012:policy/nothing") is None


def test_a_policy_is_created_and_attached(iam: IAM, session: SessionCredentials, group: Group) -> None:
    arn = iam.create_policy(session, "MFAEnforcePolicy", SAFE)
    iam.attach_group_policy(session, "developers", arn)
    iam.attach_group_policy(session, "developers", arn)

    assert iam.managed_policy(session, arn) == (SAFE, 1)
    assert iam.list_attached_group_policies(session, "developers") == {
        "enforce-mfa": ENFORCING,
        "MFAEnforcePolicy": arn,
    }


def replace_policy(iam: IAM, session: SessionCredentials) -> None:
    if spare := iam.version_to_delete(session, ENFORCING):
        iam.delete_policy_version(session, ENFORCING, spare[0])
    iam.create_policy_version(session, ENFORCING, SAFE)


def test_a_new_version_is_in_force_at_once_and_there_are_never_more_than_five(
    iam: IAM, account: Account, session: SessionCredentials
) -> None:
    policy = account.managed_policies[ENFORCING]
    first = policy.in_force

    for _ in range(6):
        replace_policy(iam, session)

    assert [version.version_id for version in policy.versions] == ["v3", "v4", "v5", "v6", "v7"]
    assert policy.in_force is policy.versions[-1]
    assert first not in policy.versions


def test_the_version_in_force_is_not_the_one_to_go(iam: IAM, account: Account, session: SessionCredentials) -> None:
    policy = account.managed_policies[ENFORCING]
    for _ in range(4):
        policy.add_version(SAFE, account.now())

    replace_policy(iam, session)

    assert [version.version_id for version in policy.versions] == ["v1", "v3", "v4", "v5", "v6"]


def test_a_name_that_is_taken_is_told(iam: IAM, session: SessionCredentials) -> None:
    with pytest.raises(EntityAlreadyExistsError, match="A policy called enforce-mfa already exists"):
        iam.create_policy(session, "enforce-mfa", SAFE)


def test_a_group_that_is_full_is_told(iam: IAM, account: Account, session: SessionCredentials, group: Group) -> None:
    for number in range(9):
        group.grants.attached.append(account.add_managed_policy(f"p{number}", SAFE).arn)
    arn = iam.create_policy(session, "one-too-many", SAFE)

    with pytest.raises(LimitExceededError, match="PoliciesPerGroup"):
        iam.attach_group_policy(session, "developers", arn)


@pytest.mark.parametrize(
    "ask",
    [
        lambda iam, session: iam.get_user(session, "nobody"),
        lambda iam, session: iam.get_group(session, "nobody"),
        lambda iam, session: iam.list_mfa_devices_of(session, "nobody"),
        lambda iam, session: iam.policies_of_user(session, "nobody"),
        lambda iam, session: iam.policies_of_group(session, "nobody"),
        lambda iam, session: iam.attach_group_policy(session, "developers", "arn:aws:iam::123456789012:policy/nobody"),
    ],
)
def test_a_name_that_nothing_has_is_told(
    iam: IAM, session: SessionCredentials, ask: Callable[[IAM, SessionCredentials], object]
) -> None:
    with pytest.raises(NoSuchEntityError, match="nobody"):
        ask(iam, session)


def replace_often(iam: IAM, session: SessionCredentials) -> None:
    for _ in range(5):
        replace_policy(iam, session)


# What each question needs; the administrator lacks one at a time.
QUESTIONS: list[tuple[Callable[[IAM, SessionCredentials], object], list[str]]] = [
    (lambda iam, session: iam.get_user(session, "test-user"), ["GetUser"]),
    (lambda iam, session: iam.get_group(session, "developers"), ["GetGroup"]),
    (lambda iam, session: iam.list_mfa_devices_of(session, "test-user"), ["ListMFADevices"]),
    (
        lambda iam, session: iam.policies_of_user(session, "test-user"),
        ["ListUserPolicies", "ListAttachedUserPolicies", "ListGroupsForUser"],
    ),
    (
        lambda iam, session: iam.policies_of_group(session, "developers"),
        ["ListGroupPolicies", "GetGroupPolicy", "ListAttachedGroupPolicies", "GetPolicy", "GetPolicyVersion"],
    ),
    (lambda iam, session: iam.create_policy(session, "new", SAFE), ["CreatePolicy"]),
    (
        replace_often,
        ["ListPolicyVersions", "CreatePolicyVersion", "DeletePolicyVersion"],
    ),
    (lambda iam, session: iam.attach_group_policy(session, "developers", ENFORCING), ["AttachGroupPolicy"]),
]


@pytest.mark.parametrize(("ask", "action"), [(ask, action) for ask, actions in QUESTIONS for action in actions])
def test_each_missing_permission_is_named(
    iam: IAM, admin: User, session: SessionCredentials, ask: Callable[[IAM, SessionCredentials], object], action: str
) -> None:
    admin.grants.inline["but"] = document({"Effect": "Deny", "Action": f"iam:{action}", "Resource": "*"})

    with pytest.raises(AccessDeniedError, match=f"^AWS does not allow iam:{action},"):
        ask(iam, session)


def test_a_session_without_mfa_asks_in_vain(iam: IAM, account: Account, admin: User) -> None:
    given = account.begin_session(account.identity_of(admin), timedelta(hours=1))
    session = SessionCredentials(given.access_key_id, given.secret_access_key, given.session_token, given.expiration)

    with pytest.raises(ExpiredSessionError, match="without MFA"):
        iam.get_group(session, "developers")


@pytest.mark.parametrize(
    ("operation", "fields", "ask"),
    [
        (
            "ListGroupPolicies",
            "<PolicyNames><member><Name>x</Name></member></PolicyNames>",
            lambda iam, session: iam.policies_of_group(session, "developers"),
        ),
        (
            "ListGroupPolicies",
            "<PolicyNames>x</PolicyNames>",
            lambda iam, session: iam.policies_of_group(session, "developers"),
        ),
        ("GetUser", "<User><Arn>alice</Arn></User>", lambda iam, session: iam.get_user(session, "alice")),
        (
            "ListPolicyVersions",
            "<Versions>" + "<member><VersionId>vX</VersionId></member>" * 5 + "</Versions>",
            lambda iam, session: replace_policy(iam, session),
        ),
    ],
)
def test_an_answer_that_is_not_from_aws_is_refused(
    operation: str, fields: str, ask: Callable[[IAM, SessionCredentials], object], session: SessionCredentials
) -> None:
    body = f"<{operation}Response><{operation}Result>{fields}</{operation}Result></{operation}Response>"
    with serving(answering(body.encode())) as server:
        iam = IAM(Transport(Endpoints(iam_url=server.url)))

        with pytest.raises(AWSAnswerError):
            ask(iam, session)


def test_a_document_that_is_no_json_is_refused(iam: IAM, account: Account, session: SessionCredentials) -> None:
    policy = account.add_managed_policy("broken", SAFE)
    policy.in_force = policy.add_version("{", account.now())

    with pytest.raises(AWSAnswerError, match="its Document is no JSON"):
        iam.managed_policy(session, policy.arn)
