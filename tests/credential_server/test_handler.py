"""What is answered to whom, from a real file; and what is done about a session that ends, at every moment of it."""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus
from pathlib import Path

import pytest

from mfa_session.aws_files.session_profiles import SessionProfiles
from mfa_session.credential_server.handler import RenewalMonitor, answer
from mfa_session.credential_server.protocol import CredentialEndpoint, Request, Response
from mfa_session.errors import MFASessionError, PersonNeededError
from mfa_session.model.credentials import SessionCredentials, timestamp
from mfa_session.model.profile import Profile
from tests.fakes import SteppedClock

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
PROFILE = Profile("test-user", "test-user-mfa")
ENDPOINT = CredentialEndpoint(40000, "token")
RIGHT = Request("GET", "/credentials", (("Host", "127.0.0.1:40000"), ("Authorization", "token")))


def session(end: datetime, *, key_id: str = "ASIAIOSFODNN7EXAMPLE") -> SessionCredentials:
    return SessionCredentials(key_id, "secret", "token", end)


@pytest.fixture
def sessions(tmp_path: Path) -> SessionProfiles:
    (tmp_path / "credentials").write_text("[other]\nregion = us-east-1\n")
    return SessionProfiles(credentials_file=tmp_path / "credentials", config_file=tmp_path / "config")


@pytest.fixture
def live(sessions: SessionProfiles) -> SessionProfiles:
    sessions.keep(PROFILE, session(NOW + HOUR))
    return sessions


def answered(sessions: SessionProfiles, request: Request = RIGHT, *, is_another_user: bool = False) -> Response:
    return answer(
        request,
        lambda: is_another_user,
        endpoint=ENDPOINT,
        profile=PROFILE,
        session=partial(sessions.session, PROFILE),
        clock=SteppedClock(NOW).now,
    )


def without(header: str, *others: tuple[str, str]) -> Request:
    return replace(RIGHT, headers=(*(each for each in RIGHT.headers if each[0] != header), *others))


