"""What many profiles cost: a pass over a file is made a few times, not once for each profile."""

from collections import UserDict
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime

import pytest

from mfa_session.aws_files.session_profiles import session_in
from mfa_session.model.profile import ProfileReader
from mfa_session.sessions.status import all_statuses

Section = dict[str, str]


class CountedSections(UserDict[str, Mapping[str, str]]):
    """Sections that count how often somebody goes through all of them."""

    passes = 0

    def __iter__(self) -> Iterator[str]:
        self.passes += 1
        return super().__iter__()


def side_by_side(number: int) -> Section:
    return {"role_arn": f"arn:aws:iam::123456789012:role/{number}", "source_profile": "user"}


def in_chains(number: int) -> Section:
    return {**side_by_side(number), "source_profile": f"r{number - 1}" if number % 10 else "user"}


def with_names_of_their_own(number: int) -> Section:
    return {**side_by_side(number), "mfa_session_profile": f"session-{number}"}


def in_one_long_chain(number: int) -> Section:
    return {**side_by_side(number), "source_profile": f"r{number - 1}" if number else "user"}


def passes(roles: int, section: Callable[[int], Section]) -> int:
    config = CountedSections({"user": {"mfa_session_store": "file"}})
    config.update({f"r{number}": section(number) for number in range(roles)})
    credentials = CountedSections({"user": {}})
    config.passes = credentials.passes = 0

    found = all_statuses(config=config, credentials=credentials, session_in=session_in, now=datetime.now(UTC))

    assert len(found) == roles + 1
    return config.passes + credentials.passes


@pytest.mark.parametrize("section", [side_by_side, in_chains, with_names_of_their_own])
def test_the_status_of_all_profiles_takes_as_many_passes_for_400_as_for_10(section: Callable[[int], Section]) -> None:
    assert passes(400, section) == passes(10, section)


def test_each_profile_of_a_long_chain_is_looked_up_once_for_its_user() -> None:
    looked_up: list[str] = []

    class Reader(ProfileReader):
        def source_profile_name(self, name: str) -> str:
            looked_up.append(name)
            return super().source_profile_name(name)

    from mfa_session.sessions.status import _roles_of

    config = {"user": {}, **{f"r{number}": in_one_long_chain(number) for number in range(400)}}
    roles = dict(_roles_of({"user"}, Reader(config, {})))

    assert len(roles) == 400
    assert len(looked_up) == 400


def test_many_profiles_are_read_in_one_pass() -> None:
    config = CountedSections({"user": {}, **{f"r{number}": side_by_side(number) for number in range(400)}})
    reader = ProfileReader(config, {})
    config.passes = 0

    assert {reader.profile(f"r{number}").user.name for number in range(400)} == {"user"}
    assert config.passes == 0
