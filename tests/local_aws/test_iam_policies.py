"""Users, groups, passwords and policies, by botocore."""

import json
from typing import Any

import pytest

from mfa_session.local_aws.account import Account, Group, User
from mfa_session.local_aws.credentials import LongTermKey, Session
from mfa_session.policies.templates import article_policy, safe_policy
from tests.faults import Endpoint
from tests.local_aws.clients import client, refused

ARN = "arn:aws:iam::123456789012:policy/enforce-mfa"
NOTHING = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}
S3_ONLY = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}})


@pytest.fixture
def iam(endpoint: Endpoint, admin: LongTermKey) -> Any:
    """IAM, as an administrator sees it."""
    return client(endpoint, "iam", admin)


@pytest.fixture
def group(account: Account) -> Group:
    return account.groups["developers"]


class TestUsers:
    def test_a_user_is_described_with_path_and_dates(self, endpoint: Endpoint, session: Session, user: User) -> None:
        told = client(endpoint, "iam", session).get_user()["User"]

        assert (told["UserName"], told["Arn"], told["Path"], told["UserId"]) == (
            "test-user",
            user.arn,
            "/",
            user.user_id,
        )

    def test_root_has_an_arn_and_no_name(self, endpoint: Endpoint, account: Account) -> None:
        told = client(endpoint, "iam", account.add_access_key(None)).get_user()["User"]

        assert told["Arn"] == "arn:aws:iam::123456789012:root"
        assert "UserName" not in told

    def test_groups_are_listed_both_ways(self, iam: Any, group: Group) -> None:
        [of_the_user] = iam.list_groups_for_user(UserName="test-user")["Groups"]
        [member] = iam.get_group(GroupName="developers")["Users"]

        assert (of_the_user["GroupName"], of_the_user["Arn"]) == ("developers", group.arn)
        assert member["UserName"] == "test-user"

    def test_what_is_not_there_cannot_be_found(self, iam: Any) -> None:
        with refused("NoSuchEntity", "The user with name nobody cannot be found.", status=404):
            iam.list_groups_for_user(UserName="nobody")
        with refused("NoSuchEntity", "The group with name nobodies cannot be found.", status=404):
            iam.get_group(GroupName="nobodies")


class TestPasswords:
    def test_the_policy_is_told_where_there_is_one(self, iam: Any, account: Account) -> None:
        with refused("NoSuchEntity", status=404):
            iam.get_account_password_policy()
        account.shortest_password = 14

        assert iam.get_account_password_policy()["PasswordPolicy"]["MinimumPasswordLength"] == 14

    def test_root_has_none_that_iam_could_change(self, endpoint: Endpoint, account: Account) -> None:
        with refused("ValidationError", "Must specify userName when calling with non-User credentials", status=400):
            client(endpoint, "iam", account.add_access_key(None)).change_password(OldPassword="old", NewPassword="new")

    def test_it_is_changed_by_whoever_knows_the_old_one(
        self, endpoint: Endpoint, account: Account, user: User, key: LongTermKey
    ) -> None:
        iam = client(endpoint, "iam", key)
        account.shortest_password = 8
        with refused("NoSuchEntity", "Login Profile for User test-user cannot be found.", status=404):
            iam.change_password(OldPassword="old-secret", NewPassword="new-secret")

        user.password = "old-secret"
        with refused("AccessDenied", "The old password was incorrect.", status=403):
            iam.change_password(OldPassword="new-secret", NewPassword="old-secret")
        with refused("PasswordPolicyViolation", status=400):
            iam.change_password(OldPassword="old-secret", NewPassword="short")
        iam.change_password(OldPassword="old-secret", NewPassword="new-secret")
        assert user.password == "new-secret"

    def test_a_complaint_about_a_password_does_not_quote_it(self, endpoint: Endpoint, key: LongTermKey) -> None:
        with refused("ValidationError", "Value at 'newPassword' failed to satisfy constraint"):
            client(endpoint, "iam", key).change_password(OldPassword="old-secret", NewPassword="x" * 129)


