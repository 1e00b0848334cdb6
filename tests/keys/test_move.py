"""A key that is moved to another store overwrites no other key there."""

from pathlib import Path

import pytest

from mfa_session.aws_files.profile_settings import ProfileSettings
from mfa_session.errors import ConfigurationError
from mfa_session.keys.move import move_key
from mfa_session.model.credentials import AccessKey
from mfa_session.model.profile import Profile
from tests.fakes import InMemoryKeys

PROFILE = Profile("test-user", "test-user-mfa")
KEY = AccessKey("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
OTHER = AccessKey("AKIAI44QH8DHBEXAMPLE", "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY")


@pytest.mark.parametrize("there", [{}, {"test-user": KEY}, {"another": OTHER}])
def test_a_key_is_moved_where_no_other_is_in_its_place(tmp_path: Path, there: dict[str, AccessKey]) -> None:
    old, new = InMemoryKeys({"test-user": KEY}), InMemoryKeys(there, name="file")

    move_key(PROFILE, old=old, new=new, settings=ProfileSettings(tmp_path / "config", program="/bin/x"))

    assert (old.get("test-user"), new.get("test-user")) == (None, KEY)


def test_another_key_of_the_profile_is_named_and_stays_unless_one_insists(tmp_path: Path) -> None:
    old, new = InMemoryKeys({"test-user": KEY}), InMemoryKeys({"test-user": OTHER}, name="file")
    settings = ProfileSettings(tmp_path / "config", program="/bin/x")

    with pytest.raises(ConfigurationError, match=f"another key for profile test-user, {OTHER.masked_id}"):
        move_key(PROFILE, old=old, new=new, settings=settings)
    unchanged = (old.get("test-user"), new.get("test-user"))
    move_key(PROFILE, old=old, new=new, settings=settings, replace=True)

    assert unchanged == (KEY, OTHER)
    assert (old.get("test-user"), new.get("test-user")) == (None, KEY)
