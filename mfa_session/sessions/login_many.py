"""Log in to several profiles, with one prompt for each MFA device; a failure does not stop the rest.

Users come before their roles, which then need no code. Profiles with the same access key
share one session. If a user cannot log in, only its roles are left out.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeAlias

from mfa_session.errors import MFASessionError
from mfa_session.model.credentials import AccessKey, SessionCredentials
from mfa_session.model.profile import Profile
from mfa_session.sessions.assume_role import assumes_with_code
from mfa_session.sessions.login import Clock, LoginRequest, LoginResult, session_worth_keeping
from mfa_session.sessions.protocols import Sessions

LogIn: TypeAlias = Callable[[LoginRequest], LoginResult]


@dataclass(frozen=True, slots=True)
class BatchItem:
    """How the login of one profile ended: *outcome*, or the *error*; neither if it was left out."""

    profile: Profile
    number: int
    of: int
    outcome: LoginResult | None = None
    error: MFASessionError | None = None


def log_in_each(
    requests: Sequence[LoginRequest],
    *,
    request_for_user: Callable[[LoginRequest], LoginRequest],
    log_in: LogIn,
    find_key: Callable[[Profile], AccessKey],
    sessions: Sessions,
    clock: Clock,
) -> Iterator[BatchItem]:
    """Log in to the profile of each of *requests*, and yield how each ended.

    A user who is not among them, and whose session a role needs, logs in too, as
    *request_for_user* makes it from the role's request.
    """

    def is_kept(request: LoginRequest) -> bool:
        return not request.force and bool(session_worth_keeping(request, sessions=sessions, clock=clock))

    queue = _in_order(requests, request_for_user, is_kept)
    log_in_once = _OncePerKey(log_in, find_key, sessions)
    failed_users: set[str] = set()
    for number, request in enumerate(queue, 1):
        item = BatchItem(request.profile, number, len(queue))
        if request.profile.user.name in failed_users and not is_kept(request):
            yield item
            continue
        try:
            outcome = log_in(request) if request.profile.role or is_kept(request) else log_in_once(request)
        except MFASessionError as error:
            if request.profile.role is None:
                failed_users.add(request.profile.name)
            yield replace(item, error=error)
        else:
            yield replace(item, outcome=outcome)


def when_written(
    items: Iterator[BatchItem], *, is_due: Callable[[], bool], flush: Callable[[], Mapping[str, MFASessionError]]
) -> Iterator[BatchItem]:
    """Yield each of *items* once its session is written, or with the error why it is not.

    *flush* writes the sessions received so far and returns the errors by session profile; it is
    called when *is_due* says so. Sessions received before an interrupt are written too.
    """
    held: list[BatchItem] = []
    try:
        for item in items:
            held.append(item)
            cost_a_code = item.outcome is not None and item.outcome.device is not None
            if cost_a_code or is_due():
                failures = flush()
                settled, held = held, []
                yield from (_settled(each, failures) for each in settled)
    finally:
        failures = flush()
    yield from (_settled(each, failures) for each in held)


def _settled(item: BatchItem, failures: Mapping[str, MFASessionError]) -> BatchItem:
    error = failures.get(item.profile.session_profile)
    is_new = item.outcome is not None and not item.outcome.kept
    return replace(item, outcome=None, error=error) if error is not None and is_new else item


class _OncePerKey:
    """One login for all profiles with the same access key (a device ARN alone does not identify a user)."""

    def __init__(self, log_in: LogIn, find_key: Callable[[Profile], AccessKey], sessions: Sessions) -> None:
        self._log_in = log_in
        self._find_key = find_key
        self._sessions = sessions
        self._done: dict[tuple[str, timedelta | None], SessionCredentials] = {}

    def __call__(self, request: LoginRequest) -> LoginResult:
        profile = request.profile
        user = (self._find_key(profile).access_key_id, profile.duration)
        if user not in self._done:
            outcome = self._log_in(request)
            self._done[user] = outcome.credentials
            return outcome
        self._sessions.check_writable(profile, replace=request.replace)
        self._sessions.keep(profile, self._done[user])
        return LoginResult(self._done[user], device=None, kept=False)


def _in_order(
    requests: Sequence[LoginRequest],
    request_for_user: Callable[[LoginRequest], LoginRequest],
    is_kept: Callable[[LoginRequest], bool],
) -> list[LoginRequest]:
    users = {request.profile.name: request for request in requests if request.profile.role is None}
    roles = [request for request in requests if request.profile.role is not None]
    for role in roles:
        user = request_for_user(role)
        if not is_kept(role) and not is_kept(user) and _needs_user_session(role):
            users.setdefault(user.profile.name, user)
    return [*users.values(), *sorted(roles, key=_length_of_chain)]


def _needs_user_session(role: LoginRequest) -> bool:
    try:
        return not assumes_with_code(role)
    except MFASessionError:
        return False  # reported when its turn comes


def _length_of_chain(request: LoginRequest) -> int:
    length, profile = 0, request.profile
    while profile.source is not None:
        length, profile = length + 1, profile.source
    return length
