"""How things stand with a profile is what the two files say, whatever state they are in."""

from datetime import UTC, datetime, timedelta

import pytest

from mfa_session.aws_files.session_profiles import session_in
from mfa_session.errors import ProfileNotFoundError
from mfa_session.model.credentials import timestamp
from mfa_session.model.profile import Sections
from mfa_session.sessions.status import State, Status, all_statuses, status

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PHONE = "arn:aws:iam::123456789012:mfa/test-user"
ADMIN = "arn:aws:iam::123456789012:role/admin"

SESSION = {
    "aws_access_key_id": "ASIAIOSFODNN7EXAMPLE",
    "aws_secret_access_key": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    "aws_session_token": "FwoGZXIvYXdz",
    "x_security_token_expires": "2026-11-23T13:00:00Z",
    "mfa_session_source": "test-user",
}
LONG_TERM_KEY = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "secret"}


def standing(*, config: Sections | None = None, credentials: Sections, now: datetime = NOW) -> Status:
    return status(
        "test-user", config=config or {"test-user": {}}, credentials=credentials, session_in=session_in, now=now
    )


def names(*, config: Sections | None = None, credentials: Sections | None = None) -> list[tuple[str, str]]:
    found = all_statuses(config=config or {}, credentials=credentials or {}, session_in=session_in, now=NOW)
    return [(each.profile.name, each.profile.session_profile) for each in found]


@pytest.mark.parametrize(
    ("after", "state", "remaining"),
    [
        (timedelta(0), State.LIVE, timedelta(hours=1)),
        (timedelta(minutes=59, seconds=59), State.LIVE, timedelta(seconds=1)),
        (timedelta(hours=1), State.EXPIRED, timedelta(0)),
        (timedelta(hours=2), State.EXPIRED, timedelta(0)),
    ],
)
def test_a_session_is_live_until_its_end(after: timedelta, state: State, remaining: timedelta) -> None:
    found = standing(credentials={"test-user-mfa": SESSION}, now=NOW + after)

    assert (found.state, found.remaining(NOW + after)) == (state, remaining)


@pytest.mark.parametrize(
    ("age", "is_old"),
    [
        (timedelta(0), False),
        (timedelta(days=90) - timedelta(seconds=1), False),
        (timedelta(days=90), False),
        (timedelta(days=90, seconds=1), True),
    ],
)
def test_a_key_is_old_when_it_is_older_than_ninety_days(age: timedelta, is_old: bool) -> None:
    config = {"test-user": {"mfa_session_key_created": timestamp(NOW - age)}}

    found = standing(config=config, credentials={})

    assert found.key_age(NOW) == age
    assert found.key_is_old(NOW) == is_old


@pytest.mark.parametrize("settings", [{}, {"mfa_session_key_created": "last year"}])
def test_a_key_whose_date_nobody_has_written_down_is_not_called_old(settings: dict[str, str]) -> None:
    found = standing(config={"test-user": settings}, credentials={})

    assert found.key_age(NOW) is None
    assert not found.key_is_old(NOW)


def test_the_key_of_a_role_is_that_of_its_user() -> None:
    config = {
        "test-user": {"mfa_session_key_created": timestamp(NOW - timedelta(days=91))},
        "admin": {"role_arn": ADMIN, "source_profile": "test-user"},
    }

    found = status("admin", config=config, credentials={}, session_in=session_in, now=NOW)

    assert found.key_is_old(NOW)


def test_there_is_no_session_where_none_is_marked_as_ours() -> None:
    found = standing(credentials={"test-user-mfa": {**SESSION, "mfa_session_source": "somebody"}})

    assert (found.state, found.remaining(NOW), found.problem) == (State.NONE, None, None)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("aws_access_key_id", "ASIA"),
        ("aws_session_token", ""),
        ("x_security_token_expires", "soon"),
        ("aws_security_token", "of another session"),
    ],
)
def test_a_damaged_session_is_shown_with_what_is_wrong(key: str, value: str) -> None:
    found = standing(credentials={"test-user-mfa": {**SESSION, key: value}})

    assert (found.state, found.session) == (State.DAMAGED, None)
    assert "the session in profile test-user-mfa is damaged" in (found.problem or "")


def test_a_long_term_key_in_a_session_profile_is_called_so() -> None:
    found = standing(credentials={"test-user-mfa": {**SESSION, "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE"}})

    assert (found.state, found.session) == (State.LONG_TERM_KEY, None)
    assert found.problem == "profile test-user-mfa holds a long-term access key, AKIA…MPLE"


