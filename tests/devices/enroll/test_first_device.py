"""The first device of a user, from nothing to a session."""

from mfa_session.local_aws.mfa_devices import VirtualDevice
from mfa_session.model.mfa_device import MFADevice, time_step
from tests.devices.enroll.desk import PREFIX, Desk, refuse


class TestTheFirstDevice:
    def test_it_is_made_and_enabled_with_the_key_and_proven_by_a_session(self, desk: Desk) -> None:
        outcome = desk.enrol(*desk.codes(-1, 0, 1))

        assert outcome.device is not None
        assert list(desk.user.devices) == [outcome.device.serial_number]
        assert desk.sessions.session(desk.profile) == outcome.credentials
        assert desk.actions == [
            "GetCallerIdentity",
            "ListMFADevices",
            "CreateVirtualMFADevice",
            "EnableMFADevice",
            "GetSessionToken",
        ]

    def test_its_seed_is_shown_once_and_never_told_in_words(self, desk: Desk) -> None:
        desk.enrol(*desk.codes(-1, 0, 1))

        [shown] = desk.shown
        assert shown.seed == desk.device.base32_seed
        assert shown.seed not in desk.lines.shown

    def test_it_is_named_after_the_user_and_the_day(self, desk: Desk) -> None:
        outcome = desk.enrol(*desk.codes(-1, 0, 1))

        assert outcome.device == MFADevice(f"{PREFIX}/test-user-{desk.clock.now().astimezone():%Y%m%d}")

    def test_a_name_that_is_taken_is_passed_over(self, desk: Desk) -> None:
        day = f"{desk.clock.now().astimezone():%Y%m%d}"
        for name in (f"test-user-{day}", f"test-user-{day}-2"):
            desk.endpoint.account.devices[f"{PREFIX}/{name}"] = VirtualDevice(
                f"{PREFIX}/{name}", desk.endpoint.account.clock
            )

        outcome = desk.enrol(*desk.codes(-1, 0, 1))

        assert outcome.device == MFADevice(f"{PREFIX}/test-user-{day}-3")

    def test_it_may_have_another_name(self, desk: Desk) -> None:
        outcome = desk.enrol(*desk.codes(-1, 0, 1), name="test-user-tablet")

        assert outcome.device == MFADevice(f"{PREFIX}/test-user-tablet")

    def test_a_user_who_may_not_list_devices_is_taken_for_one_who_has_none(self, desk: Desk) -> None:
        refuse(desk, "iam:ListMFADevices")

        assert not desk.enrol(*desk.codes(-1, 0, 1)).kept

    def test_the_codes_are_remembered_as_used(self, desk: Desk) -> None:
        def at_the_third_question() -> str:
            steps.append(desk.used_codes.last_step(MFADevice(desk.device.serial_number)))
            return desk.code(1)()

        steps: list[int | None] = []

        desk.enrol(*desk.codes(-1, 0), at_the_third_question)

        assert steps == [time_step(desk.clock.now())]
