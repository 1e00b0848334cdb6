"""Serve a session to one program and to all that it starts, for as long as it runs.

A request is answered from the session profile as it is at that moment, so that a login
done anywhere is what the next request gets. Whether a new one is needed is looked at
beside it: no SDK waits longer than a second or two for its answer.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from hmac import compare_digest
from http import HTTPStatus
from typing import Protocol

from mfa_session.credential_server.protocol import CredentialEndpoint, Request, Response
from mfa_session.errors import MFASessionError
from mfa_session.model.credentials import SessionCredentials
from mfa_session.model.durations import in_words
from mfa_session.model.profile import Profile
from mfa_session.sessions.single_flight import LEAST_REMAINING

# botocore asks at every call from here on, and somebody who has to find his phone has time to.
EARLY = timedelta(minutes=15)

# A renewal that fails may not fail a minute later.
_BETWEEN_RENEWALS = timedelta(minutes=1)


class Sessions(Protocol):
    """Where sessions are kept."""

    def session(self, profile: Profile) -> SessionCredentials | None:
        """Return the session of *profile*, live or over, or ``None``.

        Raises:
            ConfigurationError: it cannot be read, or there is one that cannot be used.
        """


class Caller(Protocol):
    """Whoever is at the other end of a connection."""

    def is_another_user(self) -> bool:
        """Tell whether it is the process of another user of this machine, as far as the system lets us know."""


class Renew(Protocol):
    """One login for which nobody is asked."""

    def __call__(self, *, beyond: timedelta) -> None:
        """Keep a session that lives longer than *beyond*, if there is none yet.

        Raises:
            MFASessionError: there is none without a person, or AWS does not give one.
        """


class Tell(Protocol):
    """How to reach whoever waits for the program that is served."""

    def __call__(self, what: str, *, hint: str) -> None:
        """Say what is the matter, and what to do."""


class Clock(Protocol):
    """What time it is."""

    def __call__(self) -> datetime:
        """Return the present moment, aware, in UTC."""


def answer(
    request: Request, caller: Caller, *, door: CredentialEndpoint, profile: Profile, sessions: Sessions, clock: Clock
) -> Response:
    """Return what *caller* gets for *request*: the session of *profile*, or why not.

    It is handed out to its last second. Whoever asks then would get an error instead.
    """
    if refusal := _refusal(request, caller, door=door):
        return refusal
    try:
        session = sessions.session(profile)
    except MFASessionError as error:
        return Response.refusal(HTTPStatus.FORBIDDEN, "CredentialsUnusable", f"{error}; {error.hint}")
    if session is None or session.expiration <= clock():
        state = "is over" if session else "is gone"
        return Response.refusal(
            HTTPStatus.FORBIDDEN, "ExpiredToken", f"the session of {profile.name} {state}; {_way_on(profile)}"
        )
    return Response.credentials(session)


def _refusal(request: Request, caller: Caller, *, door: CredentialEndpoint) -> Response | None:
    if request.header("Host") != [door.host]:
        return Response.refusal(HTTPStatus.MISDIRECTED_REQUEST, "AccessDenied", f"only {door.host} is answered for")
    if request.header("Origin"):
        return Response.refusal(HTTPStatus.FORBIDDEN, "AccessDenied", "web pages are not answered")
    if request.target != door.path:
        return Response.refusal(HTTPStatus.NOT_FOUND, "NotFound", f"there is nothing here but {door.path}")
    if request.method != "GET":
        return Response.refusal(
            HTTPStatus.METHOD_NOT_ALLOWED, "MethodNotAllowed", "there is nothing to do here but GET"
        )
    # Last, for it costs most; and whoever has no token is not told whether he is the right user.
    if not _is_known(request, door) or caller.is_another_user():
        return Response.refusal(
            HTTPStatus.FORBIDDEN, "AccessDenied", "this is for the program that was started with it"
        )
    return None


def _is_known(request: Request, door: CredentialEndpoint) -> bool:
    tokens = request.header("Authorization")
    return len(tokens) == 1 and compare_digest(tokens[0].encode(), door.token.encode())


def _way_on(profile: Profile) -> str:
    return f"run in another terminal: mfa-session login --profile {profile.name}"


class RenewalMonitor:
    """Looks after the session of *profile* while it is served: renews it in time, or has somebody do so."""

    def __init__(self, profile: Profile, *, sessions: Sessions, renew: Renew, tell: Tell, clock: Clock) -> None:
        self._profile = profile
        self._sessions = sessions
        self._renew = renew
        self._tell = tell
        self._clock = clock
        self._key_id: str | None = None
        self._early = EARLY
        self._not_before = clock()
        self._told: list[bool] = []

    def look(self) -> None:
        """Do what is to be done now: get a new session in the last minutes of the old one, or say that it ends.

        Each is said once of a session. One that was logged out is not renewed: somebody
        wanted it gone. Nor is one that was never live, for which somebody is being asked.
        """
        now = self._clock()
        session = self._session()
        if session is None or (self._key_id is None and session.expire_within(LEAST_REMAINING, now=now)):
            return
        if session.access_key_id != self._key_id:
            self._begin(session, now)
        left = session.expiration - now
        if left > self._early or now < self._not_before:
            return
        is_over = left <= timedelta(0)
        self._not_before = now + _BETWEEN_RENEWALS
        if not is_over:  # the end itself is not slept through
            self._not_before = min(self._not_before, session.expiration)
        try:
            self._renew(beyond=max(left, timedelta(0)))
        except MFASessionError as error:
            if is_over not in self._told:
                self._told.append(is_over)
                state = "is over" if is_over else f"ends in {in_words(left)}"
                self._tell(f"the session of {self._profile.name} {state}: {error}", hint=_way_on(self._profile))

    def _session(self) -> SessionCredentials | None:
        with suppress(MFASessionError):  # a request is told why
            return self._sessions.session(self._profile)
        return None

    def _begin(self, session: SessionCredentials, now: datetime) -> None:
        # One that is short from the start would else be renewed as soon as it is there.
        self._early = EARLY if self._key_id is None else min(EARLY, (session.expiration - now) / 2)
        self._key_id = session.access_key_id
        self._not_before = now
        self._told.clear()
