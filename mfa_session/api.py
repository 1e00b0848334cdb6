"""The Python interface: boto3 sessions with MFA, by the same login as `credential-process`."""

import os
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from mfa_session.aws.boto3_session import boto3_session, core_session
from mfa_session.aws.boto3_session import register as register_with_botocore
from mfa_session.cli.context import AppContext
from mfa_session.cli.login_service import remember_device, shared_session
from mfa_session.errors import ConfigurationError, UsageError
from mfa_session.model.credentials import SessionCredentials
from mfa_session.model.durations import role_duration, session_duration
from mfa_session.model.mfa_device import MFADevice
from mfa_session.model.profile import Profile
from mfa_session.prompt.ask_function import AskFunction, FunctionUser, Question, check_ask
from mfa_session.prompt.prompt import Deadline
from mfa_session.prompt.terminal import Terminal
from mfa_session.prompt.user import NoUser, User
from mfa_session.sessions.login import LoginRequest, LoginResult
from mfa_session.sessions.single_flight import LEAST_REMAINING

if TYPE_CHECKING:
    import boto3
    import botocore.session

    from mfa_session.aws.endpoints import Endpoints

Ask = bool | Callable[[Question], str | None]

# Other callers that wait for the same session give up after 55 seconds.
_PROMPT = timedelta(seconds=45)

# As the option of the program is parsed.
_YES = {"1", "true", "t", "yes", "y", "on"}


def session(
    profile: str | None = None,
    *,
    profile_name: str | None = None,
    region_name: str | None = None,
    ask: Ask = True,
    duration: timedelta | int | str | None = None,
    serial: str | None = None,
    force: bool = False,
) -> "boto3.Session":
    """Return a boto3 session with the MFA session of *profile*, which gets the next one when it expires.

    *profile*, also called *profile_name* as in boto3, is that of a user or a role, or the session profile of
    either. The default is ``AWS_PROFILE``, else ``default``. A valid session is used as it is. Without one,
    the user is asked for an MFA code now, on the terminal of this program, for 45 seconds and up to three
    times; a program that prints codes comes first. All threads and programs that want the session at the
    same moment share one prompt and one call.

    With *ask* ``False``, or ``MFA_SESSION_NO_PROMPT`` set, nothing is asked, now or later, and no other
    program's prompt is waited for. A function is called with each :class:`Question` and returns the answer;
    ``getpass.getpass`` works in a notebook.

    *duration* (``"12h"``, seconds or a timedelta) and *serial* (of the MFA device) are for new sessions. *force*
    gets a new one now. *region_name* wins over ``AWS_DEFAULT_REGION`` and the profile. The session
    uses no other credentials.

    Raises:
        PersonNeededError: a code is needed and cannot be asked for; the hint is the command to run.
        MFASessionError: any other failure. A client of the session raises the same when a new session is
            needed and cannot be had.
        TypeError: *ask* cannot be called, or returned something else than a str.
    """
    login = _Login(_one(profile, profile_name), ask=ask, duration=duration, serial=serial, force=force)
    return boto3_session(
        login.session, profile=login.profile.name, region=region_name, default_region=login.profile.region
    )


def register(
    botocore_session: "botocore.session.Session | boto3.Session | object",
    profile: str | None = None,
    *,
    profile_name: str | None = None,
    ask: Ask = True,
    duration: timedelta | int | str | None = None,
    serial: str | None = None,
    force: bool = False,
) -> None:
    """Let an existing session of botocore get its credentials as :func:`session` does, before any other.

    For libraries that make or want their own: botocore, aiobotocore (s3fs), boto3 (awswrangler) and aioboto3.
    It may ask now. In a coroutine: ``await asyncio.to_thread(mfa_session.register, session, "test-user")``.

    Raises:
        MFASessionError, TypeError: as :func:`session` does.
    """
    core = core_session(botocore_session)
    login = _Login(_one(profile, profile_name), ask=ask, duration=duration, serial=serial, force=force)
    register_with_botocore(core, login.session, default_region=login.profile.region)


def _one(profile: str | None, profile_name: str | None) -> str | None:
    if profile is not None and profile_name is not None:
        raise TypeError("profile and profile_name are the same argument; give one of them")
    return profile if profile_name is None else profile_name


class _Login:
    """Gets sessions of one profile, for as long as a boto3 session needs them."""

    def __init__(
        self,
        profile: str | None,
        *,
        ask: Ask,
        duration: timedelta | int | str | None,
        serial: str | None,
        force: bool,
    ) -> None:
        check_ask(ask)
        self._app = _Context(ask, profile)
        self._timeout = None if callable(ask) else _PROMPT
        self.profile = self._app.profile(profile)
        self._duration = _duration(duration, is_role=self.profile.role is not None)
        self._device = None if serial is None else MFADevice(serial)
        self._force = force

    def session(self, since: datetime | None) -> SessionCredentials:
        """Return a valid session; failed logins after *since*, else from now on, are those of this call too."""
        request = LoginRequest(
            self._app.profile(self.profile.name),  # read again: the settings may have changed meanwhile
            device=self._device,
            duration=self._duration,
            min_remaining=LEAST_REMAINING,
            force=self._force,
        )
        self._force = False
        self._app.deadline = Deadline.beginning_now(self._timeout)
        return shared_session(
            self._app,
            request,
            since=since or datetime.now(UTC),
            waits_for_prompt=not self._app.no_prompt,
            remember=self._remember,
        )

    def _remember(self, profile: Profile, result: LoginResult) -> None:
        with suppress(ConfigurationError):  # the session is there, and works without it
            remember_device(self._app, profile.user, result)


class _Context(AppContext):
    """The parts of a login whose questions *ask* answers."""

    def __init__(self, ask: Ask, profile: str | None) -> None:
        no_prompt = not ask or os.environ.get("MFA_SESSION_NO_PROMPT", "").strip().lower() in _YES
        self._ask = None if isinstance(ask, bool) else ask
        self._named = profile
        super().__init__(os.environ, no_prompt=no_prompt, open_terminal=self._open)

    def user(
        self,
        command: str,
        *,
        endpoints: "Endpoints | None" = None,
    ) -> User | NoUser:
        """Return the user behind the function, if there is one."""
        if self._ask is None or self.no_prompt:
            return super().user(command, endpoints=endpoints)
        endpoint = endpoints.sts_url if endpoints else None
        return FunctionUser(AskFunction(self._ask, profile=self._named), command=command, endpoint=endpoint)

    def _open(self) -> Terminal:
        """Return what a passphrase is asked on."""
        if self._ask is None:
            return Terminal.open()
        return Terminal(AskFunction(self._ask, profile=self._named, kind="passphrase"))


def _duration(given: timedelta | int | str | None, *, is_role: bool) -> timedelta | None:
    if given is None:
        return None
    text = str(int(given.total_seconds())) if isinstance(given, timedelta) else str(given)
    try:
        return role_duration(text) if is_role else session_duration(text)
    except UsageError as error:
        raise UsageError(f"duration: {error}", hint=error.hint) from None
