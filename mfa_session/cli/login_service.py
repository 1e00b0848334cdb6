"""The desk at which one profile logs in: its key, its AWS, and whoever is asked, in one place."""

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from datetime import timedelta
from functools import cached_property, partial

from mfa_session.aws.connection import AWS
from mfa_session.cli.code_sources import code_sources, has_code_program, with_code_settings_of
from mfa_session.cli.context import Parts, now
from mfa_session.errors import StateError
from mfa_session.keys.lookup import KeyLookup
from mfa_session.model.credentials import SessionCredentials
from mfa_session.model.profile import Profile
from mfa_session.prompt.code_sources import CodeSources
from mfa_session.prompt.prompt import Patience
from mfa_session.prompt.user import Nobody
from mfa_session.sessions.assume_role import goes_with_a_code, take_role, take_role_with_a_code
from mfa_session.sessions.login import Login, Wish, log_in, session_worth_keeping
from mfa_session.sessions.single_flight import EARLY, LEAST_REMAINING, answer, renewed

# A renewal asks AWS once or twice; whoever has to wait longer has a live session to go on with.
_PATIENCE_FOR_A_RENEWAL = timedelta(seconds=5)

# Of the program that prints the code: the SDK for Rust waits 22 seconds for the whole answer.
_PATIENCE_FOR_A_CODE = timedelta(seconds=15)


def live_session(parts: Parts, profile: Profile) -> SessionCredentials:
    """Return the session of *profile* that is live, or a new one; one login at a time.

    A live one is returned whoever is logging in meanwhile, and whatever stands in the way to AWS;
    it is renewed in its last minutes if nobody need be asked.
    """
    wish = Wish(profile, min_remaining=LEAST_REMAINING)
    if live := session_worth_keeping(wish, sessions=parts.sessions, clock=now):
        if may_be_renewed(profile) and live.expire_within(EARLY, now=now()):
            renew = partial(renewed_session, parts, profile)
            return renewed(profile, renew, failed_logins=parts.failed_logins, clock=now) or live
        return live
    with parts.lock(profile):
        return Desk(parts, profile).log_in(wish).credentials


def may_be_renewed(profile: Profile) -> bool:
    """Tell whether a session of *profile* may be had without asking anybody."""
    return profile.role is not None or has_code_program(profile)


def renewed_session(parts: Parts, profile: Profile) -> SessionCredentials:
    """Return a session of *profile* that is not about to end, without asking anybody.

    Raises:
        PersonNeededError: somebody would have to be asked.
        LockedError: somebody is being asked.
        MFASessionError: of every other family.
    """
    quiet = Parts(parts.environ, no_prompt=True)
    with quiet.lock(profile, within=_PATIENCE_FOR_A_RENEWAL):
        desk = Desk(quiet, profile, asks=False, within=_PATIENCE_FOR_A_CODE)
        return desk.log_in(Wish(profile, min_remaining=EARLY, attempts=1)).credentials


