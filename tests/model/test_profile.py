"""A profile is what the two AWS files say about it, and says so where they are wrong."""

from datetime import timedelta

import pytest

from mfa_session.errors import ConfigurationError, ProfileNotFoundError, UsageError
from mfa_session.model.mfa_device import MFADevice
from mfa_session.model.profile import read_profile

PHONE = "arn:aws:iam::123456789012:mfa/test-user"


def test_a_profile_has_what_its_section_says() -> None:
    config = {
        "test-user": {
            "region": "ap-northeast-1",
            "output": "json",
            "mfa_serial": PHONE,
            "mfa_session_duration": "8h",
            "mfa_session_store": "file",
            "mfa_session_profile": "work",
        }
    }

    profile = read_profile("test-user", config=config, credentials={})

    assert (profile.region, profile.output, profile.store) == ("ap-northeast-1", "json", "file")
    assert profile.mfa_device == MFADevice(PHONE)
    assert profile.duration == timedelta(hours=8)
    assert profile.session_profile == "work"


def test_a_session_profile_is_named_after_its_source_where_nothing_else_is_said() -> None:
    profile = read_profile("test-user", config={}, credentials={"test-user": {}})

    assert profile.session_profile == "test-user-mfa"


@pytest.mark.parametrize(
    ("config", "credentials"),
    [
        ({"test-user": {}}, {"short": {"mfa_session_source": "test-user"}}),
        ({"test-user": {"mfa_session_profile": "short"}}, {}),
    ],
)
def test_a_session_profile_stands_for_its_source(
    config: dict[str, dict[str, str]], credentials: dict[str, dict[str, str]]
) -> None:
    assert read_profile("short", config=config, credentials=credentials).name == "test-user"


def test_a_session_profile_without_a_session_still_stands_for_its_source() -> None:
    config = {"test-user": {}, "test-user-mfa": {"region": "eu-west-1"}}

    assert read_profile("test-user-mfa", config=config, credentials={}).name == "test-user"


@pytest.mark.parametrize(
    ("config", "credentials"),
    [
        ({"a": {}, "a-mfa": {"role_arn": "arn:aws:iam::123456789012:role/x", "source_profile": "a"}}, {}),
        ({"a": {}}, {"a-mfa": {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE"}}),
        ({"b": {}, "a-mfa": {}}, {}),
    ],
)
def test_a_profile_of_its_own_that_ends_in_mfa_stands_for_itself(
    config: dict[str, dict[str, str]], credentials: dict[str, dict[str, str]]
) -> None:
    assert read_profile("a-mfa", config=config, credentials=credentials).name == "a-mfa"


def test_an_unknown_profile_is_an_error_that_knows_what_was_meant() -> None:
    with pytest.raises(ProfileNotFoundError) as missing:
        read_profile("test-usr", config={"test-user": {}, "prod": {}}, credentials={})

    assert "no profile test-usr" in str(missing.value)
    assert "did you mean test-user?" in missing.value.hint


def test_any_name_will_do_where_there_is_no_profile_at_all() -> None:
    assert read_profile("test-user", config={}, credentials={}).name == "test-user"


@pytest.mark.parametrize("name", ["dev\udcff", "dev\n", "\x1b[1mdev"], ids=["no character", "line end", "escape"])
def test_a_name_that_no_file_can_hold_will_not_do(name: str) -> None:
    with pytest.raises(UsageError, match="no profile can be called"):
        read_profile(name, config={}, credentials={})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("mfa_serial", "phone"),
        ("mfa_session_duration", "5m"),
        ("mfa_session_store", "plain"),
        ("mfa_session_profile", "a"),
    ],
)
def test_a_setting_that_cannot_be_is_named_with_its_profile(key: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=f"profile a: {key}"):
        read_profile("a", config={"a": {key: value}}, credentials={})


def test_an_empty_setting_says_nothing() -> None:
    profile = read_profile("a", config={"a": {"region": "", "mfa_serial": ""}}, credentials={})

    assert (profile.region, profile.mfa_device) == (None, None)
