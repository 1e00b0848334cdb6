"""The codes that enable a new device: typed twice, in the wrong order, or wrong."""

from mfa_session.errors import TokenCodeRefusedError
from tests.devices.enroll.case import EnrolmentCase, refusal


class TestCodes:
    def test_the_same_code_twice_is_not_sent_and_asked_for_again(self, case: EnrolmentCase) -> None:
        case.enrol(*case.codes(-1, -1, -1, 0, 1))

        assert case.lines.shown.count("Same code again.") == 2
        assert case.actions.count("EnableMFADevice") == 1

    def test_two_that_do_not_follow_each_other_are_asked_for_again(self, case: EnrolmentCase) -> None:
        case.enrol(*case.codes(0, -1, -1, 0, 1))

        assert "AWS did not accept the two codes. Type two new ones.\n" in case.lines.shown
        assert case.actions.count("EnableMFADevice") == 2

    def test_two_that_were_refused_are_not_sent_again(self, case: EnrolmentCase) -> None:
        case.enrol(*case.codes(0, -1, 0, -1, -1, 0, 1))

        assert "AWS did not accept these two before." in case.lines.shown
        assert case.actions.count("EnableMFADevice") == 2

    def test_after_three_refusals_the_device_is_deleted_again(self, case: EnrolmentCase) -> None:
        error = refusal(case, TokenCodeRefusedError, *case.codes(0, -1, 1, -1, 1, 0))

        assert str(error) == "AWS did not accept the two codes; the new device was removed"
        assert not case.endpoint.account.devices
        assert case.actions.count("EnableMFADevice") == 3

    def test_a_code_that_enabled_the_device_is_not_sent_for_the_session(self, case: EnrolmentCase) -> None:
        case.enrol(*case.codes(-1, 0, 0, -1, 1))

        assert case.lines.shown.count("Already used.") == 2
        assert case.actions.count("GetSessionToken") == 1

    def test_a_wrong_code_for_the_session_is_asked_for_again(self, case: EnrolmentCase) -> None:
        case.enrol(*case.codes(-1, 0, 9, 1))

        assert case.actions.count("GetSessionToken") == 2

    def test_nobody_has_to_wait_for_a_code_that_is_typed_early(self, case: EnrolmentCase) -> None:
        case.enrol(*case.codes(-1, 0, 1))

        assert case.clock.slept == 0
