"""Give a user a new virtual MFA device: created, taken into an app, enabled, and proven by a login.

A device that is created and not enabled is of no use to anybody, and its name stays taken.
So whatever goes wrong until then, it is deleted again where the policies let us, and named
where they do not.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial
from typing import NamedTuple, Protocol, TypeAlias

from mfa_session.devices.code_pair import CodeReader, TwoCodes, hand_in_two_codes
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
    PromptCancelledError,
    ReplyLostError,
    TokenCodeRefusedError,
)
from mfa_session.model.caller_identity import CallerIdentity
from mfa_session.model.credentials import AccessKey, SessionCredentials
from mfa_session.model.mfa_device import MFADevice, VirtualMFADevice
from mfa_session.model.profile import Profile
from mfa_session.sessions.find_device import iam_user
from mfa_session.sessions.login import Clock, LoginRequest, LoginResult, log_in
from mfa_session.sessions.protocols import IAM, STS, Prompter, Sessions, UsedCodes

Credentials: TypeAlias = AccessKey | SessionCredentials

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
MAX_DEVICES = 8

# Who makes nine devices on one day has given up eight times.
_MAX_NAMES_A_DAY = 9


class DevicePrompter(CodeReader, Prompter, Protocol):
    """Somebody who has the new device, and the old ones too."""


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
    """Give the user of *profile* a virtual device called *name*, and log in with it.

    The long-term key does for the first device. Since April 2023 AWS lets a user who has
    one add another with MFA only, so such a user logs in with it first. Without a *name*
    it is the user's, and the date. *show* lets the person take the seed into an app.
    *lock* is held for each of the two logins, and not while the person looks for a phone.

    Raises:
        MFASessionError: of every family; the message says what became of the new device.
    """
    prompter.be_ready()
    sts.prepare()
    sessions.check_writable(profile, replace=False)
    key = find_key(profile)
    user = iam_user(key, sts=sts)
    devices = _devices(key, user, profile, iam=iam)
    _check_that_one_more_may_be(user, devices)

    def logged_in(request: LoginRequest) -> LoginResult:
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

    credentials = logged_in(_request_with_mfa(profile, devices)).credentials if devices else key

    making = _Making(user, credentials, iam=iam)
    made = making.create([name] if name else _default_names(user, clock))
    with making.undone_unless_finished(made.device):
        show(made)
        codes = hand_in_two_codes(
            made.device, partial(making.enable, made.device), reader=prompter, used_codes=used_codes, clock=clock
        )
    with _saying_that_it_is_enabled(made.device, profile):
        prompter.tell("The device is enabled. One more code, and you have a session with it.")
        return _log_in_with_next_code(LoginRequest(profile, device=made.device, force=True), codes, prompter, logged_in)


def _log_in_with_next_code(
    request: LoginRequest, used: TwoCodes, prompter: DevicePrompter, log_in: Callable[[LoginRequest], LoginResult]
) -> LoginResult:
    assert request.device is not None  # noqa: S101  the device was just created
    refused = set(used)
    attempt = 0
    while True:
        while (code := prompter.next_code(request.device)) in refused:
            prompter.tell("That code is used. Wait until the device shows the next one, and type that.")
        try:
            return log_in(replace(request, code=code))
        except TokenCodeRefusedError:
            attempt += 1
            if attempt == request.attempts:
                raise
            refused.add(code)
            prompter.tell("AWS did not accept this code: it is wrong, used or too old. Type the next one.")


def _devices(key: AccessKey, user: CallerIdentity, profile: Profile, *, iam: IAM) -> list[MFADevice]:
    try:
        return iam.list_mfa_devices(key, str(user.user_name))
    except AccessDeniedError:
        return [profile.mfa_device] if profile.mfa_device else []


def _check_that_one_more_may_be(user: CallerIdentity, devices: list[MFADevice]) -> None:
    if len(devices) >= MAX_DEVICES:
        raise LimitExceededError(
            f"user {user.user_name} has {len(devices)} MFA devices, and AWS allows no more",
            hint="take one away first: mfa-session device remove",
        )
    if devices and not any(device.shows_codes for device in devices):
        raise MFADeviceNotFoundError(
            f"user {user.user_name} has only MFA devices that show no codes (security keys or passkeys),"
            " and AWS wants a session with MFA before it takes another device",
            hint="sign in to the IAM console with one of them, and add a virtual device under Security credentials",
        )


def _request_with_mfa(profile: Profile, devices: list[MFADevice]) -> LoginRequest:
    # What the profile remembers may be a device that is gone; then AWS is asked for the others.
    return LoginRequest(profile if profile.mfa_device in devices else replace(profile, mfa_device=None))


def _default_names(user: CallerIdentity, clock: Clock) -> Iterator[str]:
    name = f"{user.user_name}-{clock().astimezone():%Y%m%d}"
    yield name
    yield from (f"{name}-{number}" for number in range(2, _MAX_NAMES_A_DAY + 1))


class _Making:
    """The making of one device for *user*, on the authority of *credentials*."""

    def __init__(self, user: CallerIdentity, credentials: Credentials, *, iam: IAM) -> None:
        self._user = user
        self._credentials = credentials
        self._iam = iam

    def create(self, names: Iterable[str]) -> VirtualMFADevice:
        """Create a device by the first of *names* that is free."""
        taken = ""
        code = None
        for name in names:
            try:
                return self._create(name)
            except EntityAlreadyExistsError as error:
                taken = name
                code = error.code
        raise EntityAlreadyExistsError(
            f"there is an MFA device called {taken} in the account already",
            hint="choose another name: --name NAME; or leave it out, and take the one that is offered",
            code=code,
        )

    def _create(self, name: str) -> VirtualMFADevice:
        user = self._user
        device = MFADevice(f"arn:{user.partition}:iam::{user.account_id}:mfa/{name}")
        try:
            return self._iam.create_virtual_mfa_device(self._credentials, name)
        except AccessDeniedError as error:
            hint = "ask whoever administers the account to allow it"
            if name != user.user_name and not name.startswith(f"{user.user_name}-"):
                hint = f"many policies want the user's name first: --name {user.user_name}-phone; otherwise {hint}"
            raise AccessDeniedError(str(error), hint=hint, code=error.code) from None
        except (ReplyLostError, AWSAnswerError, KeyboardInterrupt) as error:
            raise _given_up(error, self._undo(device)) from None

    def enable(self, device: MFADevice, codes: TwoCodes) -> None:
        """Give *device* to the user; whether that is done after a lost answer, AWS knows."""
        try:
            self._iam.enable_mfa_device(self._credentials, str(self._user.user_name), device, codes)
        except (ReplyLostError, AWSAnswerError):
            if not self._is_enabled(device):
                raise

    @contextmanager
    def undone_unless_finished(self, device: MFADevice) -> Iterator[None]:
        """Delete *device* if the block is left by an error or with Ctrl-C, and say so in that error."""
        try:
            yield
        except (MFASessionError, KeyboardInterrupt) as error:
            raise _given_up(error, self._undo(device)) from None

    def _is_enabled(self, device: MFADevice) -> bool:
        try:
            return device in self._iam.list_mfa_devices(self._credentials, str(self._user.user_name))
        except MFASessionError:
            return False

    def _undo(self, device: MFADevice) -> "_Remains":
        try:
            return self._deleted(device)
        except KeyboardInterrupt:
            pass  # pressed twice, or the signal of a terminal that was found to be gone: once more, then
        try:
            return self._deleted(device)
        except KeyboardInterrupt:
            return _left_over(device)

    def _deleted(self, device: MFADevice) -> "_Remains":
        try:
            self._iam.delete_virtual_mfa_device(self._credentials, device)
        except NoSuchEntityError:
            return _Remains("no new device is left")
        except DeleteConflictError:
            return _Remains(f"the device {device.serial_number} is enabled", "see: mfa-session device list")
        except MFASessionError:
            return _left_over(device)
        return _Remains("the new device was deleted again")


class _Remains(NamedTuple):
    """What is left of a device that was given up, and what to do about it."""

    what: str
    hint: str = ""


def _left_over(device: MFADevice) -> _Remains:
    return _Remains(
        f"the device {device.serial_number} is left over, and belongs to nobody",
        "the next attempt takes another name;"
        f" once you have a session: mfa-session device remove --serial {device.serial_number}",
    )


def _given_up(error: MFASessionError | KeyboardInterrupt, remains: _Remains) -> MFASessionError:
    if isinstance(error, KeyboardInterrupt):
        again = "to begin again: mfa-session device add"
        return PromptCancelledError(f"given up; {remains.what}", hint=remains.hint or again)
    hint = f"{error.hint}; {remains.hint}" if remains.hint else error.hint
    given_up = type(error)(f"{error}; {remains.what}", hint=hint)
    if isinstance(error, AWSError) and isinstance(given_up, AWSError):
        given_up.code = error.code
    return given_up


@contextmanager
def _saying_that_it_is_enabled(device: MFADevice, profile: Profile) -> Iterator[None]:
    """Say in every error that leaves the block what is done already."""
    done = _Remains(
        f"the new device {device.serial_number} is enabled",
        f"log in with it: mfa-session login --profile {profile.name} --serial {device.serial_number}",
    )
    try:
        yield
    except (MFASessionError, KeyboardInterrupt) as error:
        raise _given_up(error, done) from None
