"""A new device whose answer from AWS was lost on the way."""

from mfa_session.errors import ReplyLostError
from tests.devices.enroll.case import EnrolmentCase, refusal, refuse
from tests.faults import DropReply, ResetConnection


class TestLostAnswers:
    def test_a_device_whose_seed_was_lost_is_deleted_again(self, case: EnrolmentCase) -> None:
        case.endpoint.faults.add("CreateVirtualMFADevice", DropReply())

        error = refusal(case, ReplyLostError)

        assert str(error).endswith("; the new device was removed")
        assert not case.endpoint.account.devices

    def test_a_device_that_was_not_even_made_is_told_as_such(self, case: EnrolmentCase) -> None:
        case.endpoint.faults.add("CreateVirtualMFADevice", ResetConnection())

        assert str(refusal(case, ReplyLostError)).endswith("; no new device is left")

    def test_a_device_that_was_enabled_without_our_hearing_of_it_goes_on_to_its_session(
        self, case: EnrolmentCase
    ) -> None:
        case.endpoint.faults.add("EnableMFADevice", DropReply())

        outcome = case.enrol(*case.codes(-1, 0, 1))

        assert not outcome.kept
        assert case.actions.count("EnableMFADevice") == 1

    def test_a_device_that_was_not_enabled_is_deleted_again(self, case: EnrolmentCase) -> None:
        case.endpoint.faults.add("EnableMFADevice", ResetConnection())

        error = refusal(case, ReplyLostError, *case.codes(-1, 0))

        assert str(error).endswith("; the new device was removed")
        assert not case.endpoint.account.devices

    def test_a_device_of_which_nothing_is_known_is_not_deleted_while_it_is_enabled(self, case: EnrolmentCase) -> None:
        case.endpoint.faults.add("EnableMFADevice", DropReply())

        def second_code() -> str:
            refuse(case, "iam:ListMFADevices")
            return case.device.code()

        error = refusal(case, ReplyLostError, case.code(-1), second_code)

        assert str(error).endswith(f"; the device {case.device.serial_number} is enabled")
        assert list(case.user.devices) == [case.device.serial_number]
