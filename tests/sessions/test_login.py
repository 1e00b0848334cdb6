"""A login, from the key to the session: a real AWS on the loopback, real files, and a clock that can be stepped."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from mfa_session.errors import (
    AccessKeyNotFoundError,
    AWSAnswerError,
    MFASessionError,
    PersonNeededError,
    ReplyLostError,
    SessionProfileTakenError,
    SharedFileError,
    ThrottledError,
    TokenCodeRefusedError,
)
from mfa_session.local_aws.fixtures import demo_account
from mfa_session.local_aws.mfa_devices import Clock
from mfa_session.model.credentials import SessionCredentials
from mfa_session.model.mfa_device import STEP, TokenCode
from mfa_session.model.profile import Profile
from mfa_session.prompt.terminal import Terminal
from mfa_session.prompt.user import NoUser, User
from mfa_session.sessions.login import LoginRequest, LoginResult, log_in
from mfa_session.sessions.protocols import Prompter
from tests.aws_case import PHONE, AWSCase
from tests.fakes import SteppedClock, TypedLines
from tests.faults import DropReply, Endpoint, ExpiredSession, Throttle


@dataclass
class LoginCase(AWSCase):
    """Where ``test-user`` logs in; his key lies in the credentials file."""

    profile: Profile = field(default_factory=lambda: Profile("test-user", "test-user-mfa", mfa_device=PHONE))

    def keep(self, *, left: timedelta) -> SessionCredentials:
        session = SessionCredentials("ASIAIOSFODNN7EXAMPLE", "secret", "token", self.clock.now() + left)
        self.sessions.keep(self.profile, session)
        return session

    def log_in(self, *answers: str | Callable[[], str], **wishes: object) -> LoginResult:
        """Log in while somebody types *answers*."""
        lines = TypedLines(*answers)
        person = User(lambda: Terminal(lines), command="…", now=self.clock.now, sleep=self.clock.sleep)
        return self.log_in_with(person, **wishes)

    def log_in_with(self, prompter: Prompter, **wishes: object) -> LoginResult:
        return log_in(
            replace(LoginRequest(self.profile), **wishes),  # type: ignore[arg-type]  # the names of a Wish's fields
            find_key=self.key_lookup.access_key,
            sts=self.sts,
            iam=self.iam,
            prompter=prompter,
            sessions=self.sessions,
            used_codes=self.used_codes,
            clock=self.clock.now,
        )


@pytest.fixture
def case(tmp_path: Path) -> Iterator[LoginCase]:
    clock = SteppedClock()
    with Endpoint(demo_account(clock=Clock(clock.now))) as endpoint:
        case = LoginCase(tmp_path, endpoint, clock)
        case.lay_down_the_key()
        yield case


def test_a_code_is_traded_for_a_session_that_is_kept(case: LoginCase) -> None:
    outcome = case.log_in(case.phone.code)

    assert not outcome.kept
    assert outcome.device == PHONE
    assert case.sessions.session(case.profile) == outcome.credentials


def test_a_session_lasts_for_twelve_hours_where_nobody_says_otherwise(case: LoginCase) -> None:
    outcome = case.log_in(case.phone.code)

    assert timedelta(hours=12) - timedelta(seconds=1) <= outcome.credentials.expiration - case.clock.now()
    assert outcome.credentials.expiration - case.clock.now() <= timedelta(hours=12)


@pytest.mark.parametrize(
    ("wished", "configured", "hours"),
    [(None, timedelta(hours=2), 2), (timedelta(hours=1), timedelta(hours=2), 1)],
)
def test_a_wish_comes_before_the_configuration(
    case: LoginCase, wished: timedelta | None, configured: timedelta, hours: int
) -> None:
    case.profile = replace(case.profile, duration=configured)

    outcome = case.log_in(case.phone.code, duration=wished)

    assert round((outcome.credentials.expiration - case.clock.now()) / timedelta(hours=1)) == hours


def test_a_device_that_is_known_is_not_looked_for(case: LoginCase) -> None:
    case.log_in(case.phone.code)

    assert case.actions == ["GetSessionToken"]


def test_a_device_that_is_not_known_is_looked_for(case: LoginCase) -> None:
    case.profile = replace(case.profile, mfa_device=None)

    outcome = case.log_in(case.phone.code)

    assert outcome.device == PHONE
    assert case.actions == ["GetCallerIdentity", "ListMFADevices", "GetSessionToken"]


@pytest.mark.parametrize(
    ("left", "is_kept"),
    [
        (timedelta(minutes=15, seconds=1), True),
        (timedelta(minutes=15), False),
        (timedelta(minutes=14, seconds=59), False),
        (timedelta(seconds=-1), False),
    ],
)
def test_a_session_is_kept_while_more_than_fifteen_minutes_are_left(
    case: LoginCase, left: timedelta, is_kept: bool
) -> None:
    session = case.keep(left=left)

    outcome = case.log_in(case.phone.code)

    assert outcome.kept == is_kept
    assert (outcome.credentials.access_key_id == session.access_key_id) == is_kept


def test_who_keeps_a_session_asks_neither_anybody_nor_aws(case: LoginCase) -> None:
    case.keep(left=timedelta(hours=1))

    case.log_in()

    assert case.actions == []


@pytest.mark.parametrize(("least", "is_kept"), [(timedelta(0), True), (timedelta(hours=2), False)])
def test_what_is_worth_keeping_can_be_said(case: LoginCase, least: timedelta, is_kept: bool) -> None:
    case.keep(left=timedelta(minutes=5) if is_kept else timedelta(hours=1))

    assert case.log_in(case.phone.code, min_remaining=least).kept == is_kept


def test_force_gets_a_new_session_in_any_case(case: LoginCase) -> None:
    session = case.keep(left=timedelta(hours=11))

    assert case.log_in(case.phone.code, force=True).credentials != session


def test_a_damaged_session_is_replaced(case: LoginCase) -> None:
    case.keep(left=timedelta(hours=1))
    text = case.credentials_file.read_text()
    case.credentials_file.write_text(text.replace("aws_session_token = token\n", ""))

    assert not case.log_in(case.phone.code).kept


def test_a_code_that_this_machine_has_used_is_waited_out(case: LoginCase) -> None:
    case.log_in(case.phone.code)
    into_the_step = case.clock.now().timestamp() % STEP.total_seconds()

    case.log_in(case.phone.code, force=True)

    assert case.clock.slept == pytest.approx(STEP.total_seconds() - into_the_step)
    assert [call.status for call in case.endpoint.journal] == [200, 200]


def test_nobody_waits_once_the_device_shows_the_next_code(case: LoginCase) -> None:
    case.log_in(case.phone.code)
    case.clock.sleep(STEP.total_seconds())
    slept = case.clock.slept

    case.log_in(case.phone.code, force=True)

    assert case.clock.slept == slept


def test_a_code_that_was_refused_is_not_waited_out(case: LoginCase) -> None:
    case.log_in("000000", case.phone.code)

    assert case.clock.slept == 0


@pytest.mark.parametrize(
    ("fault", "error"),
    [(DropReply(), ReplyLostError), (ExpiredSession(), AWSAnswerError)],
    ids=lambda part: type(part).__name__,
)
def test_a_code_that_went_out_and_brought_no_session_is_waited_out(
    case: LoginCase, fault: DropReply | ExpiredSession, error: type[MFASessionError]
) -> None:
    case.endpoint.faults.add("GetSessionToken", fault)
    with pytest.raises(error):
        case.log_in(case.phone.code)

    case.log_in(case.phone.code)

    assert case.clock.slept > 0
    assert [call.error_code for call in case.endpoint.journal] == [None, None]


def test_a_code_that_aws_had_no_time_for_is_not_waited_out(case: LoginCase) -> None:
    case.endpoint.faults.add("GetSessionToken", Throttle())
    with pytest.raises(ThrottledError):
        case.log_in(case.phone.code)

    case.log_in(case.phone.code)

    assert case.clock.slept == 0


def test_a_wrong_code_is_asked_for_again(case: LoginCase) -> None:
    case.log_in("000000", "111111", case.phone.code)

    assert [call.status for call in case.endpoint.journal] == [403, 403, 200]


def test_three_wrong_codes_are_sent_once_each_and_end_the_login(case: LoginCase) -> None:
    before = case.credentials_file.read_bytes()

    with pytest.raises(TokenCodeRefusedError):
        case.log_in("000000", "111111", "222222")

    assert case.actions == ["GetSessionToken"] * 3
    assert case.credentials_file.read_bytes() == before


def test_a_code_that_was_refused_is_not_sent_again(case: LoginCase) -> None:
    case.log_in("000000", "000000", case.phone.code)

    assert [call.status for call in case.endpoint.journal] == [403, 200]


@pytest.mark.parametrize("typed", ["12345", "1234567", "abcdef", "", "12345６７", "½23456"])
def test_what_is_no_code_is_asked_for_again_and_never_sent(case: LoginCase, typed: str) -> None:
    case.log_in(typed, case.phone.code)

    assert case.actions == ["GetSessionToken"]


@pytest.mark.parametrize(
    "as_typed",
    [
        lambda code: f"{code[:3]} {code[3:]}",
        lambda code: f" {code}\t",
        lambda code: f"{code[:3]}-{code[3:]}",
        lambda code: "".join(chr(ord(digit) - ord("0") + ord("０")) for digit in code),
    ],
    ids=["123 456", "blanks around it", "123-456", "１２３４５６"],
)
def test_a_code_is_taken_however_it_was_pasted_or_typed(case: LoginCase, as_typed: Callable[[str], str]) -> None:
    case.log_in(lambda: as_typed(case.phone.code()))

    assert [call.status for call in case.endpoint.journal] == [200]


def test_a_code_that_is_given_is_traded_once_and_nobody_is_asked(case: LoginCase) -> None:
    with pytest.raises(TokenCodeRefusedError):
        case.log_in_with(NoUser("…"), code=TokenCode("000000"))

    assert case.actions == ["GetSessionToken"]


def test_nobody_is_asked_for_a_code_when_there_is_no_key_to_use_it_with(case: LoginCase) -> None:
    case.credentials_file.unlink()

    with pytest.raises(AccessKeyNotFoundError):
        case.log_in()

    assert case.actions == []


def test_nobody_is_asked_for_a_code_when_the_session_could_not_be_written(case: LoginCase) -> None:
    with case.credentials_file.open("a") as file:
        file.write("[test-user-mfa]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\n")

    with pytest.raises(SessionProfileTakenError):
        case.log_in()

    assert case.actions == []


def test_aws_is_not_asked_when_there_is_nobody_to_ask_for_a_code(case: LoginCase) -> None:
    case.profile = replace(case.profile, mfa_device=None)

    with pytest.raises(PersonNeededError):
        case.log_in_with(NoUser("…"))

    assert case.actions == []


def test_an_interrupted_question_changes_nothing(case: LoginCase) -> None:
    before = case.credentials_file.read_bytes()

    with pytest.raises(KeyboardInterrupt):
        case.log_in("^C")

    assert case.actions == []
    assert case.credentials_file.read_bytes() == before


def test_a_used_code_is_remembered_before_it_is_sent(case: LoginCase) -> None:
    step_when_sent: list[int | None] = []

    class Watching:
        def answer(self, perform: Callable[[], object], /) -> object:
            step_when_sent.append(case.used_codes.last_step(PHONE))
            return perform()

    case.endpoint.faults.add("GetSessionToken", Watching())  # type: ignore[arg-type]  # passes on what it is given
    case.log_in(case.phone.code)

    assert step_when_sent == [int(case.clock.now().timestamp() // 30)]


def test_the_end_of_a_session_is_when_aws_says(case: LoginCase) -> None:
    outcome = case.log_in(case.phone.code)

    [session] = case.endpoint.account.sessions.values()
    assert outcome.credentials.expiration == session.expiration


def test_a_session_that_cannot_be_written_says_that_its_code_is_used(case: LoginCase) -> None:
    def code_while_the_file_is_damaged() -> str:
        code = case.phone.code()
        case.credentials_file.write_text("no section\n")
        return code

    with pytest.raises(SharedFileError) as refused:
        case.log_in(code_while_the_file_is_damaged)

    assert refused.value.hint.endswith("; the code is used, so log in with the next one")
