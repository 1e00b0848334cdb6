"""A second device, which is made on a session with the first."""

from dataclasses import replace

import pytest

from mfa_session.errors import PromptCancelledError
from mfa_session.local_aws.mfa_devices import VirtualDevice
from mfa_session.model.mfa_device import MFADevice
from mfa_session.policies.templates import safe_policy
from tests.desk import PHONE
from tests.devices.enroll.desk import PREFIX, Desk, refusal, refuse


class TestASecondDevice:
    @pytest.fixture(autouse=True)
    def phone(self, desk: Desk) -> VirtualDevice:
        return desk.endpoint.account.add_device(desk.user, "test-user-phone")

    def test_it_is_made_on_a_session_with_the_first(self, desk: Desk, phone: VirtualDevice) -> None:
        outcome = desk.enrol(phone.code, *desk.codes(-1, 0, 1))

        assert len(desk.user.devices) == 2
        assert outcome.device != PHONE
        enabled = [call for call in desk.endpoint.journal if call.action == "EnableMFADevice"]
        assert [call.mfa for call in enabled] == [True]

    def test_a_session_that_is_live_is_made_use_of(self, desk: Desk, phone: VirtualDevice) -> None:
        desk.enrol(phone.code, *desk.codes(-1, 0, 1))

        desk.enrol(*desk.codes(-1, 0, 1))

        assert len(desk.user.devices) == 3

    def test_a_device_that_is_remembered_and_gone_is_not_asked_for(self, desk: Desk, phone: VirtualDevice) -> None:
        desk.profile = replace(desk.profile, mfa_device=MFADevice(f"{PREFIX}/lost"))

        desk.enrol(phone.code, *desk.codes(-1, 0, 1))

        assert "code of MFA device test-user-phone" in desk.lines.shown

    def test_a_user_who_may_not_list_devices_uses_the_one_that_is_remembered(
        self, desk: Desk, phone: VirtualDevice
    ) -> None:
        refuse(desk, "iam:ListMFADevices")
        desk.profile = replace(desk.profile, mfa_device=PHONE)

        desk.enrol(phone.code, *desk.codes(-1, 0, 1))

        assert len(desk.user.devices) == 2

    def test_given_up_it_is_deleted_with_the_session(self, desk: Desk, phone: VirtualDevice) -> None:
        [policy] = desk.endpoint.account.managed_policies.values()
        policy.in_force = policy.add_version(safe_policy().document, desk.clock.now())

        error = refusal(desk, PromptCancelledError, phone.code, "^C")

        assert str(error) == "given up; the new device was deleted again"
        assert list(desk.endpoint.account.devices) == [PHONE.serial_number]
