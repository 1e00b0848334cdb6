"""An enrolment that is given up: no device is left over unless it is enabled, and then it is named."""

import pytest

from mfa_session.errors import PersonNeededError, PromptCancelledError, PromptInterruptedError, TokenCodeRefusedError
from mfa_session.model.mfa_device import VirtualMFADevice
from mfa_session.policies.templates import safe_policy
from mfa_session.prompt.user import NoUser
from tests.devices.enroll.case import EnrolmentCase, refusal


class TestGivingUp:
    @pytest.mark.parametrize(("key", "kind"), [("^C", PromptInterruptedError), ("^D", PromptCancelledError)])
    @pytest.mark.parametrize("typed", [(), (-1,), (0, -1)])
    def test_before_it_is_enabled_the_device_is_deleted_again(
        self, case: EnrolmentCase, key: str, kind: type[PromptCancelledError], typed: tuple[int, ...]
    ) -> None:
        error = refusal(case, kind, *case.codes(*typed), key)

        assert str(error).endswith("; the new device was removed")
        assert not case.endpoint.account.devices
        assert case.sessions.session(case.profile) is None

    def test_a_device_that_may_not_be_deleted_is_named(self, case: EnrolmentCase) -> None:
        [policy] = case.endpoint.account.managed_policies.values()
        policy.in_force = policy.add_version(safe_policy().document, case.clock.now())

        error = refusal(case, PromptInterruptedError, "^C")

        assert (
            str(error)
            == f"cancelled; the device {case.device.serial_number} is not deleted, and not assigned to a user"
        )
        assert error.hint.endswith(f"mfa-session device remove --serial {case.device.serial_number}")

    def test_after_it_is_enabled_the_device_stays(self, case: EnrolmentCase) -> None:
        error = refusal(case, PromptInterruptedError, *case.codes(-1, 0), "^C")

        serial = case.device.serial_number
        assert str(error) == f"cancelled; the new device {serial} is enabled"
        assert error.hint == f"log in with it: mfa-session login --profile test-user --serial {serial}"
        assert list(case.user.devices) == [serial]

    def test_three_wrong_codes_for_the_session_say_that_the_device_is_enabled(self, case: EnrolmentCase) -> None:
        error = refusal(case, TokenCodeRefusedError, *case.codes(-1, 0, 7, 8, 9))

        assert f"; the new device {case.device.serial_number} is enabled" in str(error)
        assert error.hint.endswith(f"--serial {case.device.serial_number}")

    def test_what_goes_wrong_while_the_seed_is_shown_deletes_the_device(self, case: EnrolmentCase) -> None:
        class Torn(list[VirtualMFADevice]):
            def append(self, made: VirtualMFADevice) -> None:
                raise KeyboardInterrupt

        case.shown = Torn()

        error = refusal(case, PromptInterruptedError)

        assert str(error) == "cancelled; the new device was removed"
        assert not case.endpoint.account.devices

    def test_where_nobody_can_be_asked_nothing_is_begun(self, case: EnrolmentCase) -> None:
        with pytest.raises(PersonNeededError):
            case.enrol_with(NoUser("mfa-session device add"))

        assert case.actions == []
