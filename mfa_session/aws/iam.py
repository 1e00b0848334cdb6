"""IAM: MFA devices, access keys and policies.

https://docs.aws.amazon.com/IAM/latest/APIReference/

Any call may raise an ``AWSError``; ``Raises:`` has what its callers tell apart.
"""

import json
from base64 import b64decode
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeAlias
from urllib.parse import unquote

from mfa_session.aws.request import APIRequest
from mfa_session.aws.response import APIResponse, not_from_aws
from mfa_session.aws.transport import Transport
from mfa_session.errors import AccessDeniedError, AWSAnswerError, NoSuchEntityError, UsageError
from mfa_session.model.caller_identity import CallerIdentity
from mfa_session.model.credentials import AccessKey, AccessKeyMetadata, SessionCredentials
from mfa_session.model.mfa_device import MFADevice, TokenCode, VirtualMFADevice

Credentials: TypeAlias = AccessKey | SessionCredentials
TwoCodes: TypeAlias = tuple[TokenCode, TokenCode]

# A user has at most eight devices and two keys, and AWS puts a hundred on a page: a server that sends more is not AWS.
_MAX_PAGES = 20

# An account may have 5,000 users in one group; with a hundred on a page, that would be more pages than are read.
_LARGE_PAGES = {"MaxItems": 1000}

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
_MAX_VERSIONS = 5

_ACTIVE, _INACTIVE = "Active", "Inactive"


