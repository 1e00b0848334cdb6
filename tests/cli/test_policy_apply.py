"""`policy apply`, as an administrator runs it: the installed program, a real terminal, and a strict local AWS."""

import json
from typing import Any

import pytest

from mfa_session.local_aws.account import Group
from mfa_session.policies.templates import article_policy, safe_policy
from tests.machine import AWS_CLI, Machine

NAME = "MFAEnforcePolicy"
ARN = f"arn:aws:iam::123456789012:policy/{NAME}"
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
APPLY = ("policy", "apply", "--group", "staff", "--profile", "test-user")


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@pytest.fixture
def staff(admin: Machine) -> Group:
    """A group of two users with devices, which nothing binds yet."""
    users = [admin.account.add_user("ann"), admin.account.add_user("ben", path="/eng/")]
    for user in users:
        admin.account.add_device(user, f"{user.name}-phone")
    return admin.account.add_group("staff", *users)


def test_a_policy_that_is_not_there_is_created_and_attached(admin: Machine, staff: Group) -> None:
    result = admin.run(*APPLY, "--yes")

    assert (result.returncode, result.stdout) == (0, "")
    assert f"policy {ARN} is in force for group staff" in result.stderr
    assert staff.grants.attached == [ARN]
    assert json.loads(admin.account.managed_policies[ARN].in_force.document) == json.loads(safe_policy().document)


def test_it_is_all_done_with_the_mfa_session(admin: Machine, staff: Group) -> None:
    admin.run(*APPLY, "--yes")

    assert {call.mfa for call in admin.endpoint.journal} == {True}


def test_what_is_so_already_is_left_alone(admin: Machine, staff: Group) -> None:
    admin.run(*APPLY, "--yes")
    admin.endpoint.journal.clear()

    result = admin.run(*APPLY)

    assert result.returncode == 0
    assert "is in force for group staff as it is" in result.stderr
    assert {call.action[:3] for call in admin.endpoint.journal} == {"Get", "Lis"}


def test_a_policy_that_says_something_else_gets_a_new_version_and_never_a_sixth(admin: Machine, staff: Group) -> None:
    policy = admin.account.add_managed_policy(NAME, article_policy().document)
    for _ in range(4):
        policy.add_version(document(EVERYTHING), admin.account.now())

    result = admin.run(*APPLY, "--yes", "--max-mfa-age", "12h")

    assert result.returncode == 0
    assert [version.version_id for version in policy.versions] == ["v1", "v3", "v4", "v5", "v6"]
    assert "DenyAllExceptListedIfMFAIsOld" in policy.in_force.document
    assert staff.grants.attached == [ARN]


def test_a_policy_under_a_path_is_the_one_that_the_group_has(admin: Machine, staff: Group) -> None:
    policy = admin.account.add_managed_policy(NAME, article_policy().document, path="/security/")
    staff.grants.attached.append(policy.arn)

    assert admin.run(*APPLY, "--yes").returncode == 0
    assert json.loads(policy.in_force.document) == json.loads(safe_policy().document)
    assert staff.grants.attached == [policy.arn]


def test_a_name_that_is_taken_under_another_path_is_told(admin: Machine, staff: Group) -> None:
    admin.account.add_managed_policy(NAME, article_policy().document, path="/security/")

    result = admin.run(*APPLY, "--yes")

    assert result.returncode == 254
    assert f"there is a policy {NAME} under another path already" in result.stderr
    assert staff.grants.attached == []


def test_a_dry_run_shows_the_change_and_makes_none(admin: Machine, staff: Group) -> None:
    policy = admin.account.add_managed_policy(NAME, article_policy().document)
    admin.account.add_group("others").grants.attached.append(policy.arn)
    admin.account.users["ann"].devices.clear()

    result = admin.run(*APPLY, "--dry-run")

    assert result.returncode == 0
    assert '-        "iam:ChangePassword",' in result.stdout.splitlines()
    assert '+      "Sid": "AllowManageOwnAccessKeys",' in result.stdout.splitlines()
    assert result.stderr.splitlines() == [
        f"mfa-session: would put a new version of policy {NAME} in force, also for 1 other that it is attached to",
        f"mfa-session: would attach policy {NAME} to group staff (2 users)",
        "mfa-session: without an MFA device that shows codes: ann",
    ]
    assert (len(policy.versions), staff.grants.attached) == (1, [])


def test_nothing_is_changed_unasked_where_nobody_can_be_asked(admin: Machine, staff: Group) -> None:
    result = admin.run(*APPLY)

    assert result.returncode == 255
    assert "--dry-run" in result.stderr
    assert staff.grants.attached == []


