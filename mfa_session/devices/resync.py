"""Resynchronize an MFA device whose codes AWS refuses because the device's clock is off."""

from functools import partial

from mfa_session.devices.code_pair import DevicePrompter, hand_in_two_codes
from mfa_session.errors import (
    AccessDeniedError,
    MFADeviceNotFoundError,
    MFADeviceRefusedError,
    NoSuchEntityError,
    hint_command,
)
from mfa_session.model.credentials import AccessKey, SessionCredentials
from mfa_session.model.mfa_device import MFADevice
from mfa_session.sessions.find_device import find_device, iam_user
from mfa_session.sessions.login import Clock
from mfa_session.sessions.protocols import IAM, STS, UsedCodes


def resynchronize(
    device: MFADevice | None,
    *,
    credentials: AccessKey | SessionCredentials,
    sts: STS,
    iam: IAM,
    prompter: DevicePrompter,
    used_codes: UsedCodes,
    clock: Clock,
) -> MFADevice:
    """Resynchronize *device*, or the one that is found for the user, and return it.

    *credentials* may be the long-term key: a user who needs this cannot log in.

    Raises:
        TokenCodeRefusedError: AWS refused two codes three times.
        MFADeviceRefusedError: the device is not one of the user's.
        MFADeviceNotFoundError: it has no codes, or the user has no device with codes.
    """
    if device is not None and not device.shows_codes:
        raise MFADeviceNotFoundError(
            f"{device.serial_number} has no codes, and cannot be out of sync",
            hint=f"see the devices: {hint_command('device list')}",
        )
    prompter.be_ready()
    user_name = str(iam_user(credentials, sts=sts).user_name)
    found = device or find_device(credentials, sts=sts, iam=iam, chooser=prompter)
    try:
        hand_in_two_codes(
            found,
            partial(iam.resync_mfa_device, credentials, user_name, found),
            prompter=prompter,
            used_codes=used_codes,
            clock=clock,
        )
    except NoSuchEntityError as error:
        raise MFADeviceRefusedError(
            f"AWS does not know {found.serial_number} as an MFA device of user {user_name}",
            hint=f"list the devices: {hint_command('device list')}; then correct mfa_serial, or use --serial",
            code=error.code,
        ) from None
    except AccessDeniedError as error:
        raise AccessDeniedError(
            str(error),
            hint="ask the account's administrator to allow it, or to resynchronize the device",
            code=error.code,
        ) from None
    return found
