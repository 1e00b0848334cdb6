"""Log in to several profiles: one question for each device, and one failure that stops nobody else.

Users come before their roles, which then need no code. Of several profiles with the same
access key, the first gets a session for them all. Only the roles of a user who could not
log in are left out.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

from mfa_session.errors import MFASessionError
from mfa_session.model.credentials import SessionCredentials
from mfa_session.model.profile import Profile
from mfa_session.sessions.assume_role import assumes_with_code
from mfa_session.sessions.login import AccessKeys, Clock, LoginRequest, LoginResult, Sessions, session_worth_keeping


@dataclass(frozen=True, slots=True)
class BatchItem:
    """How it went with one profile: *outcome*, or the *error*; neither where it was left out."""

    profile: Profile
    number: int
    of: int
    outcome: LoginResult | None = None
    error: MFASessionError | None = None


class LogIn(Protocol):
    """One login."""

    def __call__(self, request: LoginRequest) -> LoginResult:
        """Do what *wish* says.

        Raises:
            MFASessionError: of every family.
        """


def log_in_each(
    wishes: Sequence[LoginRequest],
    *,
    request_for_user: Callable[[LoginRequest], LoginRequest],
    log_in: LogIn,
    keys: AccessKeys,
    sessions: Sessions,
    clock: Clock,
) -> Iterator[BatchItem]:
    """Do what each of *wishes* says, and yield how it went when it is done.

    A user who is not among them, and whose session a role needs, has a turn too: what
    *wish_for_the_user* makes of the wish for the role.
    """
    is_kept = _Kept(sessions, clock)
    queue = _in_order(wishes, request_for_user, is_kept)
    log_in_once = _OnceForAKey(log_in, keys, sessions)
    failed_users: set[str] = set()
    for number, request in enumerate(queue, 1):
        turn = BatchItem(request.profile, number, len(queue))
        if request.profile.user.name in failed_users and not is_kept(request):
            yield turn
            continue
        try:
            outcome = log_in(request) if request.profile.role or is_kept(request) else log_in_once(request)
        except MFASessionError as error:
            if request.profile.role is None:
                failed_users.add(request.profile.name)
            yield replace(turn, error=error)
        else:
            yield replace(turn, outcome=outcome)


class Batch(Protocol):
    """Sessions that wait to be written together."""

    @property
    def is_due(self) -> bool:
        """Whether it is time to write them."""

    def flush(self) -> Mapping[str, MFASessionError]:
        """Write them, and return the errors by the names of their session profiles."""


def when_written(turns: Iterator[BatchItem], batch: Batch) -> Iterator[BatchItem]:
    """Yield each of *turns* once its session is written, or with the error why it is not.

    Whatever ends the round, what was had by then is written.
    """
    held: list[BatchItem] = []
    try:
        for turn in turns:
            held.append(turn)
            cost_a_code = turn.outcome is not None and turn.outcome.device is not None
            if cost_a_code or batch.is_due:
                failures = batch.flush()
                settled, held = held, []
                yield from (_settled(each, failures) for each in settled)
    finally:
        failures = batch.flush()
    yield from (_settled(each, failures) for each in held)


def _settled(turn: BatchItem, failures: Mapping[str, MFASessionError]) -> BatchItem:
    error = failures.get(turn.profile.session_profile)
    is_new = turn.outcome is not None and not turn.outcome.kept
    return replace(turn, outcome=None, error=error) if error is not None and is_new else turn


class _Kept:
    """Whether the session of a profile is good enough for a wish."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self._sessions = sessions
        self._clock = clock

    def __call__(self, request: LoginRequest) -> bool:
        return not request.force and bool(session_worth_keeping(request, sessions=self._sessions, clock=self._clock))


class _OnceForAKey:
    """One login for all the profiles of users that have one access key; the device alone does not tell a user."""

    def __init__(self, log_in: LogIn, keys: AccessKeys, sessions: Sessions) -> None:
        self._log_in = log_in
        self._keys = keys
        self._sessions = sessions
        self._done: dict[tuple[str, timedelta | None], SessionCredentials] = {}

    def __call__(self, request: LoginRequest) -> LoginResult:
        profile = request.profile
        user = (self._keys.access_key(profile).access_key_id, profile.duration)
        if user not in self._done:
            outcome = self._log_in(request)
            self._done[user] = outcome.credentials
            return outcome
        self._sessions.check_writable(profile, replace=request.replace)
        self._sessions.keep(profile, self._done[user])
        return LoginResult(self._done[user], device=None, kept=False)


def _in_order(
    wishes: Sequence[LoginRequest], request_for_user: Callable[[LoginRequest], LoginRequest], is_kept: _Kept
) -> list[LoginRequest]:
    users = {request.profile.name: request for request in wishes if request.profile.role is None}
    roles = [request for request in wishes if request.profile.role is not None]
    for role in roles:
        user = request_for_user(role)
        if not is_kept(role) and not is_kept(user) and _needs_its_user(role):
            users.setdefault(user.profile.name, user)
    return [*users.values(), *sorted(roles, key=_length_of_chain)]


def _needs_its_user(role: LoginRequest) -> bool:
    try:
        return not assumes_with_code(role)
    except MFASessionError:
        return False  # it is told when it comes to its turn


def _length_of_chain(request: LoginRequest) -> int:
    length, profile = 0, request.profile
    while profile.source is not None:
        length, profile = length + 1, profile.source
    return length
