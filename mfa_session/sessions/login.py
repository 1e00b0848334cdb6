"""Log in: exchange an access key and an MFA code for a session."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from mfa_session.errors import (
    AccessDeniedError,
    AWSAnswerError,
    ConfigurationError,
    DamagedSessionError,
    DurationRefusedError,
    MFASessionError,
    PromptTimeoutError,
    ReplyLostError,
    SharedFileError,
    TokenCodeRefusedError,
    UsageError,
)
from mfa_session.model.credentials import AccessKey, SessionCredentials
from mfa_session.model.durations import DEFAULT_SESSION
from mfa_session.model.mfa_device import MFADevice, TokenCode, code_device, start_of, time_step
from mfa_session.model.profile import Profile
from mfa_session.sessions.find_device import find_device
from mfa_session.sessions.protocols import IAM, STS, Prompter, Sessions, UsedCodes

# The present moment, aware, in UTC.
Clock: TypeAlias = Callable[[], datetime]

# How a code becomes a session: GetSessionToken, or AssumeRole with a code.
Exchange: TypeAlias = Callable[[AccessKey, MFADevice, TokenCode, timedelta], SessionCredentials]

# `login` keeps a session that has more left.
WORTH_KEEPING = timedelta(minutes=15)

# AWS does not lock the user out for wrong codes, but after three the cause is another.
DEFAULT_ATTEMPTS = 3

# AWS looks at the code before it denies a request.
_CODE_MAY_BE_USED = (ReplyLostError, AWSAnswerError, AccessDeniedError, DurationRefusedError)


@dataclass(frozen=True, slots=True)
class LoginRequest:
    """What one login should do; what is ``None`` comes from the profile, from AWS or from the user."""

    profile: Profile
    device: MFADevice | None = None
    code: TokenCode | None = None
    duration: timedelta | None = None
    min_remaining: timedelta = WORTH_KEEPING
    force: bool = False
    replace: bool = False
    attempts: int = DEFAULT_ATTEMPTS


@dataclass(frozen=True, slots=True)
class LoginResult:
    """How a login ended: the old session was *kept*, or a new one came through *device*."""

    credentials: SessionCredentials
    device: MFADevice | None
    kept: bool


def log_in(
    request: LoginRequest,
    *,
    find_key: Callable[[Profile], AccessKey],
    sts: STS,
    iam: IAM,
    prompter: Prompter,
    sessions: Sessions,
    used_codes: UsedCodes,
    clock: Clock,
    exchange: Exchange | None = None,
) -> LoginResult:
    """Get a session for a profile, unless it has one with enough time left.

    The key is fetched, and the session profile checked, before the user is asked for a
    code: a code is valid for thirty seconds. *exchange* is GetSessionToken by default.

    Raises:
        MFASessionError: the login failed; nothing was written.
    """
    profile = request.profile
    if not request.force and (live := session_worth_keeping(request, sessions=sessions, clock=clock)):
        return LoginResult(live, device=None, kept=True)
    if request.code is None:
        prompter.be_ready()
    sessions.check_writable(profile, replace=request.replace)
    device = request.device or profile.mfa_device
    if device is not None:
        _check_shows_codes(device, profile)
    if request.code is not None or device is None:
        sts.prepare()  # AWS is called before the user is asked, and the keyring may be slow
    key = find_key(profile.user)
    device = device or find_device(key, sts=sts, iam=iam, chooser=prompter)
    duration = request.duration or profile.duration or DEFAULT_SESSION

    attempt = _Attempt(key, device, duration, exchange or sts.get_session_token, used_codes=used_codes, clock=clock)
    if request.code is not None:
        credentials = attempt(request.code)
    else:
        sts.prepare()  # while the user types
        credentials = _with_prompted_code(attempt, request, prompter=prompter)
    try:
        sessions.keep(profile, credentials)
    except SharedFileError as error:
        raise SharedFileError(str(error), hint=f"{error.hint}; the code is used, so log in with the next one") from None
    return LoginResult(credentials, device=device, kept=False)


def _check_shows_codes(device: MFADevice, profile: Profile) -> None:
    try:
        code_device(device.serial_number)
    except UsageError as error:
        raise ConfigurationError(f"profile {profile.user.name}: mfa_serial: {error}", hint=error.hint) from None


def session_worth_keeping(request: LoginRequest, *, sessions: Sessions, clock: Clock) -> SessionCredentials | None:
    """Return the session that a login would keep, ``None`` if it would get a new one."""
    try:
        live = sessions.session(request.profile)
    except DamagedSessionError:
        return None
    return live if live is not None and not live.expire_within(request.min_remaining, now=clock()) else None


class _Attempt:
    """Exchanges codes of one device for a session, and records each code as used."""

    def __init__(
        self,
        key: AccessKey,
        device: MFADevice,
        duration: timedelta,
        exchange: Exchange,
        *,
        used_codes: UsedCodes,
        clock: Clock,
    ) -> None:
        self.device = device
        self._key = key
        self._duration = duration
        self._exchange = exchange
        self._used_codes = used_codes
        self._clock = clock

    def next_unused_code_at(self) -> datetime | None:
        """Return when the device shows a code that was not sent yet; ``None`` if it shows one now."""
        step = time_step(self._clock())
        return start_of(step + 1) if self._used_codes.last_step(self.device) == step else None

    def __call__(self, code: TokenCode) -> SessionCredentials:
        before = self._used_codes.last_step(self.device)
        # Written first: if this process is killed, the next one must wait for the next code.
        self._used_codes.set_last_step(self.device, time_step(self._clock()))
        try:
            return self._exchange(self._key, self.device, code, self._duration)
        except _CODE_MAY_BE_USED:
            raise
        except MFASessionError:
            self._used_codes.set_last_step(self.device, before)
            raise


def _with_prompted_code(attempt: _Attempt, request: LoginRequest, *, prompter: Prompter) -> SessionCredentials:
    refused: dict[TokenCode, TokenCodeRefusedError] = {}
    tries = 0
    while True:
        try:
            if moment := attempt.next_unused_code_at():
                prompter.wait_for_a_new_code(moment)
            code = prompter.token_code(attempt.device, profile=request.profile)
        except PromptTimeoutError:
            if refused:  # says more than that the time is over
                raise list(refused.values())[-1] from None
            raise
        try:
            if code in refused:  # typed again, and never sent again
                raise refused[code]
            return attempt(code)
        except TokenCodeRefusedError as error:
            tries += 1
            if tries == request.attempts:
                raise
            refused[code] = error
            prompter.tell("AWS did not accept this code (wrong, used or too old). Type the next one.")
