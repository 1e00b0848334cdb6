"""Roles, taken: a real AWS on the loopback, real files, and a clock that can be stepped."""

import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from mfa_session.errors import (
    AccessDeniedError,
    ConfigurationError,
    ExpiredSessionError,
    PersonNeededError,
    SessionProfileTakenError,
    TokenCodeRefusedError,
    UsageError,
)
from mfa_session.local_aws.fixtures import demo_account
from mfa_session.local_aws.mfa_devices import Clock
from mfa_session.model.credentials import SessionCredentials
from mfa_session.model.mfa_device import TokenCode
from mfa_session.model.profile import Profile
from mfa_session.model.role import Role
from mfa_session.prompt.terminal import Terminal
from mfa_session.prompt.user import NoUser, User
from mfa_session.sessions.assume_role import assumes_with_code, log_in_to_role, log_in_to_role_with_code
from mfa_session.sessions.login import LoginRequest, LoginResult
from mfa_session.sessions.protocols import Prompter
from tests.aws_case import PHONE, AWSCase
from tests.fakes import SteppedClock, TypedLines
from tests.faults import Endpoint

HOUR = timedelta(hours=1)
USER = Profile("test-user", "test-user-mfa", mfa_device=PHONE)
ADMIN = Profile(
    "admin",
    "admin-mfa",
    mfa_device=PHONE,
    role=Role("arn:aws:iam::123456789012:role/admin", "mfa-session-test-user"),
    source=USER,
)
NEXT = replace(ADMIN, name="next", session_profile="next-mfa", source=ADMIN)


