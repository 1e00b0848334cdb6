"""A new device that AWS refuses, or that there is no place for."""

import pytest

from mfa_session.errors import (
    AccessDeniedError,
    EntityAlreadyExistsError,
    EntityTemporarilyUnmodifiableError,
    LimitExceededError,
    MFADeviceNotFoundError,
    SessionProfileTakenError,
)
from mfa_session.local_aws.mfa_devices import VirtualDevice
from tests.devices.enroll.case import PREFIX, EnrolmentCase, refusal, refuse
from tests.faults import Refuse


class TestRefusals:
    def test_a_name_that_is_taken_is_told_with_what_to_do(self, case: EnrolmentCase) -> None:
        taken = f"{PREFIX}/test-user-tablet"
        case.endpoint.account.devices[taken] = VirtualDevice(taken, case.endpoint.account.clock)

        error = refusal(case, EntityAlreadyExistsError, name="test-user-tablet")

        assert str(error) == "the account already has an MFA device called test-user-tablet"
        assert "--name" in error.hint

    def test_a_ninth_device_is_not_even_made(self, case: EnrolmentCase) -> None:
        for number in range(8):
            case.endpoint.account.add_device(case.user, f"phone-{number}")

        error = refusal(case, LimitExceededError)

        assert str(error) == "user test-user has 8 MFA devices, and AWS allows no more"
        assert "CreateVirtualMFADevice" not in case.actions

    def test_a_ninth_device_that_nobody_saw_coming_is_deleted_again(self, case: EnrolmentCase) -> None:
        case.endpoint.faults.add("EnableMFADevice", Refuse(409, "LimitExceeded", "Cannot exceed quota: 8"))

        error = refusal(case, LimitExceededError, *case.codes(-1, 0))

        assert str(error).endswith("; the new device was removed")

    def test_a_user_with_a_security_key_only_is_sent_to_the_console(self, case: EnrolmentCase) -> None:
        case.endpoint.account.add_security_key(case.user, "yubikey")

        error = refusal(case, MFADeviceNotFoundError)

        assert "security keys or passkeys" in str(error)
        assert "IAM console" in error.hint
        assert "CreateVirtualMFADevice" not in case.actions

    @pytest.mark.parametrize(
        ("name", "advised"), [("tablet", "--name test-user-phone"), ("test-user-tablet", None), (None, None)]
    )
    def test_a_device_that_may_not_be_made_is_told_with_the_action(
        self, case: EnrolmentCase, name: str | None, advised: str | None
    ) -> None:
        refuse(case, "iam:CreateVirtualMFADevice")

        error = refusal(case, AccessDeniedError, name=name)

        assert "iam:CreateVirtualMFADevice" in str(error)
        assert (advised in error.hint) if advised else ("--name" not in error.hint)
        assert error.hint.endswith("ask the account's administrator to allow it")

    def test_a_device_that_may_not_be_enabled_is_deleted_again(self, case: EnrolmentCase) -> None:
        refuse(case, "iam:EnableMFADevice")

        error = refusal(case, AccessDeniedError, *case.codes(-1, 0))

        assert "iam:EnableMFADevice" in str(error)
        assert not case.endpoint.account.devices

    def test_when_aws_is_busy_two_more_codes_are_asked_for(self, case: EnrolmentCase) -> None:
        busy = Refuse(409, "EntityTemporarilyUnmodifiable", "Entity is temporarily unmodifiable.")
        case.endpoint.faults.add("EnableMFADevice", busy)

        case.enrol(*case.codes(-2, -1, -1, 0, 1))

        assert "Entity is temporarily unmodifiable. Type two new ones.\n" in case.lines.shown

    def test_when_aws_stays_busy_the_device_is_deleted_again(self, case: EnrolmentCase) -> None:
        busy = Refuse(409, "EntityTemporarilyUnmodifiable", "Entity is temporarily unmodifiable.")
        case.endpoint.faults.add("EnableMFADevice", busy, busy, busy)

        error = refusal(case, EntityTemporarilyUnmodifiableError, *case.codes(-2, -1, -1, 0, 0, 1))

        assert str(error).endswith("; the new device was removed")
        assert not case.endpoint.account.devices

    def test_where_the_session_could_not_be_written_no_device_is_made(self, case: EnrolmentCase) -> None:
        credentials = case.home / "credentials"
        credentials.write_text(f"{credentials.read_text()}[test-user-mfa]\naws_access_key_id = x\n")

        refusal(case, SessionProfileTakenError)

        assert case.actions == []
