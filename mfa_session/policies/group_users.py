"""Look at the users of a group before MFA is enforced: who is ready, and what to send to those who are not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mfa_session.model.credentials import SessionCredentials
from mfa_session.policies.apply import IAM, Progress


@dataclass(frozen=True, slots=True)
class GroupUser:
    """A user: the kinds of MFA devices, the active keys with age and last use, and whether there is a password."""

    name: str
    devices: tuple[str, ...]
    has_code_device: bool
    key_dates: tuple[datetime, ...]
    last_used: datetime | None
    has_password: bool

    @property
    def status(self) -> str:
        """Whether the user can go on once MFA is enforced: ``ready``, ``no device``, ``no code device``, ``unused``."""
        if self.has_code_device:
            return "ready"
        if not self.key_dates and not self.has_password:
            return "unused"
        return "no code device" if self.devices else "no device"


def group_users(group: str, *, session: SessionCredentials, iam: IAM, progress: Progress) -> list[GroupUser]:
    """Return the users of *group*.

    Raises:
        NoSuchEntityError: there is no such group.
        AccessDeniedError: the caller may not look at them.
    """
    names = iam.get_group(session, group)
    users = []
    for number, name in enumerate(names, 1):
        progress(number, len(names))
        users.append(_user(name, session=session, iam=iam))
    return users


def _user(name: str, *, session: SessionCredentials, iam: IAM) -> GroupUser:
    devices = iam.list_mfa_devices_of(session, name)
    keys = [key for key in iam.list_access_keys(session, name) if key.is_active]
    used = [iam.access_key_last_used(session, key.access_key_id) for key in keys]
    return GroupUser(
        name=name,
        devices=tuple(device.kind for device in devices),
        has_code_device=any(device.shows_codes for device in devices),
        key_dates=tuple(key.create_date for key in keys),
        last_used=max((moment for moment in used if moment), default=None),
        has_password=iam.has_password(session, name),
    )


def message_for(users: Sequence[GroupUser]) -> str:
    """Return the text to send to those of *users* who have no device that shows codes; empty where all have one."""
    names = [user.name for user in users if user.status.startswith("no ")]
    if not names:
        return ""
    return f"""\
To: {", ".join(names)}

Your AWS access key will soon need MFA. Please add an authenticator app now:

    pip install mfa-session
    mfa-session device add

It shows a QR code: scan it with the app and type its codes. Then log in with

    mfa-session login

and use the profile whose name ends in -mfa. A security key or passkey works in
the console only, so you need the app for the command line.
"""
