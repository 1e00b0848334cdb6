"""A role profile leads to the user who takes its role, and says so where it does not."""

from datetime import timedelta

import pytest

from mfa_session.errors import ConfigurationError
from mfa_session.model.mfa_device import MFADevice
from mfa_session.model.profile import Profile, Sections, read_profile
from mfa_session.model.role import Role

ADMIN = "arn:aws:iam::123456789012:role/admin"
PHONE = "arn:aws:iam::123456789012:mfa/test-user"
TOKEN = "arn:aws:iam::123456789012:mfa/token"


def role(source: str, **more: str) -> dict[str, str]:
    return {"role_arn": ADMIN, "source_profile": source, **more}


def read(name: str, config: Sections, credentials: Sections | None = None) -> Profile:
    return read_profile(name, config=config, credentials=credentials or {})


def problem_of(name: str, config: Sections, credentials: Sections | None = None) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        read(name, config, credentials)
    return caught.value


def test_a_role_profile_has_what_its_section_says() -> None:
    settings = role("test-user", external_id="their:id", role_session_name="alice", duration_seconds="7200")

    profile = read("admin", {"test-user": {}, "admin": settings})

    assert profile.role == Role(ADMIN, "alice", "their:id")
    assert profile.duration == timedelta(hours=2)
    assert profile.session_profile == "admin-mfa"


def test_a_session_of_a_role_is_named_after_the_user_where_nothing_else_is_said() -> None:
    profile = read("admin", {"Bob Ünal": {}, "admin": role("Bob Ünal")})

    assert profile.role is not None
    assert profile.role.session_name == "mfa-session-Bob--nal"


def test_our_own_duration_comes_before_that_of_aws() -> None:
    settings = role("test-user", duration_seconds="7200", mfa_session_duration="30m")

    assert read("admin", {"test-user": {}, "admin": settings}).duration == timedelta(minutes=30)


def test_the_duration_of_aws_is_for_roles_alone() -> None:
    assert read("test-user", {"test-user": {"duration_seconds": "7200"}}).duration is None


def test_a_chain_of_roles_begins_with_a_user() -> None:
    config = {"test-user": {"region": "eu-west-1"}, "a": role("test-user"), "b": role("a")}

    profile = read("b", config)

    assert (profile.source and profile.source.name, profile.user.name) == ("a", "test-user")
    assert profile.user.user == profile.user


@pytest.mark.parametrize(("own", "expected"), [({}, TOKEN), ({"mfa_serial": PHONE}, PHONE)])
def test_the_device_is_that_of_the_user_and_else_the_one_that_the_role_names(
    own: dict[str, str], expected: str
) -> None:
    config = {"test-user": own, "a": role("test-user", mfa_serial=TOKEN), "b": role("a")}

    assert read("b", config).mfa_device == MFADevice(expected)


@pytest.mark.parametrize(("own", "expected"), [({}, "eu-west-1"), ({"region": "us-east-2"}, "us-east-2")])
def test_a_role_without_a_region_has_that_of_its_source(own: dict[str, str], expected: str) -> None:
    config = {"test-user": {"region": "eu-west-1"}, "a": {**role("test-user"), **own}, "b": role("a")}

    assert read("b", config).region == expected


def test_a_role_in_the_credentials_file_is_one_too() -> None:
    profile = read("admin", {"admin": {"region": "eu-west-1"}}, {"test-user": {}, "admin": role("test-user")})

    assert profile.role == Role(ADMIN, "mfa-session-test-user")
    assert profile.region == "eu-west-1"


def test_a_source_profile_that_is_a_session_profile_stands_for_the_user() -> None:
    credentials = {"test-user": {}, "work": {"mfa_session_source": "test-user"}}

    assert read("admin", {"admin": role("work")}, credentials).user.name == "test-user"


