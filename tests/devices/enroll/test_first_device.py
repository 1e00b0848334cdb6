"""The first device of a user, from nothing to a session."""

import json

from mfa_session.local_aws.mfa_devices import VirtualDevice
from mfa_session.model.mfa_device import MFADevice, time_step
from tests.devices.enroll.case import PREFIX, EnrolmentCase, refuse


class TestTheFirstDevice:
    def test_it_is_made_and_enabled_with_the_key_and_proven_by_a_session(self, case: EnrolmentCase) -> None:
        outcome = case.enrol(*case.codes(-1, 0, 1))

        assert outcome.device is not None
        assert list(case.user.devices) == [outcome.device.serial_number]
        assert case.sessions.session(case.profile) == outcome.credentials
        assert case.actions == [
            "GetCallerIdentity",
            "ListMFADevices",
            "CreateVirtualMFADevice",
            "EnableMFADevice",
            "GetSessionToken",
        ]

    def test_its_seed_is_shown_once_and_never_told_in_words(self, case: EnrolmentCase) -> None:
        case.enrol(*case.codes(-1, 0, 1))

        [shown] = case.shown
        assert shown.seed == case.device.base32_seed
        assert shown.seed not in case.lines.shown

    def test_it_is_named_after_the_user_and_the_day(self, case: EnrolmentCase) -> None:
        outcome = case.enrol(*case.codes(-1, 0, 1))

        assert outcome.device == MFADevice(f"{PREFIX}/test-user-{case.clock.now().astimezone():%Y%m%d}")

    def test_a_name_that_is_taken_is_passed_over(self, case: EnrolmentCase) -> None:
        day = f"{case.clock.now().astimezone():%Y%m%d}"
        for name in (f"test-user-{day}", f"test-user-{day}-2"):
            case.endpoint.account.devices[f"{PREFIX}/{name}"] = VirtualDevice(
                f"{PREFIX}/{name}", case.endpoint.account.clock
            )

        outcome = case.enrol(*case.codes(-1, 0, 1))

        assert outcome.device == MFADevice(f"{PREFIX}/test-user-{day}-3")

    def test_it_has_the_users_name_where_a_policy_allows_no_other(self, case: EnrolmentCase) -> None:
        deny = {"Effect": "Deny", "Action": "iam:CreateVirtualMFADevice", "NotResource": f"{PREFIX}/test-user"}
        case.user.grants.inline["one name"] = json.dumps({"Version": "2012-10-17", "Statement": deny})

        outcome = case.enrol(*case.codes(-1, 0, 1))

        assert outcome.device == MFADevice(f"{PREFIX}/test-user")

    def test_it_may_have_another_name(self, case: EnrolmentCase) -> None:
        outcome = case.enrol(*case.codes(-1, 0, 1), name="test-user-tablet")

        assert outcome.device == MFADevice(f"{PREFIX}/test-user-tablet")

    def test_a_user_who_may_not_list_devices_is_taken_for_one_who_has_none(self, case: EnrolmentCase) -> None:
        refuse(case, "iam:ListMFADevices")

        assert not case.enrol(*case.codes(-1, 0, 1)).kept

    def test_the_codes_are_remembered_as_used(self, case: EnrolmentCase) -> None:
        def at_the_third_question() -> str:
            steps.append(case.used_codes.last_step(MFADevice(case.device.serial_number)))
            return case.code(1)()

        steps: list[int | None] = []

        case.enrol(*case.codes(-1, 0), at_the_third_question)

        assert steps == [time_step(case.clock.now())]
