"""The journal of a rotation: it comes back as it was written, or is an error."""

import pytest

from mfa_session.errors import MFASessionError
from mfa_session.model.rotation_record import Rotation
from tests.keys.rotation.desk import PROFILE, Desk


class TestTheJournal:
    def test_a_rotation_comes_back_as_it_was_written(self, desk: Desk) -> None:
        begun = desk.clock.now().replace(microsecond=0)
        rotation = Rotation(old="AKIAOLD", begun=begun, new="AKIANEW", is_finished=True)

        desk.journal.write(PROFILE, rotation)

        assert desk.journal.read(PROFILE) == rotation

    def test_one_that_was_forgotten_is_gone_and_may_be_forgotten_again(self, desk: Desk) -> None:
        desk.journal.write(PROFILE, Rotation(old="AKIAOLD", begun=desk.clock.now()))

        desk.journal.forget(PROFILE)
        desk.journal.forget(PROFILE)

        assert desk.journal.read(PROFILE) is None

    @pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"old": "AKIA", "begun": "today"}'])
    def test_one_that_cannot_be_read_is_an_error_that_names_the_file(self, desk: Desk, content: str) -> None:
        desk.journal.write(PROFILE, Rotation(old="AKIAOLD", begun=desk.clock.now()))
        file = desk.home / "rotations" / "test-user"
        file.write_text(content)

        with pytest.raises(MFASessionError) as caught:
            desk.journal.read(PROFILE)

        assert str(file) in str(caught.value)
        assert f"delete {file}" in caught.value.hint
