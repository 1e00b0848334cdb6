"""Runs logins of one profile for a command: its key, its AWS clients and its prompts."""

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property, partial

from mfa_session.aws.iam import IAM
from mfa_session.aws.sts import STS
from mfa_session.cli.code_sources import code_sources, has_code_program, with_code_settings_of
from mfa_session.cli.context import AppContext, now
from mfa_session.errors import OtherToolSessionError, PromptCancelledError, StateError, hint_command
from mfa_session.keys.lookup import KeyLookup
from mfa_session.model.credentials import SessionCredentials
from mfa_session.model.profile import Profile
from mfa_session.prompt.code_sources import CodeSources
from mfa_session.prompt.prompt import Deadline
from mfa_session.prompt.user import NoUser
from mfa_session.sessions.assume_role import assumes_with_code, log_in_to_role, log_in_to_role_with_code
from mfa_session.sessions.login import LoginRequest, LoginResult, log_in, session_worth_keeping
from mfa_session.sessions.single_flight import EARLY, LEAST_REMAINING, LOCK_TIMEOUT, answer, renewed

# A renewal calls AWS once or twice; a caller that waits longer still has a live session.
_RENEWAL_TIMEOUT = timedelta(seconds=5)

# Of the program that prints the code: the SDK for Rust waits 22 seconds for the whole answer.
_CODE_TIMEOUT = timedelta(seconds=15)


def live_session(app: AppContext, profile: Profile) -> SessionCredentials:
    """Return the session of *profile* that is live, or a new one; one login at a time.

    A live one is returned whoever is logging in meanwhile, and whatever stands in the way to AWS;
    it is renewed in its last minutes if that needs no prompt.
    """
    request = LoginRequest(profile, min_remaining=LEAST_REMAINING)
    if live := session_worth_keeping(request, sessions=app.sessions, clock=now):
        if may_be_renewed(profile) and live.expire_within(EARLY, now=now()):
            renew = partial(renewed_session, app, profile)
            return renewed(profile, renew, failed_logins=app.failed_logins, clock=now) or live
        return live
    with app.lock(profile):
        return LoginService(app, profile).log_in(request).credentials


def may_be_renewed(profile: Profile) -> bool:
    """Tell whether a session of *profile* may be had without asking anybody."""
    return profile.role is not None or has_code_program(profile)


def renewed_session(app: AppContext, profile: Profile) -> SessionCredentials:
    """Return a session of *profile* that is not about to end, without asking anybody.

    Raises:
        PersonNeededError: a prompt would be needed.
        LockedError: another process is prompting.
        MFASessionError: of every other family.
    """
    quiet = AppContext(app.environ, no_prompt=True, deadline=Deadline.beginning_now(_CODE_TIMEOUT))
    with quiet.lock(profile, timeout=_RENEWAL_TIMEOUT):
        service = LoginService(quiet, profile, asks=False)
        return service.log_in(LoginRequest(profile, min_remaining=EARLY, attempts=1)).credentials


class LoginService:
    """Logs *profile* in, or assumes its role.

    *command* is what to run in a terminal where prompting is not possible. *asks_for_key*
    prompts for the key of a profile that has none. With *asks* ``False`` there is no prompt
    at all. *keys* replaces the usual lookup. *log_in_source* gets a live session for the source
    profile of a role; by default another `LoginService` does.
    """

    def __init__(
        self,
        app: AppContext,
        profile: Profile,
        *,
        command: str = "login",
        region: str | None = None,
        asks_for_key: bool = False,
        asks: bool = True,
        keys: KeyLookup | None = None,
        log_in_source: Callable[[LoginRequest], LoginResult] | None = None,
    ) -> None:
        self._endpoints = endpoints = app.endpoints(profile, region=region)
        self._command = command = hint_command(command, profile=profile.name)
        self._app = app
        self._profile = profile
        self._region = region
        self._asks = asks
        self._asks_for_key = asks_for_key
        self._log_in_source = log_in_source or self._log_in_to_source
        transport = app.transport(profile, endpoints)
        self.sts, self.iam = STS(transport), IAM(transport)
        self.user = app.user(command, endpoints=endpoints) if asks else NoUser(command)
        self.keys = keys or app.keys(self.sts, user=self.user if asks_for_key else None)

    @property
    def region_is_known(self) -> bool:
        """Whether a region was chosen, so that AWS tools have one too."""
        return self._endpoints.region_is_known

    @cached_property
    def codes(self) -> CodeSources:
        """What gives the codes: programs that are configured, and people."""
        return code_sources(
            with_code_settings_of(self._profile.user, self._profile),
            self.user,
            environ=self._app.environ_for(self._profile),
            command=self._command,
            endpoint=self._endpoints.sts_url,
            deadline=self._app.deadline,
            unsafe_settings=self._app.unsafe_settings,
        )

    def log_in(self, request: LoginRequest) -> LoginResult:
        """Do what *request* says, without a lock on the profile; how the last login failed is forgotten then."""
        self._app.check_has_own_key(self._profile, at_login=self._asks_for_key)
        try:
            login = self._log_in(request)
        except OtherToolSessionError:
            if not self._asks_for_key or not self.user.is_there:
                raise
            name = request.profile.session_profile
            if not self.user.agrees(f"{name} holds temporary keys from another tool. Replace them?", by_default=True):
                raise PromptCancelledError(hint="to use another profile: --session-profile NAME") from None
            login = self._log_in(replace(request, replace=True))
        if not login.kept:
            with suppress(StateError):  # there is a session, and the record is soon too old to matter
                self._app.failed_logins.forget(request.profile)
        return login

    def _log_in(self, request: LoginRequest) -> LoginResult:
        if self._profile.role is not None:
            return self._log_in_to_role(request)
        return log_in(
            request,
            find_key=self.keys.access_key,
            sts=self.sts,
            iam=self.iam,
            prompter=self.codes,
            sessions=self._app.sessions,
            used_codes=self._app.used_codes,
            clock=now,
        )

    def _log_in_to_role(self, request: LoginRequest) -> LoginResult:
        if assumes_with_code(request):
            return log_in_to_role_with_code(
                request,
                find_key=self.keys.access_key,
                sts=self.sts,
                iam=self.iam,
                prompter=self.codes,
                sessions=self._app.sessions,
                used_codes=self._app.used_codes,
                lock=partial(self._lock, request.profile.user),
                clock=now,
            )
        return log_in_to_role(
            request,
            log_in_source=partial(self._log_in_source, _request_for_source(request)),
            sts=self.sts,
            sessions=self._app.sessions,
            clock=now,
        )

    def _log_in_to_source(self, request: LoginRequest) -> LoginResult:
        if not request.force and (live := session_worth_keeping(request, sessions=self._app.sessions, clock=now)):
            return LoginResult(live, device=None, kept=True)
        service = LoginService(self._app, request.profile, region=self._region, keys=self.keys, asks=self._asks)
        if not self._asks and request.profile.role is None:
            service.codes.be_ready()  # fail now rather than after waiting for another process's prompt
        with self._lock(request.profile):
            return service.log_in(request)

    def _lock(self, profile: Profile) -> AbstractContextManager[None]:
        return self._app.lock(profile) if self._asks else self._app.lock(profile, timeout=_RENEWAL_TIMEOUT)


