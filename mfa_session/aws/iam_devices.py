"""What is asked of IAM about MFA devices: made, enabled, brought back into step, taken away.

None of it is asked twice: a lost answer may have changed something, and codes work once.
"""

from base64 import b64decode

from mfa_session.aws.answer import Answer, not_from_aws
from mfa_session.aws.iam import IAMCalls
from mfa_session.aws.question import Question
from mfa_session.errors import AWSAnswerError, UsageError
from mfa_session.model.credentials import AccessKey, SessionCredentials
from mfa_session.model.mfa_device import MFADevice, TokenCode, VirtualMFADevice


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
        question = Question("iam", "CreateVirtualMFADevice", credentials, {"VirtualMFADeviceName": name})
        return _created(self.ask(question).part("VirtualMFADevice"), name)

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
        self.ask(Question("iam", "DeactivateMFADevice", session, parameters))

    def delete_virtual_mfa_device(self, credentials: AccessKey | SessionCredentials, device: MFADevice) -> None:
        """Delete a virtual device that belongs to nobody, so that its name is free again.

        Raises:
            DeleteConflictError: it belongs to somebody.
            NoSuchEntityError: there is no such device.
            AccessDeniedError: a policy forbids iam:DeleteVirtualMFADevice, as AWS's own samples do.
        """
        parameters = {"SerialNumber": device.serial_number}
        self.ask(Question("iam", "DeleteVirtualMFADevice", credentials, parameters))


def _with_codes(
    operation: str,
    credentials: AccessKey | SessionCredentials,
    user_name: str,
    device: MFADevice,
    codes: tuple[TokenCode, TokenCode],
) -> Question:
    parameters = {
        "UserName": user_name,
        "SerialNumber": device.serial_number,
        "AuthenticationCode1": codes[0].digits,
        "AuthenticationCode2": codes[1].digits,
    }
    return Question("iam", operation, credentials, parameters, codes=codes)


def _created(answer: Answer, name: str) -> VirtualMFADevice:
    try:
        device = MFADevice(answer.text("SerialNumber"))
        # A blob in the wire's base 64, which holds text in base 32.
        seed = b64decode(answer.text("Base32StringSeed"), validate=True).decode("ascii")
    except (UsageError, ValueError):
        raise not_from_aws(answer.host, "it describes no new MFA device") from None
    if device.kind != "virtual" or device.name != name:
        raise not_from_aws(answer.host, "it describes another MFA device than was asked for")
    try:
        return VirtualMFADevice(device, seed)
    except AWSAnswerError as error:
        raise answer.blame(error) from None
