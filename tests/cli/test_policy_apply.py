"""`policy apply`, as an administrator runs it: the installed program, a real terminal, and a strict local AWS."""

import json
from typing import Any

import pytest

from mfa_session.local_aws.account import Group
from mfa_session.policies.templates import Shape, article_policy, safe_policy
from tests.machine import AWS_CLI, Machine

NAME = "MFAEnforcePolicy"
ARN = f"arn:aws:iam::123456789012:policy/{NAME}"
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
LET_THEM_ADD = (
    "let them add one first: mfa-session policy apply --profile test-user --group staff --self-service-only, then "
    "mfa-session policy users --profile test-user --group staff; to do it anyway: --allow-lock-out"
)
APPLY = ("policy", "apply", "--group", "staff", "--profile", "test-user")


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def test_a_policy_that_is_not_there_is_created_and_attached(admin: Machine, staff: Group) -> None:
    result = admin.run(*APPLY, "--yes")

    assert (result.returncode, result.stdout) == (0, "")
    assert f"policy {ARN} is attached to group staff" in result.stderr
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
    assert f"no changes: {NAME} is already attached to staff" in result.stderr
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
        f"mfa-session: would create a new version of policy {NAME}, also for group others",
        f"mfa-session: would attach policy {NAME} to group staff (2 users)",
        "mfa-session: without an MFA device that shows codes: ann",
        "mfa-session: would refuse: 1 user of group staff would be denied all but adding an MFA device, "
        "having none that shows codes: ann",
        f"mfa-session: hint: {LET_THEM_ADD}",
    ]
    assert (len(policy.versions), staff.grants.attached) == (1, [])


def test_nothing_is_changed_without_a_terminal_to_ask_on(admin: Machine, staff: Group) -> None:
    result = admin.run(*APPLY)

    assert result.returncode == 255
    assert "--dry-run" in result.stderr
    assert staff.grants.attached == []


@pytest.mark.parametrize(("answer", "code", "attached"), [("y", 0, [ARN]), ("n", 1, []), ("", 1, [])])
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
    assert f"hint: {LET_THEM_ADD}" in result.stderr
    assert staff.grants.attached == []


def test_yes_answers_the_question_and_nothing_else(admin: Machine, staff: Group) -> None:
    admin.account.users["ann"].devices.clear()

    result = admin.run(*APPLY, "--yes")

    assert (result.returncode, staff.grants.attached) == (255, [])
    assert "--allow-lock-out" in result.stderr


def test_who_insists_binds_them_all_the_same(admin: Machine, staff: Group) -> None:
    admin.account.users["ann"].devices.clear()

    result = admin.run(*APPLY, "--yes", "--allow-lock-out")

    assert result.returncode == 0
    assert "without an MFA device that shows codes: ann" in result.stderr
    assert staff.grants.attached == [ARN]


@pytest.mark.parametrize("option", ["--yes", "--dry-run", "--allow-lock-out"])
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


def test_users_of_other_groups_and_users_that_the_policy_is_attached_to_are_not_locked_out(
    admin: Machine, staff: Group
) -> None:
    account = admin.account
    policy = account.add_managed_policy(NAME, safe_policy("aws", Shape(self_service=True)).document)
    account.add_group("others", account.add_user("carl")).grants.attached.append(policy.arn)
    account.add_user("dora").grants.attached.append(policy.arn)

    result = admin.run(*APPLY, "--yes")

    assert (result.returncode, len(policy.versions)) == (255, 1)
    assert "2 users that the policy reaches would be denied all" in result.stderr
    assert "dora, carl" in result.stderr


def test_users_who_are_exempt_or_bound_already_are_no_reason_to_refuse(admin: Machine, staff: Group) -> None:
    admin.account.users["ann"].devices.clear()
    exempt = admin.run(*APPLY, "--yes", "--exempt", "ann")
    bound = admin.run(*APPLY, "--yes", "--allow-lock-out")

    again = admin.run(*APPLY, "--yes", "--max-mfa-age", "8h")

    assert (exempt.returncode, bound.returncode, again.returncode) == (0, 0, 0)


def test_a_role_that_the_policy_is_attached_to_is_not_locked_out(admin: Machine, staff: Group) -> None:
    policy = admin.account.add_managed_policy(NAME, safe_policy("aws", Shape(self_service=True)).document)
    admin.account.add_role("deployer", document(EVERYTHING)).grants.attached.append(policy.arn)

    result = admin.run(*APPLY, "--yes")

    assert result.returncode == 255
    assert "is attached to roles, whose sessions carry no MFA: deployer" in result.stderr


