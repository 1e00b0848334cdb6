"""Find the MFA device of the user who owns an access key."""

from collections.abc import Sequence
from typing import Protocol

from mfa_session.errors import AccessDeniedError, MFADeviceNotFoundError, NotAnIAMUserError
from mfa_session.model.caller_identity import CallerIdentity
from mfa_session.model.credentials import AccessKey, SessionCredentials
from mfa_session.model.mfa_device import MFADevice


class Directory(Protocol):
    """What AWS tells a user about himself."""

    def get_caller_identity(self, credentials: AccessKey | SessionCredentials) -> CallerIdentity:
        """Return who the owner of the key is.

        Raises:
            AWSError: the key is refused, or no valid answer came.
        """

    def list_mfa_devices(self, credentials: AccessKey | SessionCredentials, user_name: str) -> list[MFADevice]:
        """Return every device of the user, those that the API cannot use included.

        Raises:
            AccessDeniedError: a policy forbids the question, however it is put.
            AWSError: anything else went wrong.
        """


class DeviceChooser(Protocol):
    """Somebody who knows the devices of the user."""

    def choose_device(self, devices: Sequence[MFADevice]) -> MFADevice:
        """Return the one to ask for a code.

        Raises:
            PersonNeededError: there is nobody who could choose.
        """

    def device(self, *, guess: MFADevice) -> MFADevice:
        """Return the device, which AWS will not tell; *guess* is named as most devices are.

        Raises:
            PersonNeededError: there is nobody who could say.
        """


def iam_user(key: AccessKey | SessionCredentials, *, directory: Directory) -> CallerIdentity:
    """Return the IAM user who owns *key*, or whose session it is of.

    Raises:
        NotAnIAMUserError: it is the key of root, of a role or of a federated user. Nobody
            needs to be asked for a code then.
    """
    identity = directory.get_caller_identity(key)
    if identity.kind == "user":
        return identity
    if identity.kind == "root":
        raise NotAnIAMUserError(
            "this access key belongs to the root user of the account",
            hint="make an IAM user with its own access key, and delete the root key: IAM console, Security credentials",
        )
    raise NotAnIAMUserError(
        f"this access key belongs to {identity.arn}, which is no IAM user and has no MFA device",
        hint="use the long-term access key of an IAM user",
    )


def find_device(key: AccessKey | SessionCredentials, *, directory: Directory, chooser: DeviceChooser) -> MFADevice:
    """Return the device whose codes AWS takes for the owner of *key*.

    AWS is asked; a person only where the user has several devices, or where a policy
    keeps AWS from answering. FIDO keys and passkeys are passed over: GetSessionToken
    does not take them.

    Raises:
        NotAnIAMUserError: the key has no user who could have a device.
        MFADeviceNotFoundError: the user has none that shows codes.
        PersonNeededError: a question is left and nobody can be asked.
    """
    identity = iam_user(key, directory=directory)
    try:
        devices = directory.list_mfa_devices(key, str(identity.user_name))
    except AccessDeniedError:
        return chooser.device(guess=_default_device(identity))
    usable = [device for device in devices if device.shows_codes]
    if not usable:
        raise _none_usable(identity, devices)
    return usable[0] if len(usable) == 1 else chooser.choose_device(usable)


def _default_device(identity: CallerIdentity) -> MFADevice:
    # The console named every device after its user until November 2022, and still suggests it.
    return MFADevice(f"arn:{identity.partition}:iam::{identity.account_id}:mfa/{identity.user_name}")


def _none_usable(identity: CallerIdentity, devices: Sequence[MFADevice]) -> MFADeviceNotFoundError:
    if devices:
        return MFADeviceNotFoundError(
            f"user {identity.user_name} has only MFA devices that show no codes (security keys or passkeys)",
            hint="add a virtual device beside it in the IAM console, Security credentials; or sign in with: aws login",
        )
    return MFADeviceNotFoundError(
        f"user {identity.user_name} of account {identity.account_id} has no MFA device",
        hint="add one: mfa-session device add, or in the IAM console under Security credentials",
    )