class IAM:
    """Calls of IAM over *transport*."""

    def __init__(self, transport: Transport) -> None:
        self._send = transport.send

    def list_mfa_devices(self, credentials: Credentials, user_name: str) -> list[MFADevice]:
        """Return every MFA device of the caller, security keys and passkeys included.

        The call is made without ``UserName`` first, which IAM takes for the caller. A
        published policy allows only the form with the name, so that is tried too.

        Raises:
            AccessDeniedError: both forms are denied.
        """
        request = APIRequest("iam", "ListMFADevices", credentials, idempotent=True)
        try:
            return [_mfa_device(device) for device in self._list(request, "MFADevices")]
        except AccessDeniedError:
            return self._mfa_devices_of(credentials, user_name)

    def list_mfa_devices_of(self, session: SessionCredentials, user_name: str) -> list[MFADevice]:
        """Return the MFA devices of a user who need not be the caller."""
        return self._mfa_devices_of(session, user_name)

    def create_virtual_mfa_device(self, credentials: Credentials, name: str) -> VirtualMFADevice:
        """Create a virtual device, which is not assigned to a user yet.

        Raises:
            EntityAlreadyExistsError: the account has a device of this name.
            AccessDeniedError: a policy forbids the call, or this name.
            ReplyLostError: the device may exist now; its secret key is lost.
            AWSAnswerError: the same.
        """
        request = APIRequest("iam", "CreateVirtualMFADevice", credentials, {"VirtualMFADeviceName": name})
        return _virtual_mfa_device(self._send(request).part("VirtualMFADevice"), name)

    def enable_mfa_device(self, credentials: Credentials, user_name: str, device: MFADevice, codes: TwoCodes) -> None:
        """Assign *device* to a user, with two consecutive codes.

        Raises:
            TokenCodeRefusedError: the codes are not consecutive, or of another secret key.
            LimitExceededError: the user has as many devices as AWS allows.
            EntityTemporarilyUnmodifiableError: AWS has not finished an earlier change.
            AccessDeniedError: a policy forbids it; or the user has a device, and these credentials are without MFA.
            ReplyLostError: the device may be enabled now.
        """
        self._send(_with_codes("EnableMFADevice", credentials, user_name, device, codes))

    def resync_mfa_device(self, credentials: Credentials, user_name: str, device: MFADevice, codes: TwoCodes) -> None:
        """Resynchronize *device*: AWS learns from two consecutive codes how far its clock is off.

        Raises:
            TokenCodeRefusedError: the codes are not consecutive.
            NoSuchEntityError: the device is not the user's, or has no codes.
            EntityTemporarilyUnmodifiableError: AWS has not finished an earlier change.
            AccessDeniedError: a policy forbids it.
        """
        self._send(_with_codes("ResyncMFADevice", credentials, user_name, device, codes))

    def deactivate_mfa_device(self, session: SessionCredentials, user_name: str, device: MFADevice) -> None:
        """Remove *device* from a user; a virtual one exists until it is deleted."""
        parameters = {"UserName": user_name, "SerialNumber": device.serial_number}
        self._send(APIRequest("iam", "DeactivateMFADevice", session, parameters))

    def delete_virtual_mfa_device(self, credentials: Credentials, device: MFADevice) -> None:
        """Delete a virtual device that is not assigned to a user, so that its name is free again.

        Raises:
            DeleteConflictError: it is assigned to a user.
            NoSuchEntityError: there is no such device.
            AccessDeniedError: a policy forbids it, as AWS's own samples do.
        """
        self._send(APIRequest("iam", "DeleteVirtualMFADevice", credentials, {"SerialNumber": device.serial_number}))

    def list_access_keys(self, credentials: Credentials, user_name: str) -> list[AccessKeyMetadata]:
        """Return the access keys of a user, two at most."""
        request = APIRequest("iam", "ListAccessKeys", credentials, {"UserName": user_name}, idempotent=True)
        return [_access_key_metadata(key) for key in self._list(request, "AccessKeyMetadata")]

    def create_access_key(self, session: SessionCredentials, user_name: str) -> AccessKey:
        """Create an access key for a user, in one attempt. It works everywhere some seconds later.

        Raises:
            LimitExceededError: the user has two.
            ReplyLostError: there may be a new key, whose secret is lost.
            AWSAnswerError: the same.
        """
        request = APIRequest("iam", "CreateAccessKey", session, {"UserName": user_name})
        response = self._send(request).part("AccessKey")
        if response.text("UserName") != user_name:
            raise not_from_aws(response.host, "its new key is another user's")
        try:
            return AccessKey(
                response.text("AccessKeyId"), response.text("SecretAccessKey"), create_date=_create_date(response)
            )
        except UsageError:
            # `from None`: what came in the place of a secret may be one.
            raise not_from_aws(response.host, "its new key is no long-term access key") from None

    def update_access_key(
        self, session: SessionCredentials, user_name: str, access_key_id: str, *, active: bool
    ) -> None:
        """Make a key of a user active or inactive.

        Raises:
            NoSuchEntityError: the user has no such key.
        """
        status = _ACTIVE if active else _INACTIVE
        parameters = {"UserName": user_name, "AccessKeyId": access_key_id, "Status": status}
        self._send(APIRequest("iam", "UpdateAccessKey", session, parameters, idempotent=True))

    def delete_access_key(self, session: SessionCredentials, user_name: str, access_key_id: str) -> None:
        """Delete a key of a user.

        Raises:
            NoSuchEntityError: the user has no such key.
        """
        parameters = {"UserName": user_name, "AccessKeyId": access_key_id}
        self._send(APIRequest("iam", "DeleteAccessKey", session, parameters))

    def access_key_last_used(self, session: SessionCredentials, access_key_id: str) -> datetime | None:
        """Return when a key was last used, ``None`` for never. AWS may show a use only hours later."""
        request = APIRequest("iam", "GetAccessKeyLastUsed", session, {"AccessKeyId": access_key_id}, idempotent=True)
        used = self._send(request).part("AccessKeyLastUsed")
        return used.moment("LastUsedDate") if "LastUsedDate" in used.fields else None

    def get_user(self, session: SessionCredentials, user_name: str) -> CallerIdentity:
        """Return a user's ARN, with the path."""
        response = self._send(_read("GetUser", session, UserName=user_name)).part("User")
        try:
            return CallerIdentity(response.text("Arn"))
        except AWSAnswerError as error:
            raise response.with_host(error) from None

    def get_group(self, session: SessionCredentials, group_name: str) -> list[str]:
        """Return the names of the users in a group."""
        users = self._list(_read("GetGroup", session, GroupName=group_name, **_LARGE_PAGES), "Users")
        return [user.text("UserName") for user in users]

    def policies_of_user(self, session: SessionCredentials, user_name: str) -> dict[str, str]:
        """Return the documents of all policies of a user and the user's groups, by name or ARN."""
        found = self._policies_of(session, "User", user_name)
        groups = self._list(_read("ListGroupsForUser", session, UserName=user_name, **_LARGE_PAGES), "Groups")
        for group in [group.text("GroupName") for group in groups]:
            found |= self._policies_of(session, "Group", group)
        return found

    def policies_of_group(self, session: SessionCredentials, group_name: str) -> dict[str, str]:
        """Return the documents of all policies of a group, by name or ARN."""
        return self._policies_of(session, "Group", group_name)

    def list_attached_group_policies(self, session: SessionCredentials, group_name: str) -> dict[str, str]:
        """Return the ARNs of the managed policies that are attached to a group, by name."""
        return self._attached_to(session, "Group", group_name)

    def managed_policy(self, session: SessionCredentials, arn: str) -> tuple[str, int] | None:
        """Return the default version of a managed policy and its number of attachments, ``None`` if there is none."""
        try:
            policy = self._send(_read("GetPolicy", session, PolicyArn=arn)).part("Policy")
        except NoSuchEntityError:
            return None
        request = _read("GetPolicyVersion", session, PolicyArn=arn, VersionId=policy.text("DefaultVersionId"))
        document = _document(self._send(request).part("PolicyVersion"), "Document")
        attached = policy.text("AttachmentCount")
        return document, int(attached) if attached.isdecimal() else 0

    def create_policy(self, session: SessionCredentials, name: str, document: str) -> str:
        """Create a managed policy, and return its ARN.

        Raises:
            EntityAlreadyExistsError: there is one of this name, under whatever path.
        """
        request = APIRequest("iam", "CreatePolicy", session, {"PolicyName": name, "PolicyDocument": document})
        return self._send(request).part("Policy").text("Arn")

    def version_to_delete(self, session: SessionCredentials, arn: str) -> tuple[str, str] | None:
        """Return ID and document of the oldest version that is not the default, where a policy has all it may have."""
        versions = self._list(_read("ListPolicyVersions", session, PolicyArn=arn), "Versions")
        spare = [_version_number(version) for version in versions if not version.says("IsDefaultVersion")]
        if len(versions) < _MAX_VERSIONS or not spare:
            return None
        version_id = f"v{min(spare)}"
        response = self._send(_read("GetPolicyVersion", session, PolicyArn=arn, VersionId=version_id))
        return version_id, _document(response.part("PolicyVersion"), "Document")

    def delete_policy_version(self, session: SessionCredentials, arn: str, version_id: str) -> None:
        """Delete a version that is not the default."""
        parameters = {"PolicyArn": arn, "VersionId": version_id}
        self._send(APIRequest("iam", "DeletePolicyVersion", session, parameters))

    def create_policy_version(self, session: SessionCredentials, arn: str, document: str) -> None:
        """Make *document* the default version of a managed policy.

        Raises:
            LimitExceededError: it has five versions.
        """
        parameters = {"PolicyArn": arn, "PolicyDocument": document, "SetAsDefault": "true"}
        self._send(APIRequest("iam", "CreatePolicyVersion", session, parameters))

    def list_entities_for_policy(self, session: SessionCredentials, arn: str) -> dict[str, list[str]]:
        """Return the names of the ``users``, ``groups`` and ``roles`` that a managed policy is attached to."""
        pages = self._pages(_read("ListEntitiesForPolicy", session, PolicyArn=arn, **_LARGE_PAGES))
        return {
            f"{kind.lower()}s": [each.text(f"{kind}Name") for page in pages for each in page.parts(f"Policy{kind}s")]
            for kind in ("User", "Group", "Role")
        }

    def has_password(self, session: SessionCredentials, user_name: str) -> bool:
        """Tell whether a user can sign in to the console."""
        try:
            self._send(_read("GetLoginProfile", session, UserName=user_name))
        except NoSuchEntityError:
            return False
        return True

    def attach_group_policy(self, session: SessionCredentials, group_name: str, arn: str) -> None:
        """Attach a managed policy to a group; one that is attached stays so.

        Raises:
            LimitExceededError: the group has ten.
        """
        parameters = {"GroupName": group_name, "PolicyArn": arn}
        self._send(APIRequest("iam", "AttachGroupPolicy", session, parameters, idempotent=True))

    def detach_group_policy(self, session: SessionCredentials, group_name: str, arn: str) -> None:
        """Detach a managed policy from a group."""
        parameters = {"GroupName": group_name, "PolicyArn": arn}
        self._send(APIRequest("iam", "DetachGroupPolicy", session, parameters))

    def _mfa_devices_of(self, credentials: Credentials, user_name: str) -> list[MFADevice]:
        request = APIRequest("iam", "ListMFADevices", credentials, {"UserName": user_name}, idempotent=True)
        return [_mfa_device(device) for device in self._list(request, "MFADevices")]

    def _policies_of(self, session: SessionCredentials, kind: str, name: str) -> dict[str, str]:
        """Return the documents of the inline and attached policies of a ``User`` or a ``Group``."""
        found = {}
        whose = {f"{kind}Name": name}
        for page in self._pages(_read(f"List{kind}Policies", session, **whose)):
            for policy_name in page.texts("PolicyNames"):
                response = self._send(_read(f"Get{kind}Policy", session, **whose, PolicyName=policy_name))
                found[f"{policy_name} of {kind.lower()} {name}"] = _document(response, "PolicyDocument")
        for arn in self._attached_to(session, kind, name).values():
            if policy := self.managed_policy(session, arn):
                found[arn] = policy[0]
        return found

    def _attached_to(self, session: SessionCredentials, kind: str, name: str) -> dict[str, str]:
        request = _read(f"ListAttached{kind}Policies", session, **{f"{kind}Name": name})
        policies = self._list(request, "AttachedPolicies")
        return {policy.text("PolicyName"): policy.text("PolicyArn") for policy in policies}

    def _list(self, request: APIRequest, name: str) -> list[APIResponse]:
        """Return what all pages have under *name*."""
        return [part for page in self._pages(request) for part in page.parts(name)]

    def _pages(self, request: APIRequest) -> list[APIResponse]:
        pages: list[APIResponse] = []
        while len(pages) < _MAX_PAGES:
            page = self._send(request)
            pages.append(page)
            if not page.says("IsTruncated"):
                return pages
            request = replace(request, parameters={**request.parameters, "Marker": page.text("Marker")})
        raise not_from_aws(page.host, f"it has more than {_MAX_PAGES} pages")


