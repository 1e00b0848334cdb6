"""An enrolment that is given up: no device is left over unless it is enabled, and then it is named."""

import pytest

from mfa_session.errors import PersonNeededError, PromptCancelledError, TokenCodeRefusedError
from mfa_session.model.mfa_device import VirtualMFADevice
from mfa_session.policies.templates import safe_policy
from mfa_session.prompt.user import NoUser
from tests.devices.enroll.desk import Desk, refusal


class TestGivingUp:
    @pytest.mark.parametrize("key", ["^C", "^D"])
    @pytest.mark.parametrize("typed", [(), (-1,), (0, -1)])
    def test_before_it_is_enabled_the_device_is_deleted_again(
        self, desk: Desk, key: str, typed: tuple[int, ...]
    ) -> None:
        error = refusal(desk, PromptCancelledError, *desk.codes(*typed), key)

        assert str(error).endswith("; the new device was deleted again")
        assert not desk.endpoint.account.devices
        assert desk.sessions.session(desk.profile) is None

    def test_a_device_that_may_not_be_deleted_is_named(self, desk: Desk) -> None:
        [policy] = desk.endpoint.account.managed_policies.values()
        policy.in_force = policy.add_version(safe_policy().document, desk.clock.now())

        error = refusal(desk, PromptCancelledError, "^C")

        assert str(error) == f"given up; the device {desk.device.serial_number} is left over, and belongs to nobody"
        assert error.hint.endswith(f"mfa-session device remove --serial {desk.device.serial_number}")

    def test_after_it_is_enabled_the_device_stays(self, desk: Desk) -> None:
        error = refusal(desk, PromptCancelledError, *desk.codes(-1, 0), "^C")

        serial = desk.device.serial_number
        assert str(error) == f"given up; the new device {serial} is enabled"
        assert error.hint == f"log in with it: mfa-session login --profile test-user --serial {serial}"
        assert list(desk.user.devices) == [serial]

    def test_three_wrong_codes_for_the_session_say_that_the_device_is_enabled(self, desk: Desk) -> None:
        error = refusal(desk, TokenCodeRefusedError, *desk.codes(-1, 0, 7, 8, 9))

        assert f"; the new device {desk.device.serial_number} is enabled" in str(error)
        assert error.hint.endswith(f"--serial {desk.device.serial_number}")

    def test_what_goes_wrong_while_the_seed_is_shown_deletes_the_device(self, desk: Desk) -> None:
        class Torn(list[VirtualMFADevice]):
            def append(self, made: VirtualMFADevice) -> None:
                raise KeyboardInterrupt

        desk.shown = Torn()

        error = refusal(desk, PromptCancelledError)

        assert str(error) == "given up; the new device was deleted again"
        assert not desk.endpoint.account.devices

    def test_where_nobody_can_be_asked_nothing_is_begun(self, desk: Desk) -> None:
        with pytest.raises(PersonNeededError):
            desk.enrol_with(NoUser("mfa-session device add"))

        assert desk.actions == []
