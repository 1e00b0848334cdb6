"""The Protocols of sessions, keys and devices: what they need from the outside, each declared once."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from mfa_session.errors import MFASessionError
from mfa_session.model.caller_identity import CallerIdentity
from mfa_session.model.credentials import AccessKey, AccessKeyMetadata, SessionCredentials
from mfa_session.model.mfa_device import MFADevice, TokenCode, VirtualMFADevice
from mfa_session.model.profile import Profile
from mfa_session.model.role import Role


class STS(Protocol):
    """AWS Security Token Service."""

    def prepare(self) -> None:
        """Import botocore in the background, so that the first call need not wait."""

    def get_caller_identity(self, credentials: AccessKey | SessionCredentials) -> CallerIdentity:
        """Return whose *credentials* these are. No policy can deny it."""

    def caller_and_time(self, credentials: AccessKey | SessionCredentials) -> tuple[CallerIdentity, datetime | None]:
        """Return the same, and the time by AWS's clock, if the response has it."""

    def get_session_token(
        self, key: AccessKey, device: MFADevice, code: TokenCode, duration: timedelta
    ) -> SessionCredentials:
        """Exchange the code for a session, in one attempt.

        Raises:
            TokenCodeRefusedError: the code is wrong, used or too old.
            ReplyLostError: the code was sent and no answer came back.
            AWSAnswerError: the code was sent and the answer is no session.
            AWSError: anything else; the code was not used.
        """

    def assume_role(self, credentials: SessionCredentials, role: Role, duration: timedelta) -> SessionCredentials:
        """Return a session of the role.

        Raises:
            AccessDeniedError: the caller may not assume the role; AWS does not say why.
            ExpiredSessionError: the session that asks is over.
        """

    def assume_role_with_code(
        self, key: AccessKey, role: Role, device: MFADevice, code: TokenCode, duration: timedelta
    ) -> SessionCredentials:
        """Return a session of the role for a code, in one attempt; raise as `get_session_token` does.

        Raises:
            AccessDeniedError: the user may not assume the role; the code may have been used.
        """


class IAM(Protocol):
    """The MFA devices and access keys of a user."""

    def list_mfa_devices(self, credentials: AccessKey | SessionCredentials, user_name: str) -> list[MFADevice]:
        """Return every device of the caller, security keys and passkeys included."""

    def create_virtual_mfa_device(self, credentials: AccessKey | SessionCredentials, name: str) -> VirtualMFADevice:
        """Create a device that is not assigned yet."""

    def enable_mfa_device(
        self,
        credentials: AccessKey | SessionCredentials,
        user_name: str,
        device: MFADevice,
        codes: tuple[TokenCode, TokenCode],
    ) -> None:
        """Assign a device to the user."""

    def resync_mfa_device(
        self,
        credentials: AccessKey | SessionCredentials,
        user_name: str,
        device: MFADevice,
        codes: tuple[TokenCode, TokenCode],
    ) -> None:
        """Let AWS learn how far the device's clock is off."""

    def deactivate_mfa_device(self, session: SessionCredentials, user_name: str, device: MFADevice) -> None:
        """Remove a device from the user."""

    def delete_virtual_mfa_device(self, credentials: AccessKey | SessionCredentials, device: MFADevice) -> None:
        """Delete a device that is not assigned."""

    def list_access_keys(self, credentials: AccessKey | SessionCredentials, user_name: str) -> list[AccessKeyMetadata]:
        """Return the keys of the user."""

    def create_access_key(self, session: SessionCredentials, user_name: str) -> AccessKey:
        """Create a key, in one attempt."""

    def update_access_key(
        self, session: SessionCredentials, user_name: str, access_key_id: str, *, active: bool
    ) -> None:
        """Make a key active or inactive."""

    def delete_access_key(self, session: SessionCredentials, user_name: str, access_key_id: str) -> None:
        """Delete a key."""

    def access_key_last_used(self, session: SessionCredentials, access_key_id: str) -> datetime | None:
        """Return when a key was last used, ``None`` for never."""


class Prompter(Protocol):
    """Where MFA codes come from, and where the user can choose one of several devices."""

    def choose_device(self, devices: Sequence[MFADevice]) -> MFADevice:
        """Return the one to ask for a code, or raise PersonNeededError."""

    def device(self, *, guess: MFADevice) -> MFADevice:
        """Return the device that AWS does not list, *guess* by default, or raise PersonNeededError."""

    def be_ready(self) -> None:
        """Raise PersonNeededError where no code can be had."""

    def token_code(self, device: MFADevice, *, profile: Profile) -> TokenCode:
        """Return the code that the device shows now.

        Raises:
            PersonNeededError: there is no terminal or dialog to ask on, or no answer came in time.
        """

    def tell(self, text: str) -> None:
        """Show *text* before the next question."""

    def wait_for_a_new_code(self, moment: datetime) -> None:
        """Return at *moment*, when the device shows a code that has not been used."""


class Sessions(Protocol):
    """Where sessions are kept."""

    def session(self, profile: Profile) -> SessionCredentials | None:
        """Return the session of *profile*, valid or expired; ``None`` where there is none.

        Raises:
            DamagedSessionError: there is one that cannot be used.
        """

    def check_writable(self, profile: Profile, *, replace: bool) -> None:
        """Check that a session of *profile* can be written.

        Raises:
            SessionProfileTakenError: the session profile holds something that is not ours.
            SharedFileError: the file cannot be written.
        """

    def keep(self, profile: Profile, credentials: SessionCredentials) -> None:
        """Write the session whole, or raise SharedFileError and leave the file as it was."""


class UsedCodes(Protocol):
    """Which time step of a device has had its code used."""

    def last_step(self, device: MFADevice) -> int | None:
        """Return the last step whose code was sent to AWS from this machine."""

    def set_last_step(self, device: MFADevice, step: int | None) -> None:
        """Remember *step*; ``None`` forgets."""


class FailedLogins(Protocol):
    """How the last login of each profile failed."""

    def since(self, profile: Profile, moment: datetime) -> MFASessionError | None:
        """Return how a login has failed after *moment*, or ``None``."""

    def remember(self, profile: Profile, error: MFASessionError) -> None:
        """Record that a login has just failed."""