@pytest.mark.parametrize(("answer", "code", "attached"), [("y", 0, [ARN]), ("n", 130, []), ("", 130, [])])
def test_the_change_is_shown_and_asked_about(
    admin: Machine, staff: Group, answer: str, code: int, attached: list[str]
) -> None:
    with admin.terminal() as terminal:
        program = admin.start(terminal, *APPLY)
        terminal.expect('+      "Sid": "DenyAllExceptListedIfNoMFA"')
        terminal.expect(f"This would attach policy {NAME} to group staff (2 users).")
        terminal.expect("Do it? [y/N]")
        terminal.type(f"{answer}\n")

        assert program.wait() == code
    assert staff.grants.attached == attached


def test_users_without_a_device_are_named_and_nothing_is_done(admin: Machine, staff: Group) -> None:
    admin.account.users["ann"].devices.clear()
    admin.account.users["ben"].devices.clear()
    admin.account.add_security_key(admin.account.users["ben"], "yubikey")

    result = admin.run(*APPLY)

    assert result.returncode == 255
    assert "2 users of group staff would be denied all" in result.stderr
    assert "ann, ben" in result.stderr
    assert "--yes" in result.stderr
    assert staff.grants.attached == []


def test_who_insists_binds_them_all_the_same(admin: Machine, staff: Group) -> None:
    admin.account.users["ann"].devices.clear()

    result = admin.run(*APPLY, "--yes")

    assert result.returncode == 0
    assert "without an MFA device that shows codes: ann" in result.stderr
    assert staff.grants.attached == [ARN]


@pytest.mark.parametrize("option", ["--yes", "--dry-run"])
def test_a_caller_in_the_group_without_a_device_is_not_locked_out(admin: Machine, staff: Group, option: str) -> None:
    staff.members.append("test-user")
    admin.user.devices.clear()

    result = admin.run(*APPLY, option)

    assert result.returncode == 255
    assert "you (test-user) are in group staff" in result.stderr
    assert staff.grants.attached == []


def test_a_caller_without_a_session_is_asked_for_a_code_first(machine: Machine) -> None:
    machine.lay_down_the_key()

    result = machine.run("policy", "apply", "--group", "developers", "--profile", "test-user", "--yes")

    assert result.returncode == 255
    assert "mfa-session login --profile test-user" in result.stderr


def test_a_session_that_aws_has_ended_changes_nothing(admin: Machine, staff: Group) -> None:
    admin.account.end_sessions()

    result = admin.run(*APPLY, "--yes")

    assert (result.returncode, staff.grants.attached) == (254, [])
    assert "mfa-session login" in result.stderr


@pytest.mark.parametrize(
    ("action", "is_created"),
    [
        ("GetGroup", False),
        ("ListMFADevices", False),
        ("ListAttachedGroupPolicies", False),
        ("GetPolicy", False),
        ("CreatePolicy", False),
        ("AttachGroupPolicy", True),
    ],
)
def test_each_missing_permission_is_named(admin: Machine, staff: Group, action: str, is_created: bool) -> None:
    deny = {"Effect": "Deny", "Action": f"iam:{action}", "Resource": "*"}
    admin.user.grants.inline["but"] = document(deny)

    result = admin.run(*APPLY, "--yes")

    assert result.returncode == 254
    assert f"AWS does not allow iam:{action}, " in result.stderr
    assert (ARN in admin.account.managed_policies) == is_created
    assert (f"policy {ARN} is there now, but not attached to group staff" in result.stderr) == is_created


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--group", "nobody"), "nobody"),
        (("--group", "staff", "--name", "two words"), "two words is no name of a policy"),
        (("--group", "staff", "--name", "a/b"), "a/b is no name of a policy"),
    ],
)
def test_a_name_that_cannot_be_is_told(admin: Machine, staff: Group, options: tuple[str, ...], complaint: str) -> None:
    result = admin.run("policy", "apply", *options, "--profile", "test-user", "--yes")

    assert result.returncode in (2, 254)
    assert complaint in result.stderr


def test_a_group_is_bound_from_the_moment_on(admin: Machine) -> None:
    developers = admin.account.groups["developers"]
    developers.grants.attached.clear()
    list_keys = ("iam", "list-access-keys", "--region", "us-east-1", "--output", "text", "--profile")
    before = admin.run_program(AWS_CLI, *list_keys, "test-user")

    applied = admin.run("policy", "apply", "--group", "developers", "--profile", "test-user", "--yes")

    with_key = admin.run_program(AWS_CLI, *list_keys, "test-user")
    with_mfa = admin.run_program(AWS_CLI, *list_keys, "test-user-mfa")
    assert (before.returncode, applied.returncode, with_mfa.returncode) == (0, 0, 0)
    assert "(AccessDenied)" in with_key.stderr
    assert "explicit deny" in with_key.stderr
