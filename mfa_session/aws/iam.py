"""What is asked of IAM: the MFA devices of a user."""

from base64 import b64decode
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from mfa_session.aws.client import Client
from mfa_session.aws.request import APIRequest
from mfa_session.aws.response import APIResponse, not_from_aws
from mfa_session.errors import AccessDeniedError, AWSAnswerError, UsageError
from mfa_session.model.credentials import AccessKey, AccessKeyMetadata, SessionCredentials
from mfa_session.model.mfa_device import MFADevice, TokenCode, VirtualMFADevice

# A user has at most eight devices and two keys, and AWS puts a hundred on a page: who needs so many pages is not AWS.
_MAX_PAGES = 20


class IAMCalls(Client):
    """The calls to IAM."""

    def list_mfa_devices(self, credentials: AccessKey | SessionCredentials, user_name: str) -> list[MFADevice]:
        """Return every MFA device of the user, those that show no codes included.

        IAM is asked without the user's name first: it then takes the owner of the key. A
        published policy allows only the form with the name, so that is tried too.

        Raises:
            AccessDeniedError: both forms are denied.
            AWSError: anything else went wrong.
        """
        request = APIRequest("iam", "ListMFADevices", credentials, idempotent=True)
        try:
            pages = self._pages(request)
        except AccessDeniedError:
            pages = self._pages(replace(request, parameters={"UserName": user_name}))
        return [mfa_device(device) for page in pages for device in page.parts("MFADevices")]

    def _pages(self, request: APIRequest) -> list[APIResponse]:
        return list(self._each_page(request))

    def _each_page(self, request: APIRequest) -> Iterator[APIResponse]:
        for _ in range(_MAX_PAGES):
            page = self.ask(request)
            yield page
            if not page.says("IsTruncated"):
                return
            request = replace(request, parameters={**request.parameters, "Marker": page.text("Marker")})
        raise not_from_aws(page.host, f"it has more than {_MAX_PAGES} pages")


def mfa_device(response: APIResponse) -> MFADevice:
    """Return the device that IAM describes.

    Raises:
        AWSAnswerError: it describes none.
    """
    enabled = response.moment("EnableDate").astimezone(UTC) if "EnableDate" in response.fields else None
    try:
        return MFADevice(response.text("SerialNumber"), enabled)
    except UsageError:
        raise not_from_aws(response.host, "it names a device that cannot be one") from None


_ACTIVE, _INACTIVE = "Active", "Inactive"


class IAMAccessKeyCalls(IAMCalls):
    """The calls to IAM about access keys."""

    def list_access_keys(self, credentials: AccessKey | SessionCredentials, user_name: str) -> list[AccessKeyMetadata]:
        """Return the access keys of a user, of which there are two at the most.

        Raises:
            AccessDeniedError: a policy forbids iam:ListAccessKeys.
            AWSError: anything else went wrong.
        """
        request = APIRequest("iam", "ListAccessKeys", credentials, {"UserName": user_name}, idempotent=True)
        return [_metadata(key) for page in self._pages(request) for key in page.parts("AccessKeyMetadata")]

    def create_access_key(self, session: SessionCredentials, user_name: str) -> AccessKey:
        """Create an access key for a user, in one attempt. AWS knows it everywhere some seconds later.

        Raises:
            AccessDeniedError: a policy forbids iam:CreateAccessKey.
            LimitExceededError: the user has two.
            ReplyLostError: there may be a new key, whose secret nobody will ever know.
            AWSAnswerError: the same.
            AWSError: anything else went wrong, and there is no new key.
        """
        response = self.ask(APIRequest("iam", "CreateAccessKey", session, {"UserName": user_name})).part("AccessKey")
        if response.text("UserName") != user_name:
            raise not_from_aws(response.host, "its new key is another user's")
        try:
            return AccessKey(
                response.text("AccessKeyId"), response.text("SecretAccessKey"), create_date=_create_date(response)
            )
        except UsageError:
            # Cut off: what came in the place of a secret may be one.
            raise not_from_aws(response.host, "its new key is no long-term access key") from None

    def update_access_key(
        self, session: SessionCredentials, user_name: str, access_key_id: str, *, active: bool
    ) -> None:
        """Make a key of a user active or inactive, whichever it was.

        Raises:
            AccessDeniedError: a policy forbids iam:UpdateAccessKey.
            NoSuchEntityError: the user has no such key.
            AWSError: anything else went wrong.
        """
        status = _ACTIVE if active else _INACTIVE
        parameters = {"UserName": user_name, "AccessKeyId": access_key_id, "Status": status}
        self.ask(APIRequest("iam", "UpdateAccessKey", session, parameters, idempotent=True))

    def delete_access_key(self, session: SessionCredentials, user_name: str, access_key_id: str) -> None:
        """Delete a key of a user, for good.

        Raises:
            AccessDeniedError: a policy forbids iam:DeleteAccessKey.
            NoSuchEntityError: the user has no such key.
            AWSError: anything else went wrong.
        """
        parameters = {"UserName": user_name, "AccessKeyId": access_key_id}
        self.ask(APIRequest("iam", "DeleteAccessKey", session, parameters))

    def access_key_last_used(self, session: SessionCredentials, access_key_id: str) -> datetime | None:
        """Return when a key was last used, ``None`` where it never was. AWS may learn of a use only hours later.

        Raises:
            AccessDeniedError: a policy forbids iam:GetAccessKeyLastUsed.
            AWSError: anything else went wrong.
        """
        request = APIRequest("iam", "GetAccessKeyLastUsed", session, {"AccessKeyId": access_key_id}, idempotent=True)
        used = self.ask(request).part("AccessKeyLastUsed")
        return used.moment("LastUsedDate") if "LastUsedDate" in used.fields else None


