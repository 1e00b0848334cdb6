"""The journal of a rotation: it comes back as it was written, or is an error."""

import pytest

from mfa_session.errors import MFASessionError
from mfa_session.model.rotation_record import Rotation
from tests.keys.rotation.case import PROFILE, RotationCase


class TestTheJournal:
    def test_a_rotation_comes_back_as_it_was_written(self, case: RotationCase) -> None:
        begun = case.clock.now().replace(microsecond=0)
        rotation = Rotation(old="AKIAOLD", begun=begun, new="AKIANEW", is_finished=True)

        case.journal.write(PROFILE, rotation)

        assert case.journal.read(PROFILE) == rotation

    def test_one_that_was_forgotten_is_gone_and_may_be_forgotten_again(self, case: RotationCase) -> None:
        case.journal.write(PROFILE, Rotation(old="AKIAOLD", begun=case.clock.now()))

        case.journal.forget(PROFILE)
        case.journal.forget(PROFILE)

        assert case.journal.read(PROFILE) is None

    @pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"old": "AKIA", "begun": "today"}'])
    def test_one_that_cannot_be_read_is_an_error_that_names_the_file(self, case: RotationCase, content: str) -> None:
        case.journal.write(PROFILE, Rotation(old="AKIAOLD", begun=case.clock.now()))
        file = case.home / "rotations" / "test-user"
        file.write_text(content)

        with pytest.raises(MFASessionError) as caught:
            case.journal.read(PROFILE)

        assert str(file) in str(caught.value)
        assert f"delete {file}" in caught.value.hint