class TestOwnPolicies:
    def test_they_are_listed_and_told_for_users_and_groups(self, iam: Any, user: User, group: Group) -> None:
        user.grants.inline["nothing"] = json.dumps(NOTHING)

        assert iam.list_user_policies(UserName="test-user")["PolicyNames"] == ["nothing"]
        told = iam.get_user_policy(UserName="test-user", PolicyName="nothing")
        assert (told["UserName"], told["PolicyName"], told["PolicyDocument"]) == ("test-user", "nothing", NOTHING)
        assert iam.list_group_policies(GroupName="developers")["PolicyNames"] == ["work"]
        told = iam.get_group_policy(GroupName="developers", PolicyName="work")
        assert told["PolicyDocument"] == json.loads(group.grants.inline["work"])

    def test_one_that_is_put_decides_at_once(
        self, endpoint: Endpoint, iam: Any, session: Session, group: Group
    ) -> None:
        client(endpoint, "s3", session).list_buckets()

        iam.put_group_policy(GroupName="developers", PolicyName="nothing", PolicyDocument=json.dumps(NOTHING))

        with refused("AccessDenied", "with an explicit deny in an identity-based policy", status=403):
            client(endpoint, "s3", session).list_buckets()
        iam.delete_group_policy(GroupName="developers", PolicyName="nothing")
        client(endpoint, "s3", session).list_buckets()

    def test_what_is_not_there_cannot_be_found(self, iam: Any) -> None:
        with refused("NoSuchEntity", "The policy with name nothing cannot be found.", status=404):
            iam.get_group_policy(GroupName="developers", PolicyName="nothing")
        with refused("NoSuchEntity", status=404):
            iam.delete_group_policy(GroupName="developers", PolicyName="nothing")

    def test_a_group_has_room_for_so_much_and_blanks_do_not_count(self, iam: Any, group: Group) -> None:
        group.grants.inline.clear()
        short = {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Sid": ""}
        length = len(json.dumps({"Version": "2012-10-17", "Statement": short}, separators=(",", ":")))
        short["Sid"] = "a" * (5120 - length)
        document = json.dumps({"Version": "2012-10-17", "Statement": short}, indent=8)

        iam.put_group_policy(GroupName="developers", PolicyName="full", PolicyDocument=document)
        with refused("LimitExceeded", status=409):
            iam.put_group_policy(GroupName="developers", PolicyName="more", PolicyDocument=S3_ONLY)
        iam.put_group_policy(GroupName="developers", PolicyName="full", PolicyDocument=document)


class TestAttachedPolicies:
    def test_they_are_listed_for_users_and_groups(self, iam: Any, user: User) -> None:
        user.grants.attached.append(ARN)

        for listed in (
            iam.list_attached_user_policies(UserName="test-user"),
            iam.list_attached_group_policies(GroupName="developers"),
        ):
            assert listed["AttachedPolicies"] == [{"PolicyName": "enforce-mfa", "PolicyArn": ARN}]

    def test_one_is_detached_and_attached_again_as_often_as_one_likes(
        self, endpoint: Endpoint, iam: Any, key: LongTermKey
    ) -> None:
        iam.detach_group_policy(GroupName="developers", PolicyArn=ARN)
        client(endpoint, "iam", key).list_access_keys()
        with refused("NoSuchEntity", status=404):
            iam.detach_group_policy(GroupName="developers", PolicyArn=ARN)

        iam.attach_group_policy(GroupName="developers", PolicyArn=ARN)
        iam.attach_group_policy(GroupName="developers", PolicyArn=ARN)
        with refused("AccessDenied", status=403):
            client(endpoint, "iam", key).list_access_keys()

    def test_one_that_is_not_there_cannot_be_attached(self, iam: Any) -> None:
        with refused("NoSuchEntity", "Policy arn:aws:iam::123456789012:policy/none was not found.", status=404):
            iam.attach_group_policy(GroupName="developers", PolicyArn="arn:aws:iam::123456789012:policy/none")

    def test_a_group_has_ten_at_most(self, iam: Any, account: Account) -> None:
        arns = [account.add_managed_policy(f"policy-{number}", S3_ONLY).arn for number in range(10)]
        for arn in arns[:9]:
            iam.attach_group_policy(GroupName="developers", PolicyArn=arn)

        with refused("LimitExceeded", "Cannot exceed quota for PoliciesPerGroup: 10", status=409):
            iam.attach_group_policy(GroupName="developers", PolicyArn=arns[9])

    def test_a_policy_may_say_which_ones_somebody_attaches(
        self, endpoint: Endpoint, account: Account, group: Group
    ) -> None:
        other = account.add_managed_policy("other", S3_ONLY)
        deputy = account.add_user("deputy")
        only_this = {"ArnEquals": {"iam:PolicyARN": ARN}}
        statement = {"Effect": "Allow", "Action": "iam:*", "Resource": "*", "Condition": only_this}
        deputy.grants.inline["attach"] = json.dumps({"Version": "2012-10-17", "Statement": statement})
        iam = client(endpoint, "iam", account.add_access_key(deputy))

        iam.attach_group_policy(GroupName="developers", PolicyArn=ARN)
        with refused("AccessDenied", status=403):
            iam.attach_group_policy(GroupName="developers", PolicyArn=other.arn)
        with refused("AccessDenied", status=403):
            iam.list_policies()


class TestManagedPolicies:
    def test_one_is_made_and_told(self, iam: Any) -> None:
        made = iam.create_policy(PolicyName="safer", PolicyDocument=safe_policy().document, Path="/security/")["Policy"]

        assert made["Arn"] == "arn:aws:iam::123456789012:policy/security/safer"
        told = iam.get_policy(PolicyArn=made["Arn"])["Policy"]
        assert (told["PolicyName"], told["DefaultVersionId"], told["AttachmentCount"]) == ("safer", "v1", 0)
        version = iam.get_policy_version(PolicyArn=made["Arn"], VersionId="v1")["PolicyVersion"]
        assert (version["Document"], version["IsDefaultVersion"]) == (json.loads(safe_policy().document), True)

    def test_a_name_is_given_once(self, iam: Any) -> None:
        with refused("EntityAlreadyExists", "A policy called enforce-mfa already exists.", status=409):
            iam.create_policy(PolicyName="enforce-mfa", PolicyDocument=article_policy().document)

    @pytest.mark.parametrize("document", ["{", "[]", '{"Version": "2012-10-17"}', json.dumps({**NOTHING, "X": 1})])
    def test_a_document_that_is_no_policy_is_refused(self, iam: Any, document: str) -> None:
        with refused("MalformedPolicyDocument", status=400):
            iam.create_policy(PolicyName="new", PolicyDocument=document)
        with refused("MalformedPolicyDocument", status=400):
            iam.create_policy_version(PolicyArn=ARN, PolicyDocument=document)
        with refused("MalformedPolicyDocument", status=400):
            iam.put_group_policy(GroupName="developers", PolicyName="new", PolicyDocument=document)

    def test_one_has_room_for_so_much(self, iam: Any) -> None:
        with refused("LimitExceeded", "Cannot exceed quota for PolicySize: 6144", status=409):
            iam.create_policy(PolicyName="new", PolicyDocument=S3_ONLY + "x" * 6144)

    def test_a_new_version_decides_once_it_is_the_default(self, endpoint: Endpoint, iam: Any, key: LongTermKey) -> None:
        made = iam.create_policy_version(PolicyArn=ARN, PolicyDocument=S3_ONLY)["PolicyVersion"]
        assert (made["VersionId"], made["IsDefaultVersion"]) == ("v2", False)
        with refused("AccessDenied", status=403):
            client(endpoint, "s3", key).list_buckets()

        iam.set_default_policy_version(PolicyArn=ARN, VersionId="v2")
        client(endpoint, "s3", key).list_buckets()

        iam.create_policy_version(PolicyArn=ARN, PolicyDocument=article_policy().document, SetAsDefault=True)
        with refused("AccessDenied", status=403):
            client(endpoint, "s3", key).list_buckets()

    def test_five_versions_are_kept_and_their_numbers_are_not_given_again(self, iam: Any) -> None:
        for _ in range(4):
            iam.create_policy_version(PolicyArn=ARN, PolicyDocument=S3_ONLY)
        with refused("LimitExceeded", "A managed policy can have up to 5 versions.", status=409):
            iam.create_policy_version(PolicyArn=ARN, PolicyDocument=S3_ONLY)

        iam.delete_policy_version(PolicyArn=ARN, VersionId="v5")
        made = iam.create_policy_version(PolicyArn=ARN, PolicyDocument=S3_ONLY)

        assert made["PolicyVersion"]["VersionId"] == "v6"
        listed = [version["VersionId"] for version in iam.list_policy_versions(PolicyArn=ARN)["Versions"]]
        assert listed == ["v6", "v4", "v3", "v2", "v1"]

    def test_the_default_version_cannot_be_deleted(self, iam: Any) -> None:
        with refused("DeleteConflict", "Cannot delete the default version of a policy.", status=409):
            iam.delete_policy_version(PolicyArn=ARN, VersionId="v1")

    def test_what_is_not_there_cannot_be_found(self, iam: Any) -> None:
        with refused("NoSuchEntity", f"Policy {ARN}-2 was not found.", status=404):
            iam.get_policy(PolicyArn=f"{ARN}-2")
        with refused("NoSuchEntity", status=404):
            iam.get_policy_version(PolicyArn=ARN, VersionId="v7")

    def test_they_are_listed_by_scope_and_use(self, iam: Any, account: Account) -> None:
        account.add_managed_policy("unused", S3_ONLY)

        def names(**asked: Any) -> list[str]:
            return [policy["PolicyName"] for policy in iam.list_policies(**asked)["Policies"]]

        assert names(Scope="Local") == ["enforce-mfa", "unused"]
        assert names(OnlyAttached=True) == ["enforce-mfa"]
        assert names(Scope="AWS") == []


class TestPages:
    @pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
    def test_every_item_comes_once_whatever_the_page(self, iam: Any, account: Account, user: User, size: int) -> None:
        for number in range(6):
            account.add_device(user, f"phone-{number}")
        account.page_size = size

        pages = list(iam.get_paginator("list_mfa_devices").paginate(UserName="test-user"))

        listed = [device["SerialNumber"] for page in pages for device in page["MFADevices"]]
        assert listed == list(user.devices)
        assert len(pages) == -(-7 // size)

    def test_a_caller_may_ask_for_fewer_than_a_page_and_gets_no_more(self, iam: Any, account: Account) -> None:
        for number in range(4):
            account.add_managed_policy(f"policy-{number}", S3_ONLY)
        account.page_size = 3

        assert len(iam.list_policies(MaxItems=2)["Policies"]) == 2
        assert len(iam.list_policies(MaxItems=1000)["Policies"]) == 3

    def test_the_last_page_has_no_marker(self, iam: Any) -> None:
        answer = iam.list_policies(MaxItems=1)

        assert answer["IsTruncated"] is False
        assert "Marker" not in answer

    @pytest.mark.parametrize("marker", ["x", "AAAA", "YWZ0ZXI6LTE=", "ä"])
    def test_a_marker_that_was_never_given_is_refused(self, iam: Any, marker: str) -> None:
        with refused("ValidationError", "Invalid Marker.", status=400):
            iam.list_policies(Marker=marker)


def test_a_denial_names_its_policy_where_aws_does(endpoint: Endpoint, account: Account, key: LongTermKey) -> None:
    account.denials_name_the_policy = True

    with refused("AccessDenied", f"with an explicit deny in an identity-based policy: {ARN}"):
        client(endpoint, "iam", key).list_access_keys()
