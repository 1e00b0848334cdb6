"""The desk at which one profile logs in: its key, its AWS, and whoever is asked, in one place."""

from datetime import timedelta

from mfa_session.cli.parts import Parts, now
from mfa_session.credential_process import LEAST_REMAINING
from mfa_session.credentials import SessionCredentials
from mfa_session.login import Login, Wish, log_in
from mfa_session.profiles import Profile


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

    def live_session(self) -> SessionCredentials:
        """Return the session that is live, or a new one; one login at a time."""
        with self._parts.lock(self._profile):
            return self.log_in(Wish(self._profile, min_remaining=LEAST_REMAINING)).credentials
