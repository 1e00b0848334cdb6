"""A clock that was set, by hours or by more than a year and either way: no record of ours holds anybody up."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mfa_session.errors import MFASessionError, TokenCodeRefusedError
from mfa_session.model.credentials import AccessKey
from mfa_session.model.durations import has_happened
from mfa_session.model.mfa_device import MFADevice, time_step
from mfa_session.model.profile import Profile
from mfa_session.state.per_profile import DeclinedMoves, FailedLogins
from mfa_session.state.used_codes import UsedCodes

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
AHEAD = [timedelta(seconds=1), timedelta(hours=2), timedelta(days=400)]
PHONE = MFADevice("arn:aws:iam::123456789012:mfa/test-user-phone")
PROFILE = Profile("test-user", "test-user-mfa")
KEY = AccessKey("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")


class JumpingClock:
    def __init__(self) -> None:
        self.offset = timedelta(0)

    def __call__(self) -> datetime:
        return NOW + self.offset


@pytest.fixture
def clock() -> JumpingClock:
    return JumpingClock()


@pytest.mark.parametrize(
    ("ago", "timeout", "counts"),
    [
        (timedelta(0), None, True),
        (timedelta(days=4000), None, True),
        (timedelta(microseconds=-1), None, False),
        (timedelta(hours=1), timedelta(hours=1), True),
        (timedelta(hours=1, microseconds=1), timedelta(hours=1), False),
        (timedelta(hours=-1), timedelta(hours=1), False),
    ],
)
def test_a_moment_counts_if_it_is_past_and_not_too_long_ago(
    ago: timedelta, timeout: timedelta | None, counts: bool
) -> None:
    assert has_happened(NOW - ago, now=NOW, timeout=timeout) is counts


class TestAFailedLogin:
    def failure(self, folder: Path, clock: JumpingClock) -> MFASessionError | None:
        return FailedLogins(folder, clock=clock).since(PROFILE, LONG_AGO)

    def fail(self, folder: Path, clock: JumpingClock) -> None:
        error = TokenCodeRefusedError("not accepted", hint="type the next one", code="AccessDenied")
        FailedLogins(folder, clock=clock).remember(PROFILE, error)

    @pytest.mark.parametrize("ahead", AHEAD)
    def test_of_a_clock_that_was_ahead_counts_as_none(
        self, tmp_path: Path, clock: JumpingClock, ahead: timedelta
    ) -> None:
        clock.offset = ahead
        self.fail(tmp_path, clock)
        assert self.failure(tmp_path, clock) is not None

        clock.offset = timedelta(0)

        assert self.failure(tmp_path, clock) is None

    @pytest.mark.parametrize(
        ("later", "counts"), [(timedelta(days=1), True), (timedelta(days=1, seconds=1), False)], ids=str
    )
    def test_counts_for_a_day_at_the_most(
        self, tmp_path: Path, clock: JumpingClock, later: timedelta, counts: bool
    ) -> None:
        self.fail(tmp_path, clock)

        clock.offset = later

        assert (self.failure(tmp_path, clock) is not None) is counts

    def test_has_the_code_that_aws_gave(self, tmp_path: Path, clock: JumpingClock) -> None:
        self.fail(tmp_path, clock)

        failure = self.failure(tmp_path, clock)

        assert isinstance(failure, TokenCodeRefusedError)
        assert failure.code == "AccessDenied"


class TestADeclinedMove:
    @pytest.mark.parametrize("ahead", AHEAD)
    def test_of_a_clock_that_was_ahead_counts_as_none(
        self, tmp_path: Path, clock: JumpingClock, ahead: timedelta
    ) -> None:
        moves = DeclinedMoves(tmp_path, clock=clock)
        clock.offset = ahead
        moves.remember(PROFILE, KEY)
        assert moves.has(PROFILE, KEY)

        clock.offset = timedelta(0)

        assert not moves.has(PROFILE, KEY)

    @pytest.mark.parametrize("later", [timedelta(0), *AHEAD], ids=str)
    def test_holds_however_long_ago_it_was(self, tmp_path: Path, clock: JumpingClock, later: timedelta) -> None:
        moves = DeclinedMoves(tmp_path, clock=clock)
        moves.remember(PROFILE, KEY)

        clock.offset = later

        assert moves.has(PROFILE, KEY)


class TestAUsedCode:
    @pytest.mark.parametrize("jump", [*AHEAD[1:], *(-ahead for ahead in AHEAD[1:])], ids=str)
    def test_of_another_time_is_not_the_present_one(self, tmp_path: Path, clock: JumpingClock, jump: timedelta) -> None:
        codes = UsedCodes(tmp_path)
        clock.offset = jump
        codes.set_last_step(PHONE, time_step(clock()))

        clock.offset = timedelta(0)

        assert codes.last_step(PHONE) != time_step(clock())