class TestAnswer:
    def test_the_session_is_as_the_sdks_read_it(self, live: SessionProfiles) -> None:
        said = answered(live)

        assert said.status is HTTPStatus.OK
        assert json.loads(said.document) == {
            "AccessKeyId": "ASIAIOSFODNN7EXAMPLE",
            "SecretAccessKey": "secret",
            "Token": "token",
            "Expiration": "2026-11-23T13:00:00Z",
        }

    @pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:40000"])
    def test_the_address_may_come_without_its_port_as_from_the_aws_common_runtime(
        self, live: SessionProfiles, host: str
    ) -> None:
        assert answered(live, without("Host", ("Host", host))).status is HTTPStatus.OK

    @pytest.mark.parametrize(
        ("host", "status"),
        [("127.0.0.1:50000", HTTPStatus.OK), ("127.0.0.1:50001", HTTPStatus.MISDIRECTED_REQUEST)],
    )
    def test_the_port_of_a_tunnel_is_accepted_too(self, live: SessionProfiles, host: str, status: HTTPStatus) -> None:
        said = answer(
            without("Host", ("Host", host)),
            lambda: False,
            endpoint=replace(ENDPOINT, tunnel_port=50000),
            profile=PROFILE,
            session=partial(live.session, PROFILE),
            clock=SteppedClock(NOW).now,
        )

        assert said.status is status

    def test_a_new_session_is_what_the_next_request_gets(self, live: SessionProfiles) -> None:
        live.keep(PROFILE, session(NOW + 2 * HOUR))

        assert json.loads(answered(live).document)["Expiration"] == timestamp(NOW + 2 * HOUR)

    @pytest.mark.parametrize(
        ("request_", "status"),
        [
            (without("Host"), HTTPStatus.MISDIRECTED_REQUEST),
            *(
                (without("Host", ("Host", host)), HTTPStatus.MISDIRECTED_REQUEST)
                for host in (
                    "",
                    "localhost",
                    "localhost:40000",
                    "127.0.0.1:40001",
                    "127.0.0.1:",
                    "127.0.0.1.",
                    "127.0.0.1.example.com",
                    "127.0.0.2",
                    "0.0.0.0:40000",
                    "[::1]:40000",
                    "example.com",
                )
            ),
            (without("", ("host", "127.0.0.1:40000")), HTTPStatus.MISDIRECTED_REQUEST),
            (without("", ("Origin", "null")), HTTPStatus.FORBIDDEN),
            (without("", ("ORIGIN", "")), HTTPStatus.FORBIDDEN),
            (replace(RIGHT, target="/"), HTTPStatus.NOT_FOUND),
            (replace(RIGHT, target="/credentials?"), HTTPStatus.NOT_FOUND),
            (replace(RIGHT, method="POST"), HTTPStatus.METHOD_NOT_ALLOWED),
            (replace(RIGHT, method="HEAD"), HTTPStatus.METHOD_NOT_ALLOWED),
            (without("Authorization"), HTTPStatus.FORBIDDEN),
            (without("Authorization", ("Authorization", "")), HTTPStatus.FORBIDDEN),
            (without("Authorization", ("Authorization", "token ")), HTTPStatus.FORBIDDEN),
            (without("Authorization", ("Authorization", "tokén")), HTTPStatus.FORBIDDEN),
            (without("", ("authorization", "token")), HTTPStatus.FORBIDDEN),
        ],
    )
    def test_whoever_asks_in_another_way_gets_nothing(
        self, live: SessionProfiles, request_: Request, status: HTTPStatus
    ) -> None:
        said = answered(live, request_)

        assert said.status is status
        assert sorted(json.loads(said.document)) == ["code", "message"]

    def test_another_user_gets_what_a_stranger_without_the_token_gets(self, live: SessionProfiles) -> None:
        assert answered(live, is_another_user=True) == answered(live, without("Authorization"))

    @pytest.mark.parametrize(("left", "is_handed_out"), [(1, True), (0, False), (-1, False)])
    def test_a_session_is_handed_out_to_its_last_second(
        self, sessions: SessionProfiles, left: int, is_handed_out: bool
    ) -> None:
        sessions.keep(PROFILE, session(NOW + timedelta(seconds=left)))

        assert (answered(sessions).status is HTTPStatus.OK) is is_handed_out

    def test_when_it_is_over_the_answer_says_what_to_run(self, sessions: SessionProfiles) -> None:
        sessions.keep(PROFILE, session(NOW - HOUR))

        assert json.loads(answered(sessions).document) == {
            "code": "ExpiredToken",
            "message": "the session of test-user has expired; "
            "run in another terminal: mfa-session login --profile test-user",
        }

    def test_when_it_was_logged_out_the_answer_says_so(self, live: SessionProfiles) -> None:
        live.forget(PROFILE)

        assert "not logged in: test-user; run in another" in answered(live).document

    def test_when_the_file_cannot_be_read_the_answer_says_why(self, live: SessionProfiles, tmp_path: Path) -> None:
        (tmp_path / "credentials").write_text("junk\n")

        said = answered(live)

        assert said.status is HTTPStatus.FORBIDDEN
        assert "cannot read" in json.loads(said.document)["message"]


class TestCredentialEndpoint:
    def test_every_endpoint_has_a_token_of_256_bits_of_its_own(self) -> None:
        tokens = {CredentialEndpoint(1).token for _ in range(100)}

        assert len(tokens) == 100
        assert {len(token) for token in tokens} == {43}  # in base64, of six bits a character

    def test_no_secret_is_shown_by_accident(self, live: SessionProfiles) -> None:
        shown = f"{ENDPOINT!r} {RIGHT!r} {answered(live)!r}"

        assert "'token'" not in shown
        assert "secret" not in shown


@dataclass
class ServedProgram:
    """A program that is served: *new* is the session that a renewal gets, or why there is none."""

    sessions: SessionProfiles
    clock: SteppedClock = field(default_factory=lambda: SteppedClock(NOW))
    new: SessionCredentials | MFASessionError = field(
        default_factory=lambda: PersonNeededError("a new one needs a token code", hint="")
    )
    renewals: list[datetime] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._monitor = RenewalMonitor(
            PROFILE,
            session=partial(self.sessions.session, PROFILE),
            renew=self._renew,
            notify=self._notify,
            clock=self.clock.now,
        )

    def _renew(self, beyond: timedelta) -> None:
        self.renewals.append(self.clock.now())
        if isinstance(self.new, MFASessionError):
            raise self.new
        self.sessions.keep(PROFILE, self.new)

    def _notify(self, message: str, hint: str) -> None:
        self.told.append(f"{message}; {hint}")

    def run(self, span: timedelta) -> None:
        """Let *span* pass, and look all the time."""
        end = self.clock.now() + span
        while self.clock.now() < end:
            self._monitor.check()
            self.clock.sleep(5)


