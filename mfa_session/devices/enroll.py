"""Add a virtual MFA device: create it, show its secret key, enable it, and log in with it.

A device that is created and not enabled is useless, and its name stays taken. If anything
fails before it is enabled, it is deleted again; if a policy forbids that, the error names it.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial
from typing import NamedTuple, TypeAlias

from mfa_session.devices.code_pair import DevicePrompter, TwoCodes, hand_in_two_codes
from mfa_session.errors import (
    AccessDeniedError,
    AWSAnswerError,
    AWSError,
    DeleteConflictError,
    EntityAlreadyExistsError,
    LimitExceededError,
    MFADeviceNotFoundError,
    MFASessionError,
    NoSuchEntityError,
    PromptInterruptedError,
    ReplyLostError,
    TokenCodeRefusedError,
    hint_command,
)
from mfa_session.model.caller_identity import CallerIdentity
from mfa_session.model.credentials import AccessKey, SessionCredentials
from mfa_session.model.mfa_device import MFADevice, VirtualMFADevice
from mfa_session.model.profile import Profile
from mfa_session.sessions.find_device import iam_user
from mfa_session.sessions.login import Clock, LoginRequest, LoginResult, log_in
from mfa_session.sessions.protocols import IAM, STS, Sessions, UsedCodes

Credentials: TypeAlias = AccessKey | SessionCredentials

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
MAX_DEVICES = 8

# So many new devices a day are enough for eight cancelled attempts.
_MAX_NAMES_A_DAY = 9


def enrol(
    profile: Profile,
    name: str | None = None,
    *,
    find_key: Callable[[Profile], AccessKey],
    sts: STS,
    iam: IAM,
    prompter: DevicePrompter,
    show: Callable[[VirtualMFADevice], None],
    sessions: Sessions,
    used_codes: UsedCodes,
    lock: Callable[[], AbstractContextManager[None]],
    clock: Clock,
) -> LoginResult:
    """Add a virtual device with this *name* for the user of *profile*, and log in with it.

    The long-term key is enough for the first device. Since April 2023, a user who has one can
    add another only with MFA, and so logs in with the old one first. The default *name* is the
    user's name and the date. *show* shows the secret key. *lock* is held during each login, not
    while the user sets up the app.

    Raises:
        MFASessionError: the message says what happened to the new device.
    """
    prompter.be_ready()
    sts.prepare()
    sessions.check_writable(profile, replace=False)
    key = find_key(profile)
    user = iam_user(key, sts=sts)
    devices = _devices(key, user, profile, iam=iam)
    _check_can_add(user, devices)

    def log_in_locked(request: LoginRequest) -> LoginResult:
        with lock():
            return log_in(
                request,
                find_key=lambda _: key,
                sts=sts,
                iam=iam,
                prompter=prompter,
                sessions=sessions,
                used_codes=used_codes,
                clock=clock,
            )

    credentials = log_in_locked(_request_with_mfa(profile, devices)).credentials if devices else key

    enrolment = _Enrolment(user, credentials, iam=iam)
    created = enrolment.create(
        [name] if name else _default_names(user, clock), if_denied=None if name else user.user_name
    )
    with enrolment.deleted_on_error(created.device):
        show(created)
        codes = hand_in_two_codes(
            created.device,
            partial(enrolment.enable, created.device),
            prompter=prompter,
            used_codes=used_codes,
            clock=clock,
        )
    with _mention_that_it_is_enabled(created.device, profile):
        prompter.tell("The device is enabled. One more code is needed to log in with it.")
        return _log_in_with_next_code(
            LoginRequest(profile, device=created.device, force=True), codes, prompter, log_in_locked
        )


def _log_in_with_next_code(
    request: LoginRequest, used: TwoCodes, prompter: DevicePrompter, log_in: Callable[[LoginRequest], LoginResult]
) -> LoginResult:
    assert request.device is not None  # noqa: S101  the device was just created
    refused = set(used)
    attempt = 0
    while True:
        while (code := prompter.next_code(request.device)) in refused:
            prompter.tell("Already used. Wait for the next code.")
        try:
            return log_in(replace(request, code=code))
        except TokenCodeRefusedError:
            attempt += 1
            if attempt == request.attempts:
                raise
            refused.add(code)
            prompter.tell("AWS did not accept this code (wrong, already used or too old). Type the next one.")


def _devices(key: AccessKey, user: CallerIdentity, profile: Profile, *, iam: IAM) -> list[MFADevice]:
    try:
        return iam.list_mfa_devices(key, str(user.user_name))
    except AccessDeniedError:
        return [profile.mfa_device] if profile.mfa_device else []


def _check_can_add(user: CallerIdentity, devices: list[MFADevice]) -> None:
    if len(devices) >= MAX_DEVICES:
        raise LimitExceededError(
            f"user {user.user_name} has {len(devices)} MFA devices, and AWS allows no more",
            hint=f"remove one first: {hint_command('device remove')}",
        )
    if devices and not any(device.shows_codes for device in devices):
        raise MFADeviceNotFoundError(
            f"user {user.user_name} has only security keys or passkeys, which are not usable with the CLI,"
            " and AWS requires an MFA session to add another device",
            hint="sign in to the IAM console, and add an authenticator app: Security credentials",
        )


def _request_with_mfa(profile: Profile, devices: list[MFADevice]) -> LoginRequest:
    # The device that the profile remembers may be gone; then it is found among the others.
    return LoginRequest(profile if profile.mfa_device in devices else replace(profile, mfa_device=None))


def _default_names(user: CallerIdentity, clock: Clock) -> Iterator[str]:
    name = f"{user.user_name}-{clock().astimezone():%Y%m%d}"
    yield name
    yield from (f"{name}-{number}" for number in range(2, _MAX_NAMES_A_DAY + 1))


class _Enrolment:
    """Creates and enables one device for *user* with *credentials*."""

    def __init__(self, user: CallerIdentity, credentials: Credentials, *, iam: IAM) -> None:
        self._user = user
        self._credentials = credentials
        self._iam = iam

    def create(self, names: Iterable[str], *, if_denied: str | None = None) -> VirtualMFADevice:
        """Create a device with the first of *names* that is free, or the name *if_denied*.

        AWS's published sample policies allow ``mfa/${aws:username}`` and no other name.
        """
        taken = ""
        code = None
        for name in names:
            try:
                return self._create(name)
            except EntityAlreadyExistsError as error:
                taken = name
                code = error.code
            except AccessDeniedError:
                if if_denied is None:
                    raise
                return self.create([if_denied])
        raise EntityAlreadyExistsError(
            f"the account already has an MFA device called {taken}",
            hint="choose another name: --name NAME; or leave out --name",
            code=code,
        )

    def _create(self, name: str) -> VirtualMFADevice:
        user = self._user
        device = MFADevice(f"arn:{user.partition}:iam::{user.account_id}:mfa/{name}")
        try:
            return self._iam.create_virtual_mfa_device(self._credentials, name)
        except AccessDeniedError as error:
            hint = "ask the account's administrator to allow it"
            if name != user.user_name and not name.startswith(f"{user.user_name}-"):
                hint = f"many policies want the user's name first: --name {user.user_name}-phone; otherwise {hint}"
            raise AccessDeniedError(str(error), hint=hint, code=error.code) from None
        except (ReplyLostError, AWSAnswerError, KeyboardInterrupt) as error:
            raise _cancelled(error, self._undo(device)) from None

    def enable(self, device: MFADevice, codes: TwoCodes) -> None:
        """Assign *device* to the user; if the response is lost, look whether that was done."""
        try:
            self._iam.enable_mfa_device(self._credentials, str(self._user.user_name), device, codes)
        except (ReplyLostError, AWSAnswerError):
            if not self._is_enabled(device):
                raise

    @contextmanager
    def deleted_on_error(self, device: MFADevice) -> Iterator[None]:
        """Delete *device* if the block ends with an error or Ctrl-C, and say so in that error."""
        try:
            yield
        except (MFASessionError, KeyboardInterrupt) as error:
            raise _cancelled(error, self._undo(device)) from None

    def _is_enabled(self, device: MFADevice) -> bool:
        try:
            return device in self._iam.list_mfa_devices(self._credentials, str(self._user.user_name))
        except MFASessionError:
            return False

    def _undo(self, device: MFADevice) -> "_Outcome":
        try:
            return self._delete(device)
        except KeyboardInterrupt:
            pass  # pressed twice, or the signal of a closed terminal: once more
        try:
            return self._delete(device)
        except KeyboardInterrupt:
            return _not_deleted(device)

    def _delete(self, device: MFADevice) -> "_Outcome":
        try:
            self._iam.delete_virtual_mfa_device(self._credentials, device)
        except NoSuchEntityError:
            return _Outcome("no new device is left")
        except DeleteConflictError:
            return _Outcome(f"the device {device.serial_number} is enabled", f"see: {hint_command('device list')}")
        except MFASessionError:
            return _not_deleted(device)
        return _Outcome("the new device was removed")


class _Outcome(NamedTuple):
    """What happened to the new device, and what to do about it."""

    what: str
    hint: str = ""


def _not_deleted(device: MFADevice) -> _Outcome:
    return _Outcome(
        f"the device {device.serial_number} is not deleted, and not assigned to a user",
        "the next attempt takes another name;"
        f" once you have a session: {hint_command('device remove', '--serial', device.serial_number)}",
    )


def _cancelled(error: MFASessionError | KeyboardInterrupt, outcome: _Outcome) -> MFASessionError:
    if isinstance(error, KeyboardInterrupt):
        again = f"to begin again: {hint_command('device add')}"
        return PromptInterruptedError(f"cancelled; {outcome.what}", hint=outcome.hint or again)
    hint = f"{error.hint}; {outcome.hint}" if outcome.hint else error.hint
    cancelled = type(error)(f"{error}; {outcome.what}", hint=hint)
    if isinstance(error, AWSError) and isinstance(cancelled, AWSError):
        cancelled.code = error.code
    return cancelled


@contextmanager
def _mention_that_it_is_enabled(device: MFADevice, profile: Profile) -> Iterator[None]:
    """Say in every error of the block what is done already."""
    done = _Outcome(
        f"the new device {device.serial_number} is enabled",
        f"log in with it: {hint_command('login', '--serial', device.serial_number, profile=profile.name)}",
    )
    try:
        yield
    except (MFASessionError, KeyboardInterrupt) as error:
        raise _cancelled(error, done) from None
