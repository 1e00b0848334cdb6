"""A second device, which is made on a session with the first."""

from dataclasses import replace

import pytest

from mfa_session.errors import PromptInterruptedError
from mfa_session.local_aws.mfa_devices import VirtualDevice
from mfa_session.model.mfa_device import MFADevice
from mfa_session.policies.templates import safe_policy
from tests.aws_case import PHONE
from tests.devices.enroll.case import PREFIX, EnrolmentCase, refusal, refuse


class TestASecondDevice:
    @pytest.fixture(autouse=True)
    def phone(self, case: EnrolmentCase) -> VirtualDevice:
        return case.endpoint.account.add_device(case.user, "test-user-phone")

    def test_it_is_made_on_a_session_with_the_first(self, case: EnrolmentCase, phone: VirtualDevice) -> None:
        outcome = case.enrol(phone.code, *case.codes(-1, 0, 1))

        assert len(case.user.devices) == 2
        assert outcome.device != PHONE
        enabled = [call for call in case.endpoint.journal if call.action == "EnableMFADevice"]
        assert [call.mfa for call in enabled] == [True]

    def test_a_session_that_is_live_is_made_use_of(self, case: EnrolmentCase, phone: VirtualDevice) -> None:
        case.enrol(phone.code, *case.codes(-1, 0, 1))

        case.enrol(*case.codes(-1, 0, 1))

        assert len(case.user.devices) == 3

    def test_a_device_that_is_remembered_and_gone_is_not_asked_for(
        self, case: EnrolmentCase, phone: VirtualDevice
    ) -> None:
        case.profile = replace(case.profile, mfa_device=MFADevice(f"{PREFIX}/lost"))

        case.enrol(phone.code, *case.codes(-1, 0, 1))

        assert "(test-user-phone" in case.lines.shown

    def test_a_user_who_may_not_list_devices_uses_the_one_that_is_remembered(
        self, case: EnrolmentCase, phone: VirtualDevice
    ) -> None:
        refuse(case, "iam:ListMFADevices")
        case.profile = replace(case.profile, mfa_device=PHONE)

        case.enrol(phone.code, *case.codes(-1, 0, 1))

        assert len(case.user.devices) == 2

    def test_given_up_it_is_deleted_with_the_session(self, case: EnrolmentCase, phone: VirtualDevice) -> None:
        [policy] = case.endpoint.account.managed_policies.values()
        policy.in_force = policy.add_version(safe_policy().document, case.clock.now())

        error = refusal(case, PromptInterruptedError, phone.code, "^C")

        assert str(error) == "cancelled; the new device was removed"
        assert list(case.endpoint.account.devices) == [PHONE.serial_number]