def _metadata(response: APIResponse) -> AccessKeyMetadata:
    # A state that we do not know yet is none in which the key works.
    is_active = response.text("Status") == _ACTIVE
    return AccessKeyMetadata(response.text("AccessKeyId"), is_active, _create_date(response))


def _create_date(response: APIResponse) -> datetime:
    return response.moment("CreateDate").astimezone(UTC).replace(microsecond=0)


class IAMDeviceCalls(IAMCalls):
    """The calls to IAM that change MFA devices."""

    def create_virtual_mfa_device(self, credentials: AccessKey | SessionCredentials, name: str) -> VirtualMFADevice:
        """Create a virtual device that belongs to nobody yet.

        Raises:
            EntityAlreadyExistsError: there is a device of this name in the account.
            AccessDeniedError: a policy forbids iam:CreateVirtualMFADevice, or a device of this name.
            ReplyLostError: there may be one now, whose seed nobody knows.
            AWSAnswerError: the same, and what came back is no device of this name.
        """
        request = APIRequest("iam", "CreateVirtualMFADevice", credentials, {"VirtualMFADeviceName": name})
        return _created(self.ask(request).part("VirtualMFADevice"), name)

    def enable_mfa_device(
        self,
        credentials: AccessKey | SessionCredentials,
        user_name: str,
        device: MFADevice,
        codes: tuple[TokenCode, TokenCode],
    ) -> None:
        """Give *device* to a user, with two codes of it that follow each other.

        Raises:
            TokenCodeRefusedError: they do not, or the seed in the app is another.
            LimitExceededError: the user has as many devices as AWS lets there be.
            EntityTemporarilyUnmodifiableError: AWS is not done yet with an earlier change.
            AccessDeniedError: a policy forbids iam:EnableMFADevice; or the user has a device, and
                these credentials are none with MFA.
            ReplyLostError: the codes went out, and no answer came back.
        """
        self.ask(_with_codes("EnableMFADevice", credentials, user_name, device, codes))

    def resync_mfa_device(
        self,
        credentials: AccessKey | SessionCredentials,
        user_name: str,
        device: MFADevice,
        codes: tuple[TokenCode, TokenCode],
    ) -> None:
        """Let AWS learn how far the clock of *device* is off, from two codes of it that follow each other.

        Raises:
            TokenCodeRefusedError: they do not.
            NoSuchEntityError: the device is not one of the user's, or shows no codes.
            EntityTemporarilyUnmodifiableError: AWS is not done yet with an earlier change.
            AccessDeniedError: a policy forbids iam:ResyncMFADevice.
            ReplyLostError: the codes went out, and no answer came back.
        """
        self.ask(_with_codes("ResyncMFADevice", credentials, user_name, device, codes))

    def deactivate_mfa_device(self, session: SessionCredentials, user_name: str, device: MFADevice) -> None:
        """Take *device* away from a user; a virtual one is left, and belongs to nobody then.

        Raises:
            NoSuchEntityError: it is not one of the user's.
            EntityTemporarilyUnmodifiableError: AWS is not done yet with an earlier change.
            AccessDeniedError: a policy forbids iam:DeactivateMFADevice.
        """
        parameters = {"UserName": user_name, "SerialNumber": device.serial_number}
        self.ask(APIRequest("iam", "DeactivateMFADevice", session, parameters))

    def delete_virtual_mfa_device(self, credentials: AccessKey | SessionCredentials, device: MFADevice) -> None:
        """Delete a virtual device that belongs to nobody, so that its name is free again.

        Raises:
            DeleteConflictError: it belongs to somebody.
            NoSuchEntityError: there is no such device.
            AccessDeniedError: a policy forbids iam:DeleteVirtualMFADevice, as AWS's own samples do.
        """
        parameters = {"SerialNumber": device.serial_number}
        self.ask(APIRequest("iam", "DeleteVirtualMFADevice", credentials, parameters))


def _with_codes(
    operation: str,
    credentials: AccessKey | SessionCredentials,
    user_name: str,
    device: MFADevice,
    codes: tuple[TokenCode, TokenCode],
) -> APIRequest:
    parameters = {
        "UserName": user_name,
        "SerialNumber": device.serial_number,
        "AuthenticationCode1": codes[0].digits,
        "AuthenticationCode2": codes[1].digits,
    }
    return APIRequest("iam", operation, credentials, parameters, codes=codes)


def _created(response: APIResponse, name: str) -> VirtualMFADevice:
    try:
        device = MFADevice(response.text("SerialNumber"))
        # A blob in the wire's base 64, which holds text in base 32.
        seed = b64decode(response.text("Base32StringSeed"), validate=True).decode("ascii")
    except (UsageError, ValueError):
        raise not_from_aws(response.host, "it describes no new MFA device") from None
    if device.kind != "virtual" or device.name != name:
        raise not_from_aws(response.host, "it describes another MFA device than was asked for")
    try:
        return VirtualMFADevice(device, seed)
    except AWSAnswerError as error:
        raise response.with_host(error) from None
