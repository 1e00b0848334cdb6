"""Remove an MFA device from its user, and delete it if it is virtual."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mfa_session.errors import (
    AWSError,
    DeleteConflictError,
    LockOutError,
    MFADeviceNotFoundError,
    NoSuchEntityError,
    PromptCancelledError,
    hint_command,
)
from mfa_session.model.credentials import AccessKey, SessionCredentials
from mfa_session.model.mfa_device import MFADevice
from mfa_session.sessions.find_device import iam_user
from mfa_session.sessions.protocols import IAM, STS


@dataclass(frozen=True, slots=True)
class Removal:
    """The *device* that was removed from the user; *not_deleted* says why it still exists, if it does."""

    device: MFADevice
    not_deleted: AWSError | None = None


def remove_device(
    device: MFADevice | None,
    *,
    force: bool,
    credentials: AccessKey | SessionCredentials,
    sts: STS,
    iam: IAM,
    choose: Callable[[Sequence[MFADevice]], MFADevice],
    agrees: Callable[[MFADevice], bool],
    session: Callable[[], SessionCredentials],
) -> Removal:
    """Remove *device*, or the one that the user *chooses*, with an MFA session.

    *credentials* may be any of the user's; the devices are listed with them. *session* is called
    last, because the user may have to type a code for it. A virtual device that is not assigned is
    deleted, too: a cancelled enrolment may have left it.

    Raises:
        LockOutError: it is the user's last device with codes, and *force* is not set.
        MFADeviceNotFoundError: there is no such device, or it is another user's.
        PromptCancelledError: the user does not confirm.
    """
    user_name = str(iam_user(credentials, sts=sts).user_name)
    devices = iam.list_mfa_devices(credentials, user_name)
    if device is None:
        if not devices:
            raise _not_found(f"user {user_name} has no MFA device")
        device = devices[0] if len(devices) == 1 else choose(devices)
    is_the_users = device in devices
    if not is_the_users and device.kind != "virtual":
        raise _not_found(f"{device.serial_number} is no MFA device of user {user_name}")
    if is_the_users and not force:
        _check_that_another_is_left(device, devices, user_name=user_name)
    if not agrees(device):
        raise PromptCancelledError
    if not is_the_users:
        return _delete_unassigned(device, session(), iam=iam)
    with_mfa = session()
    iam.deactivate_mfa_device(with_mfa, user_name, device)
    return _delete(device, with_mfa, iam=iam)


def _check_that_another_is_left(device: MFADevice, devices: Sequence[MFADevice], *, user_name: str) -> None:
    if device.shows_codes and not any(other.shows_codes for other in devices if other != device):
        raise LockOutError(
            f"{device.name} is the last MFA device with codes of user {user_name},"
            " and without one there is no session with MFA",
            hint=f"add another first: {hint_command('device add')}; to remove it anyway: --force",
        )


def _delete(device: MFADevice, session: SessionCredentials, *, iam: IAM) -> Removal:
    if device.kind == "virtual":
        try:
            iam.delete_virtual_mfa_device(session, device)
        except AWSError as error:
            # It is not the user's any more, which is what matters; only its name stays taken.
            return Removal(device, error)
    return Removal(device)


def _delete_unassigned(device: MFADevice, session: SessionCredentials, *, iam: IAM) -> Removal:
    try:
        iam.delete_virtual_mfa_device(session, device)
    except NoSuchEntityError:
        raise _not_found(f"there is no MFA device {device.serial_number}") from None
    except DeleteConflictError:
        raise _not_found(f"{device.serial_number} is an MFA device of another user") from None
    return Removal(device)


def _not_found(message: str) -> MFADeviceNotFoundError:
    return MFADeviceNotFoundError(message, hint=f"see the devices: {hint_command('device list')}")
