"""Trade an access key and a token code for a session."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from mfa_session.errors import (
    AccessDeniedError,
    AWSAnswerError,
    DamagedSessionError,
    DurationRefusedError,
    MFASessionError,
    ReplyLostError,
    TokenCodeRefusedError,
)
from mfa_session.model.credentials import AccessKey, SessionCredentials
from mfa_session.model.durations import DEFAULT_SESSION
from mfa_session.model.mfa_device import MFADevice, TokenCode, start_of, time_step
from mfa_session.model.profile import Profile
from mfa_session.sessions.find_device import DeviceChooser, Directory, find_device

# What `login` keeps rather than replaces.
WORTH_KEEPING = timedelta(minutes=15)

# AWS locks nobody out for wrong codes, but a person who has been wrong three times has another problem.
DEFAULT_ATTEMPTS = 3

# What is denied to the user is so after the code was looked at.
_CODE_MAY_BE_USED = (ReplyLostError, AWSAnswerError, AccessDeniedError, DurationRefusedError)


@dataclass(frozen=True, slots=True)
class LoginRequest:
    """What one login is to be like; what is ``None`` is taken from the profile, from AWS or from a person."""

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
    """How a login ended: with a session that was *kept*, or with a new one, through *device*."""

    credentials: SessionCredentials
    device: MFADevice | None
    kept: bool


class AccessKeys(Protocol):
    """Where the long-term access keys are."""

    def access_key(self, profile: Profile) -> AccessKey:
        """Return the key of *profile*; the store may itself stop to ask for a password.

        Raises:
            AccessKeyNotFoundError: there is none.
            StoreError: it cannot be known whether there is one.
        """


class AWS(Directory, Protocol):
    """What a login asks of AWS."""

    def prepare(self) -> None:
        """Begin to get ready, so that the first question need not wait."""

    def get_session_token(
        self, key: AccessKey, device: MFADevice, code: TokenCode, duration: timedelta
    ) -> SessionCredentials:
        """Trade the code for a session, in one attempt.

        Raises:
            TokenCodeRefusedError: the code is wrong, used or too old.
            ReplyLostError: the code went out and no answer came back.
            AWSAnswerError: the same, and what came back is no session.
            AWSError: anything else went wrong, and the code was not used.
        """


class Prompter(DeviceChooser, Protocol):
    """Where token codes come from."""

    def be_ready(self) -> None:
        """Make sure that a code can be had.

        Raises:
            PersonNeededError: there is nobody who could be asked for one.
        """

    def token_code(self, device: MFADevice, *, profile: Profile) -> TokenCode:
        """Return the code that the device shows now.

        Raises:
            PersonNeededError: there is nobody who could be asked, or no answer came in time.
        """

    def tell(self, text: str) -> None:
        """Show *text* to whoever is being asked."""

    def wait_for_a_new_code(self, moment: datetime) -> None:
        """Return at *moment*, when the device shows a code that has not been used."""


class Sessions(Protocol):
    """Where sessions are kept."""

    def session(self, profile: Profile) -> SessionCredentials | None:
        """Return the session of *profile*, live or over; ``None`` where there is none.

        Raises:
            DamagedSessionError: there is one that cannot be used.
        """

    def check_writable(self, profile: Profile, *, replace: bool) -> None:
        """Make sure that a session of *profile* can be written.

        Raises:
            SessionProfileTakenError: something stands there that is not ours.
            SharedFileError: the file cannot be written.
        """

    def keep(self, profile: Profile, credentials: SessionCredentials) -> None:
        """Write the session, whole or not at all.

        Raises:
            SharedFileError: it could not be written; the file is as it was.
        """


class UsedCodes(Protocol):
    """Which time step of a device has had its code used."""

    def last_step(self, device: MFADevice) -> int | None:
        """Return the last step whose code was sent to AWS from this machine."""

    def set_last_step(self, device: MFADevice, step: int | None) -> None:
        """Remember it; ``None`` forgets."""


class Clock(Protocol):
    """What time it is."""

    def __call__(self) -> datetime:
        """Return the present moment, aware, in UTC."""


def log_in(
    request: LoginRequest,
    *,
    keys: AccessKeys,
    aws: AWS,
    prompter: Prompter,
    sessions: Sessions,
    used_codes: UsedCodes,
    clock: Clock,
) -> LoginResult:
    """Get a session for a profile, unless it has one with enough time left.

    The key is fetched, and the place for the session made sure of, before anybody is
    asked for a code: a code lives for thirty seconds, and it is a pity to type one in vain.

    Raises:
        MFASessionError: of every family; nothing was written then.
    """
    profile = request.profile
    if not request.force and (live := session_worth_keeping(request, sessions=sessions, clock=clock)):
        return LoginResult(live, device=None, kept=True)
    if request.code is None:
        prompter.be_ready()
    sessions.check_writable(profile, replace=request.replace)
    device = request.device or profile.mfa_device
    if request.code is not None or device is None:
        aws.prepare()  # it is asked before any person, and the keyring may be slow
    key = keys.access_key(profile)
    device = device or find_device(key, directory=aws, chooser=prompter)
    duration = request.duration or profile.duration or DEFAULT_SESSION

    trade = _Trade(key, device, duration, aws=aws, used_codes=used_codes, clock=clock)
    if request.code is not None:
        credentials = trade(request.code)
    else:
        aws.prepare()  # a person is slower, and need not wait for the question
        credentials = _trade_an_asked_code(trade, request, prompter=prompter)
    sessions.keep(profile, credentials)
    return LoginResult(credentials, device=device, kept=False)


def session_worth_keeping(request: LoginRequest, *, sessions: Sessions, clock: Clock) -> SessionCredentials | None:
    """Return the session that a login would keep, ``None`` where it would get a new one."""
    try:
        live = sessions.session(request.profile)
    except DamagedSessionError:
        return None
    return live if live is not None and not live.expire_within(request.min_remaining, now=clock()) else None


class _Trade:
    """One key and one device, for which codes can be traded."""

    def __init__(
        self, key: AccessKey, device: MFADevice, duration: timedelta, *, aws: AWS, used_codes: UsedCodes, clock: Clock
    ) -> None:
        self.device = device
        self._key = key
        self._duration = duration
        self._aws = aws
        self._used_codes = used_codes
        self._clock = clock

    def new_code_from(self) -> datetime | None:
        """Return when the device shows a code that was not sent yet; ``None`` when it shows one now."""
        step = time_step(self._clock())
        return start_of(step + 1) if self._used_codes.last_step(self.device) == step else None

    def __call__(self, code: TokenCode) -> SessionCredentials:
        before = self._used_codes.last_step(self.device)
        # Written first: whoever comes after a kill must wait for the next code.
        self._used_codes.set_last_step(self.device, time_step(self._clock()))
        try:
            return self._aws.get_session_token(self._key, self.device, code, self._duration)
        except _CODE_MAY_BE_USED:
            raise
        except MFASessionError:
            self._used_codes.set_last_step(self.device, before)
            raise


def _trade_an_asked_code(trade: _Trade, request: LoginRequest, *, prompter: Prompter) -> SessionCredentials:
    refused: dict[TokenCode, TokenCodeRefusedError] = {}
    attempt = 0
    while True:
        if moment := trade.new_code_from():
            prompter.wait_for_a_new_code(moment)
        code = prompter.token_code(trade.device, profile=request.profile)
        try:
            if code in refused:  # typed again, and never sent again
                raise refused[code]
            return trade(code)
        except TokenCodeRefusedError as error:
            attempt += 1
            if attempt == request.attempts:
                raise
            refused[code] = error
            prompter.tell("AWS did not accept this code: it is wrong, used or too old. Type the next one.")
