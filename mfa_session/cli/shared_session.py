"""One session for all who want that of one profile at the same moment: one lock, one question, one call to AWS."""

from datetime import timedelta
from functools import partial

from mfa_session.cli.desk import Desk, may_be_renewed, renewed_session
from mfa_session.cli.parts import Parts, now
from mfa_session.model.credentials import SessionCredentials
from mfa_session.model.profile import Profile
from mfa_session.sessions.login import Login, Wish
from mfa_session.sessions.single_flight import LEAST_REMAINING, answer


def shared_session(
    parts: Parts, profile: Profile, *, within: timedelta | None, watching: int | None = None, attempts: int = 1
) -> SessionCredentials:
    """Return the session of *profile* that is live, or the new one that all who ask now get.

    *within* is how long the answers to all questions may take, *watching* a descriptor whose
    reader wants them, and *attempts* how many codes may be typed.

    Raises:
        MFASessionError: the login failed, here or where the question was asked.
    """
    # All the roles of one user have one question and one answer, however many callers there are.
    of_the_source = partial(shared_session, parts, within=within, watching=watching, attempts=attempts)

    def log_in() -> SessionCredentials:
        desk = Desk(
            parts,
            profile,
            within=within,
            watching=watching,
            log_in_source=lambda wish: Login(of_the_source(wish.profile), device=None, kept=True),
        )
        # A live session with less than a minute left is as good as none, and only one question is asked.
        return desk.log_in(Wish(profile, min_remaining=LEAST_REMAINING, attempts=attempts)).credentials

    return answer(
        profile,
        sessions=parts.sessions,
        log_in=log_in,
        renew=partial(renewed_session, parts, profile) if may_be_renewed(profile) else None,
        lock=partial(parts.lock, profile),
        failed_logins=parts.failed_logins,
        clock=now,
    )