def test_a_policy_that_was_changed_by_hand_is_kept_unless_it_is_to_be_replaced(admin: Machine, staff: Group) -> None:
    own = json.loads(safe_policy().document)
    own["Statement"][0]["Action"].append("iam:ListUsers")
    (admin.home / "own.json").write_text(json.dumps(own))
    applied = admin.run(*APPLY, str(admin.home / "own.json"), "--yes")
    policy = admin.account.managed_policies[ARN]

    kept = admin.run(*APPLY, "--yes")
    kept_document = json.loads(policy.in_force.document)
    replaced = admin.run(*APPLY, "--yes", "--replace")

    assert (applied.returncode, kept.returncode, replaced.returncode) == (0, 254, 0)
    assert f"policy {NAME} was written or changed by other means" in kept.stderr
    assert kept_document == own
    assert json.loads(policy.in_force.document) == json.loads(safe_policy().document)


def test_the_text_of_a_version_is_shown_before_it_is_deleted(admin: Machine, staff: Group) -> None:
    policy = admin.account.add_managed_policy(NAME, article_policy().document)
    for number in range(4):
        policy.add_version(document({**EVERYTHING, "Sid": f"Old{number}"}), admin.account.now())

    planned = admin.run(*APPLY, "--dry-run")
    done = admin.run(*APPLY, "--yes")

    assert f"would delete version v2 of policy {NAME}, the oldest of five" in planned.stderr
    assert f"deleting version v2 of policy {NAME}, which was: " in done.stderr
    assert '"Old0"' in done.stderr


def test_a_change_made_while_the_question_stands_is_found(admin: Machine, staff: Group) -> None:
    policy = admin.account.add_managed_policy(NAME, article_policy().document)

    with admin.terminal() as terminal:
        program = admin.start(terminal, *APPLY)
        terminal.expect("Do it? [y/N]")
        policy.in_force = policy.add_version(document(EVERYTHING), admin.account.now())
        terminal.type("y\n")
        terminal.expect("was changed meanwhile; nothing was done")

        assert program.wait() == 255
    assert (len(policy.versions), staff.grants.attached) == (2, [])


@pytest.mark.parametrize("action", ["CreatePolicyVersion", "AttachGroupPolicy"])
def test_a_call_that_fails_leaves_a_state_that_the_next_run_names(admin: Machine, staff: Group, action: str) -> None:
    policy = admin.account.add_managed_policy(NAME, article_policy().document)
    for _ in range(4):
        policy.add_version(document(EVERYTHING), admin.account.now())
    admin.user.grants.inline["but"] = document({"Effect": "Deny", "Action": f"iam:{action}", "Resource": "*"})

    failed = admin.run(*APPLY, "--yes")
    named = admin.run(*APPLY, "--dry-run")
    del admin.user.grants.inline["but"]
    done = admin.run(*APPLY, "--yes")

    said, left = {
        "CreatePolicyVersion": ("version v2 was deleted, and the default version is as it was", "create a new version"),
        "AttachGroupPolicy": (f"policy {ARN} has its new version, but is not attached", "attach policy"),
    }[action]
    assert (failed.returncode, said in failed.stderr) == (254, True)
    assert named.stderr.startswith(f"mfa-session: would {left}")
    assert (done.returncode, staff.grants.attached) == (0, [ARN])


def test_old_enforcing_policies_that_stay_attached_are_named(admin: Machine, staff: Group) -> None:
    old = admin.account.add_managed_policy("OldMFA", article_policy().document)
    staff.grants.attached.append(old.arn)

    result = admin.run(*APPLY, "--yes")

    assert f"still attached to staff, and asks for MFA: {old.arn}" in result.stderr
    assert "to test: mfa-session policy check --profile test-user --user ann" in result.stderr


def test_an_action_that_is_allowed_without_mfa_is_named_with_its_risk(admin: Machine, staff: Group) -> None:
    result = admin.run(*APPLY, "--yes", "--allow-without-mfa", "secretsmanager:GetSecretValue")

    assert result.returncode == 0
    assert "without MFA, secretsmanager:GetSecretValue lets a stolen key read secrets and data" in result.stderr
    assert "secretsmanager:GetSecretValue" in admin.account.managed_policies[ARN].in_force.document


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--allow-without-mfa", "GetObject"), "'GetObject' is no action"),
        (("--exempt", "a b"), "a b is not a user name"),
        (("/nowhere.json",), "cannot read /nowhere.json"),
        (("own.json", "--max-mfa-age", "8h"), "FILE is applied as it is"),
        (tuple(x for n in range(300) for x in ("--allow-without-mfa", f"service:LongActionName{n}")), "characters"),
    ],
)
def test_what_cannot_be_applied_is_refused(
    admin: Machine, staff: Group, options: tuple[str, ...], complaint: str
) -> None:
    result = admin.run(*APPLY, "--yes", *options)

    assert (result.returncode, staff.grants.attached) == (2, [])
    assert complaint in result.stderr
