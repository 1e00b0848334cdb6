"""`policy users` and `policy remove`, and `policy apply` for a large group."""

from datetime import timedelta

from mfa_session.local_aws.account import Group
from tests.cli.test_policy_apply import APPLY, ARN, NAME
from tests.faults import Refuse
from tests.machine import Machine


def test_a_removal_is_shown_and_asked_about(admin: Machine, staff: Group) -> None:
    admin.run(*APPLY, "--yes")
    remove = ("policy", "remove", "--group", "staff", "--profile", "test-user")

    planned = admin.run(*remove, "--dry-run")
    with admin.terminal() as terminal:
        program = admin.start(terminal, *remove)
        terminal.expect(f"This would detach policy {NAME} from group staff (2 users); MFA is no longer enforced")
        terminal.expect("Do it? [y/N]")
        terminal.type("y\n")

        assert program.wait() == 0
    assert '-      "Sid": "DenyAllExceptListedIfNoMFA",' in planned.stdout
    assert (staff.grants.attached, ARN in admin.account.managed_policies) == ([], True)
    assert admin.run(*remove, "--yes").returncode == 254


def test_the_users_of_a_group_are_listed_with_what_they_have(admin: Machine, staff: Group) -> None:
    account = admin.account
    account.users["ann"].devices.clear()
    account.add_security_key(account.users["ann"], "yubikey")
    account.add_access_key(account.users["ann"], age=timedelta(days=90))
    account.users["ben"].password = "correct horse"
    staff.members.append(account.add_user("idle").name)

    result = admin.run("policy", "users", "--group", "staff", "--profile", "test-user")

    rows = [line.split("  ") for line in result.stdout.splitlines()[:4]]
    cells = [[cell.strip() for cell in row if cell.strip()] for row in rows]
    assert cells == [
        ["USER", "STATUS", "DEVICE", "KEY AGE", "LAST USED", "PASSWORD"],
        ["ann", "no code device", "fido", "90 d", "never", "no"],
        ["ben", "ready", "virtual", "-", "-", "yes"],
        ["idle", "unused", "-", "-", "-", "no"],
    ]
    assert "2 of 3 users ready." in result.stdout
    assert "To: ann\n" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_a_group_of_a_thousand_users_is_paged_and_its_progress_shown(admin: Machine, staff: Group) -> None:
    staff.members += [admin.account.add_user(f"user{number:04}").name for number in range(998)]

    with admin.terminal() as terminal:
        program = admin.start(terminal, *APPLY)
        terminal.expect(r"Looking at users: ")
        terminal.expect("998 users of group staff would be denied")

        assert program.wait() == 255


def test_a_throttled_call_is_made_again(admin: Machine, staff: Group) -> None:
    admin.endpoint.faults.add("ListMFADevices", Refuse(400, "Throttling", "Rate exceeded"))

    result = admin.run("policy", "users", "--group", "staff", "--profile", "test-user")

    assert (result.returncode, "2 of 2 users ready." in result.stdout) == (0, True)
