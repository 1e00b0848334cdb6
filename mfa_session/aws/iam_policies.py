"""What is asked of IAM about policies: which there are, what they say, and whom they bind.

All of it needs a session with MFA in an account that enforces MFA, so nothing else is taken.
"""

import json
from urllib.parse import unquote

from mfa_session.aws.iam import IAMCalls, mfa_device
from mfa_session.aws.request import APIRequest
from mfa_session.aws.response import APIResponse, not_from_aws
from mfa_session.errors import AWSAnswerError, NoSuchEntityError
from mfa_session.model.caller_identity import CallerIdentity
from mfa_session.model.credentials import SessionCredentials
from mfa_session.model.mfa_device import MFADevice

# An account may have 5,000 users in one group; with a hundred on a page, that would be more pages than are read.
_ON_A_PAGE = {"MaxItems": 1000}

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
_MAX_VERSIONS = 5


class IAMPolicyCalls(IAMCalls):
    """The calls to IAM about policies, and about the users and groups that they are attached to."""

    def get_user(self, session: SessionCredentials, user_name: str) -> CallerIdentity:
        """Return who a user is, with the path.

        Raises:
            NoSuchEntityError: there is no such user.
            AccessDeniedError: a policy forbids iam:GetUser.
        """
        response = self.ask(_read("GetUser", session, UserName=user_name)).part("User")
        try:
            return CallerIdentity(response.text("Arn"))
        except AWSAnswerError as error:
            raise response.with_host(error) from None

    def get_group(self, session: SessionCredentials, group_name: str) -> list[str]:
        """Return the names of the users in a group.

        Raises:
            NoSuchEntityError: there is no such group.
            AccessDeniedError: a policy forbids iam:GetGroup.
        """
        pages = self._pages(_read("GetGroup", session, GroupName=group_name, **_ON_A_PAGE))
        return [user.text("UserName") for page in pages for user in page.parts("Users")]

    def list_mfa_devices_of(self, session: SessionCredentials, user_name: str) -> list[MFADevice]:
        """Return the MFA devices of a user who need not be the caller.

        Raises:
            NoSuchEntityError: there is no such user.
            AccessDeniedError: a policy forbids iam:ListMFADevices.
        """
        pages = self._pages(_read("ListMFADevices", session, UserName=user_name))
        return [mfa_device(device) for page in pages for device in page.parts("MFADevices")]

    def policies_of_user(self, session: SessionCredentials, user_name: str) -> dict[str, str]:
        """Return the documents of all policies that bind a user, those of the groups included, by name or ARN.

        Raises:
            NoSuchEntityError: there is no such user.
            AccessDeniedError: a policy forbids one of the seven questions.
        """
        found = self._policies_of(session, "User", user_name)
        pages = self._pages(_read("ListGroupsForUser", session, UserName=user_name, **_ON_A_PAGE))
        for group in (group.text("GroupName") for page in pages for group in page.parts("Groups")):
            found |= self._policies_of(session, "Group", group)
        return found

    def policies_of_group(self, session: SessionCredentials, group_name: str) -> dict[str, str]:
        """Return the documents of all policies of a group, by name or ARN.

        Raises:
            NoSuchEntityError: there is no such group.
            AccessDeniedError: a policy forbids one of the five questions.
        """
        return self._policies_of(session, "Group", group_name)

    def list_attached_group_policies(self, session: SessionCredentials, group_name: str) -> dict[str, str]:
        """Return the ARNs of the managed policies that are attached to a group, by name.

        Raises:
            NoSuchEntityError: there is no such group.
            AccessDeniedError: a policy forbids iam:ListAttachedGroupPolicies.
        """
        return self._attached_to(session, "Group", group_name)

    def managed_policy(self, session: SessionCredentials, arn: str) -> tuple[str, int] | None:
        """Return the document of a managed policy that is in force, and to how many it is attached.

        ``None`` where there is no such policy.

        Raises:
            AccessDeniedError: a policy forbids iam:GetPolicy or iam:GetPolicyVersion.
        """
        try:
            policy = self.ask(_read("GetPolicy", session, PolicyArn=arn)).part("Policy")
        except NoSuchEntityError:
            return None
        request = _read("GetPolicyVersion", session, PolicyArn=arn, VersionId=policy.text("DefaultVersionId"))
        document = _document(self.ask(request).part("PolicyVersion"), "Document")
        attached = policy.text("AttachmentCount")
        return document, int(attached) if attached.isdecimal() else 0

    def create_policy(self, session: SessionCredentials, name: str, document: str) -> str:
        """Create a managed policy, and return its ARN.

        Raises:
            EntityAlreadyExistsError: there is one of this name, under whatever path.
            AccessDeniedError: a policy forbids iam:CreatePolicy.
        """
        request = APIRequest("iam", "CreatePolicy", session, {"PolicyName": name, "PolicyDocument": document})
        return self.ask(request).part("Policy").text("Arn")

    def replace_policy(self, session: SessionCredentials, arn: str, document: str) -> None:
        """Put *document* in force as a new version of a managed policy.

        Where there are five versions already, the oldest that is not in force is deleted first.

        Raises:
            AccessDeniedError: a policy forbids iam:ListPolicyVersions, iam:DeletePolicyVersion or
                iam:CreatePolicyVersion.
        """
        pages = self._pages(_read("ListPolicyVersions", session, PolicyArn=arn))
        versions = [version for page in pages for version in page.parts("Versions")]
        if len(versions) >= _MAX_VERSIONS:
            spare = [_version_number(version) for version in versions if not version.says("IsDefaultVersion")]
            oldest = {"PolicyArn": arn, "VersionId": f"v{min(spare)}"}
            self.ask(APIRequest("iam", "DeletePolicyVersion", session, oldest))
        parameters = {"PolicyArn": arn, "PolicyDocument": document, "SetAsDefault": "true"}
        self.ask(APIRequest("iam", "CreatePolicyVersion", session, parameters))

    def attach_group_policy(self, session: SessionCredentials, group_name: str, arn: str) -> None:
        """Attach a managed policy to a group; one that is attached already stays so.

        Raises:
            LimitExceededError: the group has ten.
            AccessDeniedError: a policy forbids iam:AttachGroupPolicy.
        """
        parameters = {"GroupName": group_name, "PolicyArn": arn}
        self.ask(APIRequest("iam", "AttachGroupPolicy", session, parameters, idempotent=True))

    def _policies_of(self, session: SessionCredentials, owner: str, name: str) -> dict[str, str]:
        """Return the documents of the own and the attached policies of a ``User`` or a ``Group``."""
        found = {}
        whose = {f"{owner}Name": name}
        for page in self._pages(_read(f"List{owner}Policies", session, **whose)):
            for policy_name in page.texts("PolicyNames"):
                response = self.ask(_read(f"Get{owner}Policy", session, **whose, PolicyName=policy_name))
                found[f"{policy_name} of {owner.lower()} {name}"] = _document(response, "PolicyDocument")
        for arn in self._attached_to(session, owner, name).values():
            if policy := self.managed_policy(session, arn):
                found[arn] = policy[0]
        return found

    def _attached_to(self, session: SessionCredentials, owner: str, name: str) -> dict[str, str]:
        pages = self._pages(_read(f"ListAttached{owner}Policies", session, **{f"{owner}Name": name}))
        policies = [policy for page in pages for policy in page.parts("AttachedPolicies")]
        return {policy.text("PolicyName"): policy.text("PolicyArn") for policy in policies}


def _read(operation: str, session: SessionCredentials, **parameters: str | int) -> APIRequest:
    return APIRequest("iam", operation, session, parameters, idempotent=True)


def _version_number(version: APIResponse) -> int:
    # Counted up, and never given again; two versions of one second have the same date.
    number = version.text("VersionId").removeprefix("v")
    if not number.isdecimal():
        raise not_from_aws(version.host, "it names a version that cannot be one")
    return int(number)


def _document(response: APIResponse, name: str) -> str:
    # IAM sends documents percent-encoded (RFC 3986), whatever else is escaped around them.
    document = unquote(response.text(name))
    try:
        json.loads(document)
    except (ValueError, RecursionError):
        raise not_from_aws(response.host, f"its {name} is no JSON") from None
    return document
