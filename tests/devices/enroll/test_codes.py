"""The codes that enable a new device: typed twice, in the wrong order, or wrong."""

from mfa_session.errors import TokenCodeRefusedError
from tests.devices.enroll.desk import Desk, refusal


class TestCodes:
    def test_the_same_code_twice_is_not_sent_and_asked_for_again(self, desk: Desk) -> None:
        desk.enrol(*desk.codes(-1, -1, -1, 0, 1))

        assert desk.lines.shown.count("That is the same code again.") == 2
        assert desk.actions.count("EnableMFADevice") == 1

    def test_two_that_do_not_follow_each_other_are_asked_for_again(self, desk: Desk) -> None:
        desk.enrol(*desk.codes(0, -1, -1, 0, 1))

        assert "AWS did not accept the two codes. Type two new ones.\n" in desk.lines.shown
        assert desk.actions.count("EnableMFADevice") == 2

    def test_two_that_were_refused_are_not_sent_again(self, desk: Desk) -> None:
        desk.enrol(*desk.codes(0, -1, 0, -1, -1, 0, 1))

        assert "AWS did not accept these two before." in desk.lines.shown
        assert desk.actions.count("EnableMFADevice") == 2

    def test_after_three_refusals_the_device_is_deleted_again(self, desk: Desk) -> None:
        error = refusal(desk, TokenCodeRefusedError, *desk.codes(0, -1, 1, -1, 1, 0))

        assert str(error) == "AWS did not accept the two codes; the new device was deleted again"
        assert not desk.endpoint.account.devices
        assert desk.actions.count("EnableMFADevice") == 3

    def test_a_code_that_enabled_the_device_is_not_sent_for_the_session(self, desk: Desk) -> None:
        desk.enrol(*desk.codes(-1, 0, 0, -1, 1))

        assert desk.lines.shown.count("That code is used.") == 2
        assert desk.actions.count("GetSessionToken") == 1

    def test_a_wrong_code_for_the_session_is_asked_for_again(self, desk: Desk) -> None:
        desk.enrol(*desk.codes(-1, 0, 9, 1))

        assert desk.actions.count("GetSessionToken") == 2

    def test_nobody_has_to_wait_for_a_code_that_is_typed_early(self, desk: Desk) -> None:
        desk.enrol(*desk.codes(-1, 0, 1))

        assert desk.clock.slept == 0