def request_for_user(request: LoginRequest) -> LoginRequest:
    """Return what the user behind a role is to do, so that the role can be taken."""
    while request.profile.role is not None:
        request = _request_for_source(request)
    return request


def _request_for_source(request: LoginRequest) -> LoginRequest:
    """Return what the source profile of a role is to do, so that the role can be taken: as little as will do."""
    profile = request.profile
    assert profile.source is not None  # noqa: S101  who takes a role takes it from somewhere
    source = with_code_settings_of(profile.source, profile)
    return LoginRequest(
        replace(source, mfa_device=request.device or profile.mfa_device),
        code=request.code,
        min_remaining=LEAST_REMAINING,
        force=request.force and request.code is not None,  # who gives a code wants it to be used
        attempts=request.attempts,
    )


def aws_with_mfa(app: AppContext, profile: str | None) -> tuple[STS, IAM, SessionCredentials]:
    """Return STS and IAM for *profile*, and its live session, or a new one for which a code is asked."""
    source = app.profile(profile)
    session = live_session(app, source)
    transport = app.transport(source)
    return STS(transport), IAM(transport), session


def shared_session(
    app: AppContext,
    request: LoginRequest,
    *,
    since: datetime | None = None,
    waits_for_prompt: bool = True,
    remember: Callable[[Profile, LoginResult], None] | None = None,
) -> SessionCredentials:
    """Return the valid session of the profile, or a new one that all concurrent callers get.

    *since* is as in :func:`answer`. With *waits_for_prompt* ``False``, PersonNeededError is
    raised where another caller is asked. *remember* is called with each new session.

    Raises:
        MFASessionError: the login failed, here or in the caller that was asked.
    """
    profile = request.profile

    # All roles of one user share one prompt, however many callers there are.
    def log_in_source(source: LoginRequest) -> LoginResult:
        session = shared_session(
            app,
            source,
            since=since,
            waits_for_prompt=waits_for_prompt,
            remember=remember,
        )
        return LoginResult(session, device=None, kept=True)

    def log_in() -> SessionCredentials:
        service = LoginService(app, profile, log_in_source=log_in_source)
        result = service.log_in(request)
        if remember is not None and not result.kept:
            remember(profile, result)
        return result.credentials

    return answer(
        profile,
        sessions=app.sessions,
        log_in=log_in,
        renew=partial(renewed_session, app, profile) if may_be_renewed(profile) else None,
        lock=partial(app.lock, profile, timeout=LOCK_TIMEOUT),
        failed_logins=app.failed_logins,
        clock=now,
        since=since,
        check=None if waits_for_prompt else partial(_check_promptless, app, request),
        force=request.force,
    )


def _check_promptless(app: AppContext, request: LoginRequest) -> None:
    """Make sure that the login of *request* needs no code from the user.

    Raises:
        PersonNeededError: it does.
    """
    if request.profile.role is None or assumes_with_code(request):
        LoginService(app, request.profile).codes.be_ready()
        return
    source = _request_for_source(request)
    if session_worth_keeping(source, sessions=app.sessions, clock=now) is None:
        _check_promptless(app, source)


def remember_device(app: AppContext, user: Profile, result: LoginResult) -> None:
    """Write the device of a new session into the profile of its user, so that the next login need not look for it.

    Never into a role's profile: AWS tools would then ask for a code that is not needed.

    Raises:
        ConfigurationError: the config file cannot be changed.
    """
    if result.device is not None and result.device != user.mfa_device:
        app.settings.remember_device(user, result.device)
