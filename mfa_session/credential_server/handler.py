"""What the credentials endpoint answers, and when the session is renewed.

A request is answered from the session profile as it is at that moment, so any login
counts from the next request on. Renewal runs beside it, because no SDK waits longer
than a second or two for its answer.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from hmac import compare_digest
from http import HTTPStatus

from mfa_session.credential_server.protocol import CredentialEndpoint, Request, Response
from mfa_session.errors import MFASessionError, hint_command
from mfa_session.model.credentials import SessionCredentials
from mfa_session.model.durations import in_words
from mfa_session.model.profile import Profile
from mfa_session.sessions.single_flight import LEAST_REMAINING

# From here on botocore asks at every call, and the user still has time to find the phone.
EARLY = timedelta(minutes=15)

# A renewal that failed may succeed a minute later.
_BETWEEN_RENEWALS = timedelta(minutes=1)


def answer(
    request: Request,
    is_another_user: Callable[[], bool],
    *,
    endpoint: CredentialEndpoint,
    profile: Profile,
    session: Callable[[], SessionCredentials | None],
    clock: Callable[[], datetime],
) -> Response:
    """Return the response to *request*: the session of *profile*, or why not.

    A session is returned until its last second, because without it the client fails at once.
    """
    if refusal := _refusal(request, is_another_user, endpoint=endpoint):
        return refusal
    try:
        found = session()
    except MFASessionError as error:
        return Response.refusal(HTTPStatus.FORBIDDEN, "CredentialsUnusable", f"{error}; {error.hint}")
    if found is None or found.expiration <= clock():
        state = f"the session of {profile.name} has expired" if found else f"not logged in: {profile.name}"
        return Response.refusal(HTTPStatus.FORBIDDEN, "ExpiredToken", f"{state}; {_login_hint(profile)}")
    return Response.credentials(found)


def _refusal(request: Request, is_another_user: Callable[[], bool], *, endpoint: CredentialEndpoint) -> Response | None:
    hosts = request.header("Host")
    if len(hosts) != 1 or hosts[0] not in endpoint.hosts:
        return Response.refusal(HTTPStatus.MISDIRECTED_REQUEST, "AccessDenied", f"the Host must be in {endpoint.url}")
    if request.header("Origin"):
        return Response.refusal(HTTPStatus.FORBIDDEN, "AccessDenied", "requests from web pages are refused")
    if request.target != endpoint.path:
        return Response.refusal(HTTPStatus.NOT_FOUND, "NotFound", f"the only path is {endpoint.path}")
    if request.method != "GET":
        return Response.refusal(HTTPStatus.METHOD_NOT_ALLOWED, "MethodNotAllowed", "the only method is GET")
    # Last, because it costs most. A caller without the token does not learn whether it is the right user.
    if not _has_token(request, endpoint) or is_another_user():
        return Response.refusal(
            HTTPStatus.FORBIDDEN, "AccessDenied", "only the program that was given the token is answered"
        )
    return None


def _has_token(request: Request, endpoint: CredentialEndpoint) -> bool:
    tokens = request.header("Authorization")
    return len(tokens) == 1 and compare_digest(tokens[0].encode(), endpoint.token.encode())


def _login_hint(profile: Profile) -> str:
    return f"run in another terminal: {hint_command('login', profile=profile.name)}"


class RenewalMonitor:
    """Renews the session of *profile* in time, or tells the user that it ends.

    *renew* gets a session that outlives the given time without asking, or raises an MFASessionError.
    *notify* takes a message and a hint.
    """

    def __init__(
        self,
        profile: Profile,
        *,
        session: Callable[[], SessionCredentials | None],
        renew: Callable[[timedelta], None],
        notify: Callable[[str, str], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._profile = profile
        self._session = session
        self._renew = renew
        self._notify = notify
        self._clock = clock
        self._key_id: str | None = None
        self._early = EARLY
        self._not_before = clock()
        self._notified: list[bool] = []

    def check(self) -> None:
        """Renew the session if it is in its last minutes, or say once that it ends, and once that it has ended.

        A session that was logged out is not renewed: the user wanted it gone. Nor is one that
        was never live: the login that starts the program is still asking for it.
        """
        now = self._clock()
        session = None
        with suppress(MFASessionError):  # the next request gets the reason
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
        if not is_over:  # check again at the very end
            self._not_before = min(self._not_before, session.expiration)
        try:
            self._renew(max(left, timedelta(0)))
        except MFASessionError as error:
            if is_over not in self._notified:
                self._notified.append(is_over)
                state = "has expired" if is_over else f"ends in {in_words(left)}"
                self._notify(f"the session of {self._profile.name} {state}: {error}", _login_hint(self._profile))

    def _begin(self, session: SessionCredentials, now: datetime) -> None:
        # A session that was short from the start would otherwise be renewed as soon as it exists.
        self._early = EARLY if self._key_id is None else min(EARLY, (session.expiration - now) / 2)
        self._key_id = session.access_key_id
        self._not_before = now
        self._notified.clear()