def test_a_setting_that_cannot_be_does_not_hide_the_session() -> None:
    config = {"test-user": {"mfa_serial": "phone", "mfa_session_profile": "work"}}

    found = standing(config=config, credentials={"work": SESSION})

    assert found.state is State.LIVE
    assert "profile test-user: mfa_serial" in (found.problem or "")


def test_a_session_profile_stands_for_its_source() -> None:
    found = status(
        "short",
        config={"test-user": {"mfa_session_profile": "short"}},
        credentials={"short": SESSION},
        session_in=session_in,
        now=NOW,
    )

    assert (found.profile.name, found.state) == ("test-user", State.LIVE)


def test_an_unknown_profile_is_an_error() -> None:
    with pytest.raises(ProfileNotFoundError):
        status("nobody", config={"test-user": {}}, credentials={}, session_in=session_in, now=NOW)


def test_a_key_in_the_credentials_file_is_told_even_if_a_store_has_it_too() -> None:
    found = standing(config={"test-user": {"mfa_session_store": "keyring"}}, credentials={"test-user": LONG_TERM_KEY})

    assert (found.profile.store, found.key_in_file) == ("keyring", True)


@pytest.mark.parametrize("setting", ["mfa_session_store", "mfa_session_profile", "mfa_session_duration"])
def test_a_profile_with_a_setting_of_ours_is_listed(setting: str) -> None:
    assert names(config={"a": {setting: "file"}, "b": {"region": "eu-west-1"}}) in ([("a", "a-mfa")], [("a", "file")])


@pytest.mark.parametrize("section", ["config", "credentials"])
def test_a_long_term_key_with_a_device_is_listed_and_one_without_is_not(section: str) -> None:
    config: dict[str, dict[str, str]] = {"a": {}, "b": {}}
    credentials = {"a": {**LONG_TERM_KEY}, "b": LONG_TERM_KEY}
    {"config": config, "credentials": credentials}[section]["a"]["mfa_serial"] = PHONE

    assert names(config=config, credentials=credentials) == [("a", "a-mfa")]


def test_the_roles_of_a_user_are_listed_with_the_user() -> None:
    config = {
        "a": {"mfa_session_store": "file"},
        "b": {},
        "role-of-a": {"role_arn": ADMIN, "source_profile": "a"},
        "role-of-role": {"role_arn": ADMIN, "source_profile": "role-of-a", "mfa_session_profile": "there"},
        "role-of-b": {"role_arn": ADMIN, "source_profile": "b"},
        "circle": {"role_arn": ADMIN, "source_profile": "circle"},
    }
    credentials = {"in-the-other-file": {"role_arn": ADMIN, "source_profile": "a-mfa"}}

    assert names(config=config, credentials=credentials) == [
        ("a", "a-mfa"),
        ("in-the-other-file", "in-the-other-file-mfa"),
        ("role-of-a", "role-of-a-mfa"),
        ("role-of-role", "there"),
    ]


def test_a_role_that_cannot_be_taken_is_listed_with_its_problem() -> None:
    config = {"a": {"mfa_session_store": "file"}, "role": {"role_arn": "arn", "source_profile": "a"}}

    found = all_statuses(config=config, credentials={}, session_in=session_in, now=NOW)

    assert [each.problem and each.problem.split(":")[0] for each in found] == [None, "profile role"]


def test_a_session_whose_source_is_gone_is_listed() -> None:
    assert names(config={"b": {}}, credentials={"left-over": {**SESSION, "mfa_session_source": "gone"}}) == [
        ("gone", "left-over")
    ]


@pytest.mark.parametrize("name", ["gone", "left-over"])
def test_a_session_that_has_outlived_its_profile_is_found_by_both_names(name: str) -> None:
    credentials = {"left-over": {**SESSION, "mfa_session_source": "gone"}}

    found = status(name, config={"b": {}}, credentials=credentials, session_in=session_in, now=NOW)

    assert (found.profile.name, found.state) == ("gone", State.LIVE)


def test_a_session_that_was_left_in_another_session_profile_is_listed_beside_the_one_that_is_set() -> None:
    config = {"test-user": {"mfa_session_profile": "work"}}

    assert names(config=config, credentials={"test-user-mfa": SESSION, "work": SESSION}) == [
        ("test-user", "test-user-mfa"),
        ("test-user", "work"),
    ]


def test_one_profile_whose_settings_cannot_be_does_not_hide_the_others() -> None:
    config = {"a": {"mfa_session_duration": "5m"}, "b": {"mfa_session_duration": "8h"}}

    found = all_statuses(config=config, credentials={}, session_in=session_in, now=NOW)

    assert [each.problem is None for each in found] == [False, True]