def test_the_session_profile_of_a_role_stands_for_the_role() -> None:
    config = {"test-user": {}, "admin": role("test-user")}

    assert read("admin-mfa", config, {"admin-mfa": {"mfa_session_source": "admin"}}).name == "admin"


@pytest.mark.parametrize(
    ("config", "circle"),
    [
        ({"a": role("a")}, "a → a"),
        ({"a": role("b"), "b": role("a")}, "a → b → a"),
        ({"a": role("b"), "b": role("c"), "c": role("b")}, "b → c → b"),
        ({"a": role("b"), "b": role("a-mfa")}, "a → b → a"),
    ],
)
def test_a_circle_is_named(config: dict[str, dict[str, str]], circle: str) -> None:
    assert str(problem_of("a", config)).endswith(f": {circle}")


def test_a_source_profile_that_is_not_there_is_named_with_what_was_meant() -> None:
    problem = problem_of("admin", {"test-user": {}, "admin": role("test-usr")})

    assert str(problem) == "profile admin: there is no profile test-usr, which its source_profile names"
    assert problem.hint.startswith("did you mean test-user? ")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "has a role_arn and no source_profile"),
        ({"credential_source": "Ec2InstanceMetadata"}, "has a credential_source"),
        (
            {"credential_source": "Environment", "source_profile": "admin"},
            "has a credential_source and a source_profile, and AWS tools take no profile with both",
        ),
    ],
)
def test_a_role_without_a_source_profile_alone_is_refused_as_by_aws_tools(settings: dict[str, str], said: str) -> None:
    problem = problem_of("admin", {"admin": {"role_arn": ADMIN, **settings}})

    assert str(problem) == f"profile admin {said}"


def test_a_role_with_a_web_identity_token_belongs_to_another_program() -> None:
    profile = read("admin", {"admin": {"role_arn": ADMIN, "web_identity_token_file": "/token"}})

    assert (profile.role, profile.provider, profile.foreign) == (
        None,
        "assume-role-with-web-identity",
        "web_identity_token_file",
    )


def test_a_profile_with_a_key_and_a_role_may_be_its_own_source() -> None:
    own = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "s"}

    profile = read("default", {"default": role("default", region="eu-west-1")}, {"default": own})

    assert profile.role is not None and profile.source is not None
    assert (profile.session_profile, profile.source.session_profile) == ("default-mfa", "default-user-mfa")
    assert (profile.source.role, profile.source.provider) == (None, "shared-credentials-file")


def test_as_the_source_of_another_role_a_key_comes_before_the_role_beside_it() -> None:
    config = {"a": role("b"), "b": {**role("c"), "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE"}, "c": {}}

    assert read("a", config).user.name == "b"
    assert read("b", config).user.name == "c"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("role_arn", "admin"),
        ("role_arn", "arn:aws:iam::123456789012:user/admin"),
        ("role_arn", "arn:aws:iam::12345:role/admin"),
        ("role_arn", "arn:aws:iam::123456789012:role/ad min"),
        ("external_id", "two words"),
        ("external_id", "x"),
        ("role_session_name", "a/b"),
        ("role_session_name", "n" * 65),
        ("duration_seconds", "899"),
        ("duration_seconds", "43201"),
        ("duration_seconds", "an hour"),
        ("mfa_session_duration", "36h"),
    ],
)
def test_a_setting_that_cannot_be_is_named_with_its_profile(key: str, value: str) -> None:
    problem = problem_of("admin", {"test-user": {}, "admin": role("test-user") | {key: value}})

    assert str(problem).startswith("profile admin: ")
    assert key in str(problem)


def test_a_chain_of_roles_has_an_end() -> None:
    def chain(length: int) -> Sections:
        return {"0": {}, **{str(number): role(str(number - 1)) for number in range(1, length + 1)}}

    assert read("50", chain(50)).user.name == "0"
    assert str(problem_of("51", chain(51))) == "profile 51 is the end of a chain of more than 50 roles"
    assert "source_profile in profile 400" in problem_of("400", chain(400)).hint