def policy(**statement: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", **statement}})


class RoleCase(AWSCase):
    """Where ``admin`` is taken by ``test-user``."""

    def session_of_the_user(self) -> SessionCredentials:
        account = self.endpoint.account
        user = account.identity_of(account.users["test-user"])
        session = account.begin_session(user, 12 * HOUR, mfa_at=account.now())
        return SessionCredentials(
            session.access_key_id, session.secret_access_key, session.session_token, session.expiration
        )

    def keep(self, *, left: timedelta) -> SessionCredentials:
        session = SessionCredentials("ASIAIOSFODNN7EXAMPLE", "secret", "token", self.clock.now() + left)
        self.sessions.keep(ADMIN, session)
        return session

    def take(self, log_in_source: Callable[[], LoginResult] | None = None, **wishes: object) -> LoginResult:
        def live() -> LoginResult:
            return LoginResult(self.session_of_the_user(), device=None, kept=True)

        return log_in_to_role(
            replace(LoginRequest(ADMIN), **wishes),  # type: ignore[arg-type]  # the names of a Wish's fields
            log_in_source=log_in_source or live,
            sts=self.sts,
            sessions=self.sessions,
            clock=self.clock.now,
        )

    def take_with_a_code(self, *answers: str | Callable[[], str], **wishes: object) -> tuple[LoginResult, str]:
        """Take it for four hours while somebody types *answers*; return what the screen showed too."""
        lines = TypedLines(*answers)
        person = User(lambda: Terminal(lines), command="…", now=self.clock.now, sleep=self.clock.sleep)
        return self.take_with_a_code_of(person, **wishes), lines.shown

    def take_with_a_code_of(self, prompter: Prompter, **wishes: object) -> LoginResult:
        return log_in_to_role_with_code(
            replace(LoginRequest(ADMIN, duration=4 * HOUR), **wishes),  # type: ignore[arg-type]  # as above
            find_key=self.key_lookup.access_key,
            sts=self.sts,
            iam=self.iam,
            prompter=prompter,
            sessions=self.sessions,
            used_codes=self.used_codes,
            lock=contextlib.nullcontext,
            clock=self.clock.now,
        )


@pytest.fixture
def case(tmp_path: Path) -> Iterator[RoleCase]:
    clock = SteppedClock()
    account = demo_account(clock=Clock(clock.now))
    user = account.users["test-user"]
    user.grants.inline["roles"] = policy(Action="sts:AssumeRole", Resource="*")
    with_mfa = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    role = account.add_role(
        "admin", policy(Principal={"AWS": "123456789012"}, Action="sts:AssumeRole", Condition=with_mfa)
    )
    role.longest_session = 12 * HOUR
    with Endpoint(account) as endpoint:
        case = RoleCase(tmp_path, endpoint, clock)
        case.lay_down_the_key()
        yield case


class TestWithTheSessionOfTheUser:
    def test_a_role_is_taken_for_an_hour_and_kept(self, case: RoleCase) -> None:
        outcome = case.take()

        assert not outcome.kept
        assert case.sessions.session(ADMIN) == outcome.credentials
        assert HOUR - timedelta(seconds=1) <= outcome.credentials.expiration - case.clock.now() <= HOUR

    @pytest.mark.parametrize(
        ("wished", "configured", "minutes"), [(None, HOUR / 2, 30), (HOUR / 4, HOUR / 2, 15), (None, None, 60)]
    )
    def test_a_wish_comes_before_the_configuration(
        self, case: RoleCase, wished: timedelta | None, configured: timedelta | None, minutes: int
    ) -> None:
        outcome = case.take(profile=replace(ADMIN, duration=configured), duration=wished)

        assert round((outcome.credentials.expiration - case.clock.now()) / timedelta(minutes=1)) == minutes

    @pytest.mark.parametrize(("left", "is_kept"), [(timedelta(minutes=16), True), (timedelta(minutes=15), False)])
    def test_a_session_with_enough_time_left_is_kept(self, case: RoleCase, left: timedelta, is_kept: bool) -> None:
        before = case.keep(left=left)

        outcome = case.take()

        assert outcome.kept == is_kept
        assert (outcome.credentials.access_key_id == before.access_key_id) == is_kept

    def test_who_keeps_a_session_troubles_neither_the_user_nor_aws(self, case: RoleCase) -> None:
        case.keep(left=HOUR)

        case.take(log_in_source=pytest.fail)

        assert case.actions == []

    def test_the_user_is_not_troubled_for_a_session_that_could_not_be_written(self, case: RoleCase) -> None:
        with case.credentials_file.open("a") as file:
            file.write("[admin-mfa]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\n")

        with pytest.raises(SessionProfileTakenError):
            case.take(log_in_source=pytest.fail)

    def test_the_device_through_which_the_user_has_logged_in_is_told(self, case: RoleCase) -> None:
        outcome = case.take(log_in_source=lambda: LoginResult(case.session_of_the_user(), device=PHONE, kept=False))

        assert outcome.device == PHONE

    @pytest.mark.parametrize(
        ("kept", "source", "said"),
        [
            (True, USER, "if it requires a more recent MFA code: mfa-session login --profile test-user --force"),
            (False, USER, None),
            (True, ADMIN, "a role assumed from another role cannot present it"),
        ],
    )
    def test_a_denial_says_what_to_do_about_mfa_where_that_may_help(
        self, case: RoleCase, kept: bool, source: Profile, said: str | None
    ) -> None:
        case.endpoint.account.roles.clear()
        profile = replace(NEXT, source=source)

        with pytest.raises(AccessDeniedError) as caught:
            case.take(lambda: LoginResult(case.session_of_the_user(), device=None, kept=kept), profile=profile)

        assert (said or "external_id") in caught.value.hint
        assert ("MFA" in caught.value.hint or "newer code" in caught.value.hint) == (said is not None)

    def test_a_session_of_the_user_that_aws_has_ended_is_to_be_had_anew(self, case: RoleCase) -> None:
        session = case.session_of_the_user()
        case.endpoint.account.end_sessions()

        with pytest.raises(ExpiredSessionError) as caught:
            case.take(lambda: LoginResult(session, device=None, kept=True))

        assert caught.value.hint == "get a new one: mfa-session login --profile test-user --force"
        assert case.sessions.session(ADMIN) is None


class TestWithACodeOfItsOwn:
    @pytest.mark.parametrize(
        ("wished", "configured", "expected"),
        [
            (None, None, False),
            (HOUR, None, False),
            (HOUR + timedelta(seconds=1), None, True),
            (None, 2 * HOUR, True),
            (HOUR, 2 * HOUR, False),
        ],
    )
    def test_only_what_lasts_over_an_hour_needs_one(
        self, wished: timedelta | None, configured: timedelta | None, expected: bool
    ) -> None:
        login_request = LoginRequest(replace(ADMIN, duration=configured), duration=wished)

        assert assumes_with_code(login_request) == expected

    @pytest.mark.parametrize(
        ("wished", "configured", "error"), [(2 * HOUR, None, UsageError), (None, 2 * HOUR, ConfigurationError)]
    )
    def test_a_role_that_is_taken_from_a_role_lasts_an_hour_at_the_most(
        self, wished: timedelta | None, configured: timedelta | None, error: type[Exception]
    ) -> None:
        with pytest.raises(error, match="with the session of another role, admin, which AWS limits to one hour"):
            assumes_with_code(LoginRequest(replace(NEXT, duration=configured), duration=wished))

    def test_the_role_is_taken_in_one_call_and_kept(self, case: RoleCase) -> None:
        outcome, shown = case.take_with_a_code(case.phone.code)

        assert case.actions == ["AssumeRole"]
        assert case.sessions.session(ADMIN) == outcome.credentials
        assert outcome.credentials.expiration - case.clock.now() > 3.9 * HOUR
        assert shown.startswith(
            "A session of 4 h for admin needs an MFA code of its own (over 1 h).\nMFA code for admin"
        )

    def test_a_live_session_is_kept_without_a_word(self, case: RoleCase) -> None:
        case.keep(left=HOUR)

        assert case.take_with_a_code() == (case.take(log_in_source=pytest.fail), "")

    def test_a_device_that_is_not_known_is_looked_for(self, case: RoleCase) -> None:
        outcome, _ = case.take_with_a_code(case.phone.code, profile=replace(ADMIN, mfa_device=None))

        assert case.actions == ["GetCallerIdentity", "ListMFADevices", "AssumeRole"]
        assert outcome.device == PHONE

    def test_a_wrong_code_is_asked_for_again(self, case: RoleCase) -> None:
        case.take_with_a_code("000000", case.phone.code)

        assert [call.status for call in case.endpoint.journal] == [403, 200]

    def test_a_code_that_is_given_is_used_and_nobody_is_asked(self, case: RoleCase) -> None:
        with pytest.raises(TokenCodeRefusedError):
            case.take_with_a_code_of(NoUser("…"), code=TokenCode("000000"))

        assert case.actions == ["AssumeRole"]

    def test_where_there_is_nobody_nothing_is_asked_of_aws(self, case: RoleCase) -> None:
        with pytest.raises(PersonNeededError):
            case.take_with_a_code_of(NoUser("…"))

        assert case.actions == []

    def test_the_code_of_a_role_that_was_denied_is_waited_out(self, case: RoleCase) -> None:
        role = case.endpoint.account.roles.pop("admin")
        with pytest.raises(AccessDeniedError):
            case.take_with_a_code(case.phone.code)
        case.endpoint.account.roles["admin"] = role

        case.take_with_a_code(case.phone.code)

        assert case.clock.slept > 0
