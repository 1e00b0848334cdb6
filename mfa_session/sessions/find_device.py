"""Find the MFA device of the user who owns an access key."""

from collections.abc import Sequence

from mfa_session.errors import AccessDeniedError, MFADeviceNotFoundError, NotAnIAMUserError, hint_command
from mfa_session.model.caller_identity import CallerIdentity
from mfa_session.model.credentials import AccessKey, SessionCredentials
from mfa_session.model.mfa_device import MFADevice
from mfa_session.sessions.protocols import IAM, STS, Prompter


def iam_user(key: AccessKey | SessionCredentials, *, sts: STS) -> CallerIdentity:
    """Return the IAM user of *key*, or of the session.

    Raises:
        NotAnIAMUserError: it is the key of root, of a role or of a federated user.
    """
    identity = sts.get_caller_identity(key)
    if identity.kind == "user":
        return identity
    if identity.kind == "root":
        raise NotAnIAMUserError(
            "this access key belongs to the root user of the account",
            hint="create an IAM user with an access key, and delete the root key: IAM console > Security credentials",
        )
    raise NotAnIAMUserError(
        f"this access key belongs to {identity.arn}, which is not an IAM user and has no MFA device",
        hint="use the long-term access key of an IAM user",
    )


def find_device(key: AccessKey | SessionCredentials, *, sts: STS, iam: IAM, chooser: Prompter) -> MFADevice:
    """Return the MFA device of the user of *key*.

    The user is asked only if there are several devices, or if a policy forbids to list
    them. Security keys and passkeys are left out: GetSessionToken does not take them.

    Raises:
        NotAnIAMUserError: the key is not an IAM user's.
        MFADeviceNotFoundError: the user has no device with codes.
        PersonNeededError: the user has to choose, and there is no terminal to ask on.
    """
    identity = iam_user(key, sts=sts)
    try:
        listed = iam.list_mfa_devices(key, str(identity.user_name))
    except AccessDeniedError:
        return chooser.device(guess=_default_device(identity))
    usable = [device for device in listed if device.shows_codes]
    if not usable:
        raise no_usable_device(identity, listed)
    return usable[0] if len(usable) == 1 else chooser.choose_device(usable)


def _default_device(identity: CallerIdentity) -> MFADevice:
    # The console named every device after its user until November 2022, and still suggests it.
    return MFADevice(f"arn:{identity.partition}:iam::{identity.account_id}:mfa/{identity.user_name}")


def no_usable_device(identity: CallerIdentity, devices: Sequence[MFADevice]) -> MFADeviceNotFoundError:
    """Return the error for a user with *devices*, none of which shows codes."""
    if devices:
        return MFADeviceNotFoundError(
            f"user {identity.user_name} has only security keys or passkeys, which are not usable with the CLI",
            hint="add an authenticator app in the IAM console > Security credentials; or sign in with: aws login",
        )
    return MFADeviceNotFoundError(
        f"user {identity.user_name} of account {identity.account_id} has no MFA device",
        hint=f"add one: {hint_command('device add')}, or in the IAM console > Security credentials",
    )