@pytest.fixture
def program(live: SessionProfiles) -> ServedProgram:
    """Return a program that is served with a session that lives for another hour."""
    return ServedProgram(live)


class TestRenewalMonitor:
    def test_a_session_is_renewed_from_fifteen_minutes_before_its_end(self, program: ServedProgram) -> None:
        program.new = session(NOW + 12 * HOUR, key_id="ASIANEWNEWNEWNEWNEWN")

        program.run(2 * HOUR)

        assert program.renewals == [NOW + 45 * MINUTE]
        assert program.told == []

    def test_where_it_cannot_be_the_user_is_told_once_that_it_ends_and_once_that_it_has_expired(
        self, program: ServedProgram
    ) -> None:
        program.run(3 * HOUR)

        way_on = "a new one needs a token code; run in another terminal: mfa-session login --profile test-user"
        assert program.told == [
            f"the session of test-user ends in 15 min: {way_on}",
            f"the session of test-user has expired: {way_on}",
        ]

    def test_a_renewal_that_fails_is_tried_again_every_minute(self, program: ServedProgram) -> None:
        program.run(HOUR + 10 * MINUTE)

        assert program.renewals == [NOW + minutes * MINUTE for minutes in range(45, 70)]

    def test_one_that_succeeds_late_is_as_good(self, program: ServedProgram) -> None:
        program.run(50 * MINUTE)
        program.new = session(NOW + 12 * HOUR, key_id="ASIANEWNEWNEWNEWNEWN")
        program.run(2 * HOUR)

        assert len(program.renewals) == 6
        assert len(program.told) == 1

    def test_a_login_elsewhere_is_enough(self, program: ServedProgram) -> None:
        program.run(46 * MINUTE)
        program.sessions.keep(PROFILE, session(NOW + 2 * HOUR, key_id="ASIANEWNEWNEWNEWNEWN"))
        program.run(50 * MINUTE)

        assert len(program.renewals) == 1
        program.run(20 * MINUTE)
        assert [text.partition(":")[0] for text in program.told] == ["the session of test-user ends in 15 min"] * 2

    def test_a_session_that_is_short_from_the_start_is_renewed_half_way(self, program: ServedProgram) -> None:
        program.run(46 * MINUTE)
        short = program.clock.now() + 15 * MINUTE
        program.sessions.keep(PROFILE, session(short, key_id="ASIANEWNEWNEWNEWNEWN"))
        program.renewals.clear()

        program.run(10 * MINUTE)

        assert program.renewals[0] - (short - 15 * MINUTE) == 7.5 * MINUTE

    def test_one_that_was_logged_out_stays_so(self, program: ServedProgram) -> None:
        program.run(MINUTE)
        program.sessions.forget(PROFILE)
        program.run(2 * HOUR)

        assert (program.renewals, program.told) == ([], [])

    @pytest.mark.parametrize("left", [MINUTE, -HOUR])
    def test_nothing_is_done_while_somebody_is_asked_for_the_first_session(
        self, sessions: SessionProfiles, left: timedelta
    ) -> None:
        sessions.keep(PROFILE, session(NOW + left))
        program = ServedProgram(sessions)

        program.run(10 * MINUTE)
        assert (program.renewals, program.told) == ([], [])
        sessions.keep(PROFILE, session(program.clock.now() + 10 * MINUTE, key_id="ASIANEWNEWNEWNEWNEWN"))
        program.run(MINUTE)

        assert len(program.renewals) == 1

    def test_a_file_that_is_torn_for_a_moment_is_no_reason_to_renew(
        self, program: ServedProgram, tmp_path: Path
    ) -> None:
        whole = (tmp_path / "credentials").read_text()
        program.run(MINUTE)
        (tmp_path / "credentials").write_text("junk\n")
        program.run(MINUTE)
        (tmp_path / "credentials").write_text(whole)
        program.run(MINUTE)

        assert (program.renewals, program.told) == ([], [])
