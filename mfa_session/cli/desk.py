"""The desk at which one profile logs in: its key, its AWS, and whoever is asked, in one place."""

from datetime import timedelta

from mfa_session.cli.parts import Parts, now
from mfa_session.credential_process import LEAST_REMAINING
from mfa_session.credentials import SessionCredentials
from mfa_session.login import Login, Wish, log_in, session_worth_keeping
from mfa_session.profiles import Profile


def live_session(parts: Parts, profile: Profile) -> SessionCredentials:
    """Return the session of *profile* that is live, or a new one; one login at a time.

    A live one is returned whoever is logging in meanwhile, and whatever stands in the way to AWS.
    """
    wish = Wish(profile, min_remaining=LEAST_REMAINING)
    if live := session_worth_keeping(wish, sessions=parts.sessions, clock=now):
        return live
    with parts.lock(profile):
        return Desk(parts, profile).log_in(wish).credentials


class Desk:
    """Where *profile* logs in.

    *takes_first_key* lets somebody give the key of a profile that has none yet. *within*
    is how long each answer may take, and *watching* a descriptor whose reader wants it.
    """

    def __init__(
        self,
        parts: Parts,
        profile: Profile,
        *,
        region: str | None = None,
        takes_first_key: bool = False,
        within: timedelta | None = None,
        watching: int | None = None,
    ) -> None:
        from mfa_session.aws.connection import AWS

        endpoints = parts.endpoints(profile, region=region)
        self._parts = parts
        self._profile = profile
        self._aws = AWS(endpoints)
        self._person = parts.person(
            f"mfa-session login --profile {profile.name}", endpoints=endpoints, within=within, watching=watching
        )
        self.keys = parts.keys(self._aws, person=self._person if takes_first_key else None)

    def log_in(self, wish: Wish) -> Login:
        """Do what *wish* says, without a lock."""
        return log_in(
            wish,
            keys=self.keys,
            aws=self._aws,
            prompter=self._person,
            sessions=self._parts.sessions,
            used_codes=self._parts.used_codes,
            clock=now,
        )
