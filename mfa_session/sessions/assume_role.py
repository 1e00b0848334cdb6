"""Assume a role with the session of its source profile, or with an MFA code of its own.

The session of a user serves all the user's roles without another code; AWS limits such
role sessions to one hour. For longer, the code is sent with the AssumeRole call itself
and serves that role alone.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use.html
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta

from mfa_session.errors import AccessDeniedError, ConfigurationError, ExpiredSessionError, UsageError, hint_command
from mfa_session.model.credentials import AccessKey
from mfa_session.model.durations import DEFAULT_ROLE_SESSION, in_words
from mfa_session.model.profile import Profile
from mfa_session.model.role import Role
from mfa_session.sessions.login import Clock, LoginRequest, LoginResult, log_in, session_worth_keeping
from mfa_session.sessions.protocols import IAM, STS, Prompter, Sessions, UsedCodes

# AWS calls it role chaining, and a user's session counts.
MAX_FROM_A_SESSION = timedelta(hours=1)


def assumes_with_code(request: LoginRequest) -> bool:
    """Tell whether the role session is so long (over one hour) that it needs a code of its own.

    Raises:
        UsageError: it is assumed from another role, and so cannot last so long.
        ConfigurationError: the same, by the configuration.
    """
    profile, span = request.profile, _duration(request)
    if span <= MAX_FROM_A_SESSION:
        return False
    _, source = _role_and_source(profile)
    if source.role is not None:
        problem = UsageError if request.duration else ConfigurationError
        raise problem(
            f"{profile.name} cannot last {in_words(span)}: it is assumed with the session of another role,"
            f" {source.name}, which AWS limits to one hour",
            hint="use --duration 1h, or duration_seconds = 3600 in the profile",
        )
    return True


def log_in_to_role(
    request: LoginRequest,
    *,
    log_in_source: Callable[[], LoginResult],
    sts: STS,
    sessions: Sessions,
    clock: Clock,
) -> LoginResult:
    """Get a session of the role of a profile, unless it has one with enough time left.

    *log_in_source* returns a valid session of its source profile. It may prompt, so the
    session profile of the role is checked before.

    Raises:
        MFASessionError: the login failed; nothing was written for this profile.
    """
    profile = request.profile
    role, source = _role_and_source(profile)
    if not request.force and (live := session_worth_keeping(request, sessions=sessions, clock=clock)):
        return LoginResult(live, device=None, kept=True)
    sts.prepare()
    sessions.check_writable(profile, replace=request.replace)
    source_login = log_in_source()
    try:
        credentials = sts.assume_role(source_login.credentials, role, _duration(request))
    except AccessDeniedError as error:
        hint = f"{error.hint}{_about_mfa(source, source_login)}"
        raise AccessDeniedError(str(error), hint=hint, code=error.code) from error
    except ExpiredSessionError as error:
        raise ExpiredSessionError(str(error), hint=f"get a new one: {_new_login(source)}", code=error.code) from error
    sessions.keep(profile, credentials)
    return LoginResult(credentials, device=source_login.device, kept=False)


def log_in_to_role_with_code(
    request: LoginRequest,
    *,
    find_key: Callable[[Profile], AccessKey],
    sts: STS,
    iam: IAM,
    prompter: Prompter,
    sessions: Sessions,
    used_codes: UsedCodes,
    lock: Callable[[], AbstractContextManager[None]],
    clock: Clock,
) -> LoginResult:
    """Get a session of the role of a profile with a code for this role alone.

    *lock* is the user's, so that there is one prompt at a time for each device.

    Raises:
        MFASessionError: the login failed; nothing was written.
    """
    profile = request.profile
    role, _ = _role_and_source(profile)
    if not request.force and (live := session_worth_keeping(request, sessions=sessions, clock=clock)):
        return LoginResult(live, device=None, kept=True)
    if request.code is None:
        prompter.be_ready()
    with lock():
        if request.code is None:
            span = in_words(_duration(request))
            prompter.tell(f"A session of {span} for {profile.name} needs an MFA code of its own (over 1 h).")
        return log_in(
            replace(request, duration=_duration(request), force=True),
            find_key=find_key,
            sts=sts,
            iam=iam,
            prompter=prompter,
            sessions=sessions,
            used_codes=used_codes,
            clock=clock,
            exchange=lambda key, *rest: sts.assume_role_with_code(key, role, *rest),
        )


def _duration(request: LoginRequest) -> timedelta:
    return request.duration or request.profile.duration or DEFAULT_ROLE_SESSION


def _role_and_source(profile: Profile) -> tuple[Role, Profile]:
    """Return the role of a role profile, and its source profile."""
    if profile.role is None or profile.source is None:
        raise ValueError(f"profile {profile.name} has no role")
    return profile.role, profile.source


def _about_mfa(source: Profile, source_login: LoginResult) -> str:
    """Return what else to try if MFA may be the reason why AWS denies a role."""
    if source.role is not None:
        return "; if it requires MFA: a role assumed from another role cannot present it"
    if source_login.kept:
        return f"; if it requires a more recent MFA code: {_new_login(source)}"
    return ""


def _new_login(source: Profile) -> str:
    return hint_command("login", "--force", profile=source.user.name)