def _read(operation: str, session: SessionCredentials, **parameters: str | int) -> APIRequest:
    return APIRequest("iam", operation, session, parameters, idempotent=True)


def _with_codes(
    operation: str, credentials: Credentials, user_name: str, device: MFADevice, codes: TwoCodes
) -> APIRequest:
    parameters = {
        "UserName": user_name,
        "SerialNumber": device.serial_number,
        "AuthenticationCode1": codes[0].digits,
        "AuthenticationCode2": codes[1].digits,
    }
    return APIRequest("iam", operation, credentials, parameters, codes=codes)


def _mfa_device(response: APIResponse) -> MFADevice:
    enabled = response.moment("EnableDate").astimezone(UTC) if "EnableDate" in response.fields else None
    try:
        return MFADevice(response.text("SerialNumber"), enabled)
    except UsageError:
        raise not_from_aws(response.host, "it names a device that cannot be one") from None


def _virtual_mfa_device(response: APIResponse, name: str) -> VirtualMFADevice:
    try:
        device = MFADevice(response.text("SerialNumber"))
        # A blob in the wire's base 64, which holds text in base 32.
        seed = b64decode(response.text("Base32StringSeed"), validate=True).decode("ascii")
    except (UsageError, ValueError):
        raise not_from_aws(response.host, "it describes no new MFA device") from None
    if device.kind != "virtual" or device.name != name:
        raise not_from_aws(response.host, "it describes another MFA device than requested")
    try:
        return VirtualMFADevice(device, seed)
    except AWSAnswerError as error:
        raise response.with_host(error) from None


def _access_key_metadata(response: APIResponse) -> AccessKeyMetadata:
    # In a status that we do not know, the key does not work.
    is_active = response.text("Status") == _ACTIVE
    return AccessKeyMetadata(response.text("AccessKeyId"), is_active, _create_date(response))


def _create_date(response: APIResponse) -> datetime:
    return response.moment("CreateDate").astimezone(UTC).replace(microsecond=0)


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
