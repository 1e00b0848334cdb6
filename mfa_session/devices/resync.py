"""Bring an MFA device back into step with AWS, when its codes are refused because its clock is off."""

from functools import partial
from typing import Protocol

from mfa_session.devices.code_pair import CodeReader, hand_in_two_codes
from mfa_session.errors import AccessDeniedError, MFADeviceNotFoundError, MFADeviceRefusedError, NoSuchEntityError
from mfa_session.model.credentials import AccessKey, SessionCredentials
from mfa_session.model.mfa_device import MFADevice
from mfa_session.sessions.find_device import find_device, iam_user
from mfa_session.sessions.login import Clock
from mfa_session.sessions.protocols import IAM, STS, DeviceChooser, UsedCodes


class DevicePrompter(CodeReader, DeviceChooser, Protocol):
    """Somebody who has the device."""

    def be_ready(self) -> None:
        """Make sure that there is somebody to ask.

        Raises:
            PersonNeededError: there is nobody.
        """


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
    """Resynchronize *device*, or the user's own where it is ``None``, and return it.

    The long-term key does as *credentials*: whoever needs this cannot log in.

    Raises:
        TokenCodeRefusedError: AWS has refused two codes three times.
        MFADeviceRefusedError: the device is not one of the user's.
        MFADeviceNotFoundError: it shows no codes, or the user has none that does.
        AWSError: nothing was changed.
    """
    if device is not None and not device.shows_codes:
        raise MFADeviceNotFoundError(
            f"{device.serial_number} shows no codes, and is never out of step",
            hint="see the devices: mfa-session device list",
        )
    prompter.be_ready()
    user_name = str(iam_user(credentials, sts=sts).user_name)
    found = device or find_device(credentials, sts=sts, iam=iam, chooser=prompter)
    try:
        hand_in_two_codes(
            found,
            partial(iam.resync_mfa_device, credentials, user_name, found),
            reader=prompter,
            used_codes=used_codes,
            clock=clock,
        )
    except NoSuchEntityError as error:
        raise MFADeviceRefusedError(
            f"AWS does not know {found.serial_number} as an MFA device of user {user_name}",
            hint="see what AWS knows: mfa-session device list; then correct mfa_serial, or give --serial",
            code=error.code,
        ) from None
    except AccessDeniedError as error:
        raise AccessDeniedError(
            str(error),
            hint="ask whoever administers the account to allow it, or to resynchronize the device for you",
            code=error.code,
        ) from None
    return found