class Desk:
    """Where *profile* logs in, or its role is taken.

    *command* is what to run in a terminal where there is none. *takes_first_key* lets
    somebody give the key of a profile that has none yet. *within* is how long the answers
    may take, and *watching* a descriptor whose reader wants them; with *asks* ``False``, no
    person is asked at all. *keys* is where they are looked for, if not where all look.
    *log_in_source* gets a live session for the source profile of a role, which is done at
    another desk of this kind if nothing is said.
    """

    def __init__(
        self,
        parts: Parts,
        profile: Profile,
        *,
        command: str = "login",
        region: str | None = None,
        takes_first_key: bool = False,
        within: timedelta | None = None,
        watching: int | None = None,
        asks: bool = True,
        keys: KeyLookup | None = None,
        log_in_source: Callable[[Wish], Login] | None = None,
    ) -> None:
        from mfa_session.aws.connection import AWS

        self._endpoints = endpoints = parts.endpoints(profile, region=region)
        self._command = command = f"mfa-session {command} --profile {profile.name}"
        self._within = within
        self._patience = Patience.beginning_now(within, watching=watching)
        self._parts = parts
        self._profile = profile
        self._region = region
        self._asks = asks
        self._log_in_source = log_in_source or self._log_in_at_the_next_desk
        self.aws = AWS(endpoints)
        self.person = (
            parts.person(command, endpoints=endpoints, within=within, watching=watching) if asks else Nobody(command)
        )
        self.keys = keys or parts.keys(self.aws, person=self.person if takes_first_key else None)

    @property
    def region_is_known(self) -> bool:
        """Whether somebody chose a region, so that AWS tools have one too."""
        return self._endpoints.region_is_known

    @cached_property
    def codes(self) -> CodeSources:
        """What gives the codes: programs that are configured, and people."""
        return code_sources(
            with_code_settings_of(self._profile.user, self._profile),
            self.person,
            environ=self._parts.environ_for(self._profile),
            command=self._command,
            endpoint=self._endpoints.sts_url,
            patience=self._patience,
            unsafe_settings=self._parts.unsafe_settings,
        )

    def log_in(self, wish: Wish) -> Login:
        """Do what *wish* says, without a lock on the profile; how the last login failed is forgotten then."""
        login = self._log_in(wish)
        if not login.kept:
            with suppress(StateError):  # there is a session, and the record is soon too old to matter
                self._parts.failed_logins.forget(wish.profile)
        return login

    def _log_in(self, wish: Wish) -> Login:
        if self._profile.role is not None:
            return self._take_role(wish)
        return log_in(
            wish,
            keys=self.keys,
            aws=self.aws,
            prompter=self.codes,
            sessions=self._parts.sessions,
            used_codes=self._parts.used_codes,
            clock=now,
        )

    def _take_role(self, wish: Wish) -> Login:
        if goes_with_a_code(wish):
            return take_role_with_a_code(
                wish,
                keys=self.keys,
                aws=self.aws,
                prompter=self.codes,
                sessions=self._parts.sessions,
                used_codes=self._parts.used_codes,
                lock=partial(self._lock, wish.profile.user),
                clock=now,
            )
        return take_role(
            wish,
            log_in_source=partial(self._log_in_source, _wish_for_the_source(wish)),
            aws=self.aws,
            sessions=self._parts.sessions,
            clock=now,
        )

    def _log_in_at_the_next_desk(self, wish: Wish) -> Login:
        if not wish.force and (live := session_worth_keeping(wish, sessions=self._parts.sessions, clock=now)):
            return Login(live, device=None, kept=True)
        desk = Desk(
            self._parts, wish.profile, region=self._region, keys=self.keys, asks=self._asks, within=self._within
        )
        if not self._asks and wish.profile.role is None:
            desk.codes.be_ready()  # rather than wait for somebody else who is being asked, and then find nobody
        with self._lock(wish.profile):
            return desk.log_in(wish)

    def _lock(self, profile: Profile) -> AbstractContextManager[None]:
        return self._parts.lock(profile) if self._asks else self._parts.lock(profile, within=_PATIENCE_FOR_A_RENEWAL)


def wish_for_the_user(wish: Wish) -> Wish:
    """Return what the user behind a role is to do, so that the role can be taken."""
    while wish.profile.role is not None:
        wish = _wish_for_the_source(wish)
    return wish


def _wish_for_the_source(wish: Wish) -> Wish:
    """Return what the source profile of a role is to do, so that the role can be taken: as little as will do."""
    profile = wish.profile
    assert profile.source is not None  # noqa: S101  who takes a role takes it from somewhere
    source = with_code_settings_of(profile.source, profile)
    return Wish(
        replace(source, mfa_device=wish.device or profile.mfa_device),
        code=wish.code,
        min_remaining=LEAST_REMAINING,
        force=wish.force and wish.code is not None,  # who gives a code wants it to be used
        attempts=wish.attempts,
    )


def aws_with_mfa(parts: Parts, profile: str | None) -> tuple[AWS, SessionCredentials]:
    """Return AWS for *profile*, and the session of it that is live, or a new one for which a code is asked."""
    source = parts.profile(profile)
    session = live_session(parts, source)
    return AWS(parts.endpoints(source)), session


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
