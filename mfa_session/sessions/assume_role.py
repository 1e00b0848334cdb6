"""Take a role with the session of its source profile.

One code of a user serves all the user's roles: each is taken with the session that the
code was traded for, and again when it ends, and nobody is asked. AWS gives such a role
an hour at the most. For longer, the code goes to AWS in the very call that takes the
role; it serves no other then.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use.html
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

from mfa_session.errors import AccessDeniedError, ConfigurationError, ExpiredSessionError, UsageError
from mfa_session.model.caller_identity import CallerIdentity
from mfa_session.model.credentials import AccessKey, SessionCredentials
from mfa_session.model.durations import DEFAULT_ROLE_SESSION, in_words
from mfa_session.model.mfa_device import MFADevice, TokenCode
from mfa_session.model.profile import Profile
from mfa_session.model.role import Role
from mfa_session.sessions.login import (
    AWS,
    AccessKeys,
    Clock,
    LoginRequest,
    LoginResult,
    Prompter,
    Sessions,
    UsedCodes,
    log_in,
    session_worth_keeping,
)

# What AWS calls role chaining begins with any session, a user's too.
MAX_FROM_A_SESSION = timedelta(hours=1)


class TakesRoles(Protocol):
    """What is asked of AWS to take a role with a session."""

    def prepare(self) -> None:
        """Begin to get ready, so that the first question need not wait."""

    def assume_role(self, credentials: SessionCredentials, role: Role, duration: timedelta) -> SessionCredentials:
        """Return a session of the role.

        Raises:
            AccessDeniedError: it is not the caller's to take; AWS does not say why.
            ExpiredSessionError: the session that asks is over.
            AWSError: anything else went wrong.
        """


class TakesRolesWithCodes(AWS, Protocol):
    """What is asked of AWS to take a role with an access key and a code."""

    def assume_role_with_code(
        self, key: AccessKey, role: Role, device: MFADevice, code: TokenCode, duration: timedelta
    ) -> SessionCredentials:
        """Return a session of the role, in one attempt.

        Raises:
            TokenCodeRefusedError: the code is wrong, used or too old.
            ReplyLostError: the code went out and no answer came back.
            AWSAnswerError: the same, and what came back is no session.
            AccessDeniedError: the role is not the user's to take; the code may have been used.
            AWSError: anything else went wrong, and the code was not used.
        """


def assumes_with_code(request: LoginRequest) -> bool:
    """Tell whether the role of a profile has to be taken with a code of its own, because it is to last so long.

    Raises:
        UsageError: it is to last longer than a role can that is taken from another role.
        ConfigurationError: the same, and the configuration says so.
    """
    profile, span = request.profile, _duration(request)
    if span <= MAX_FROM_A_SESSION:
        return False
    _, source = _taken(profile)
    if source.role is not None:
        problem = UsageError if request.duration else ConfigurationError
        raise problem(
            f"{profile.name} cannot last {in_words(span)}: it is taken with the session of another role, {source.name},"
            " and AWS gives an hour at the most then",
            hint="ask for an hour or less: --duration 1h, or duration_seconds = 3600 of the profile",
        )
    return True


def log_in_to_role(
    request: LoginRequest,
    *,
    log_in_source: Callable[[], LoginResult],
    aws: TakesRoles,
    sessions: Sessions,
    clock: Clock,
) -> LoginResult:
    """Get a session of the role of a profile, unless it has one with enough time left.

    *log_in_source* makes sure that its source profile has a live session. That may be a
    question to a person, so the place for the role's own session is made sure of before.

    Raises:
        MFASessionError: of every family; nothing was written for this profile then.
    """
    profile = request.profile
    role, source = _taken(profile)
    if not request.force and (live := session_worth_keeping(request, sessions=sessions, clock=clock)):
        return LoginResult(live, device=None, kept=True)
    aws.prepare()
    sessions.check_writable(profile, replace=request.replace)
    source_login = log_in_source()
    try:
        credentials = aws.assume_role(source_login.credentials, role, _duration(request))
    except AccessDeniedError as error:
        hint = f"{error.hint}{_about_mfa(source, source_login)}"
        raise AccessDeniedError(str(error), hint=hint, code=error.code) from error
    except ExpiredSessionError as error:
        raise ExpiredSessionError(str(error), hint=f"get a new one: {_anew(source)}", code=error.code) from error
    sessions.keep(profile, credentials)
    return LoginResult(credentials, device=source_login.device, kept=False)


def log_in_to_role_with_code(
    request: LoginRequest,
    *,
    keys: AccessKeys,
    aws: TakesRolesWithCodes,
    prompter: Prompter,
    sessions: Sessions,
    used_codes: UsedCodes,
    lock: Callable[[], AbstractContextManager[None]],
    clock: Clock,
) -> LoginResult:
    """Get a session of the role of a profile as :func:`log_in` gets one of a user, with a code for the role alone.

    *lock* is the user's: two questions for the code of one device confuse its owner.

    Raises:
        MFASessionError: of every family; nothing was written then.
    """
    profile = request.profile
    role, _ = _taken(profile)
    if not request.force and (live := session_worth_keeping(request, sessions=sessions, clock=clock)):
        return LoginResult(live, device=None, kept=True)
    if request.code is None:
        prompter.be_ready()
    with lock():
        if request.code is None:
            span = in_words(_duration(request))
            prompter.tell(f"{profile.name} is to last {span}. Over an hour, a role needs a code of its own.")
        return log_in(
            replace(request, duration=_duration(request), force=True),
            keys=_KeysOfTheUser(keys),
            aws=_CodesForTheRole(aws, role),
            prompter=prompter,
            sessions=sessions,
            used_codes=used_codes,
            clock=clock,
        )


def _duration(request: LoginRequest) -> timedelta:
    return request.duration or request.profile.duration or DEFAULT_ROLE_SESSION


def _taken(profile: Profile) -> tuple[Role, Profile]:
    """Return the role of a role profile, and the profile whose session takes it."""
    if profile.role is None or profile.source is None:
        raise ValueError(f"profile {profile.name} takes no role")
    return profile.role, profile.source


def _about_mfa(source: Profile, source_login: LoginResult) -> str:
    """Return what else to try, as far as MFA may be the reason why AWS denies a role."""
    if source.role is not None:
        return "; if it wants MFA: a role that is taken from another role has none to show"
    if source_login.kept:
        return f"; if it wants a newer code: {_anew(source)}"
    return ""


def _anew(source: Profile) -> str:
    return f"mfa-session login --profile {source.user.name} --force"


class _KeysOfTheUser:
    """The access keys, of which a role profile has none: it takes that of its user."""

    def __init__(self, keys: AccessKeys) -> None:
        self._keys = keys

    def access_key(self, profile: Profile) -> AccessKey:
        return self._keys.access_key(profile.user)


class _CodesForTheRole:
    """AWS, which trades a code for the session of a role instead of the user's."""

    def __init__(self, aws: TakesRolesWithCodes, role: Role) -> None:
        self._aws = aws
        self._role = role

    def prepare(self) -> None:
        self._aws.prepare()

    def get_session_token(
        self, key: AccessKey, device: MFADevice, code: TokenCode, duration: timedelta
    ) -> SessionCredentials:
        return self._aws.assume_role_with_code(key, self._role, device, code, duration)

    def get_caller_identity(self, credentials: AccessKey | SessionCredentials) -> CallerIdentity:
        return self._aws.get_caller_identity(credentials)

    def list_mfa_devices(self, credentials: AccessKey | SessionCredentials, user_name: str) -> list[MFADevice]:
        return self._aws.list_mfa_devices(credentials, user_name)
