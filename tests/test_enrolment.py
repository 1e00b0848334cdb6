"""A new device, from nothing to a session: a real AWS on the loopback, and whatever may come in between."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from mfa_session.ask.person import Nobody, Person
from mfa_session.ask.terminal import Terminal
from mfa_session.aws.connection import AWS, Endpoints
from mfa_session.demo.account import User
from mfa_session.demo.clock import Clock
from mfa_session.demo.devices import VirtualDevice
from mfa_session.demo.endpoint import Endpoint
from mfa_session.demo.faults import DropReply, Refuse, ResetConnection
from mfa_session.demo.presets import demo_account
from mfa_session.enforcing_policies import safe_policy
from mfa_session.enrolment import Person as PersonWithDevices
from mfa_session.enrolment import enrol
from mfa_session.errors import (
    AccessDeniedError,
    EntityAlreadyExistsError,
    EntityTemporarilyUnmodifiableError,
    LimitExceededError,
    MFADeviceNotFoundError,
    MFASessionError,
    PersonNeededError,
    PromptCancelledError,
    ReplyLostError,
    SessionProfileTakenError,
    TokenCodeRefusedError,
)
from mfa_session.key_lookup import KeyLookup
from mfa_session.login import Login
from mfa_session.mfa import STEP, MFADevice, VirtualMFADevice, time_step
from mfa_session.profiles import Profile
from mfa_session.store.access_keys import AccessKeys
from mfa_session.store.plain_keys import PlainKeys
from mfa_session.store.sessions import SessionProfiles
from mfa_session.store.used_codes import UsedCodes
from tests.fakes import SteppedClock, TypedLines

PREFIX = "arn:aws:iam::123456789012:mfa"
PHONE = MFADevice(f"{PREFIX}/test-user-phone")

Answer = str | Callable[[], str]


@dataclass
class Desk:
    """Where ``test-user``, who has no device, gets one. His key lies in the credentials file."""

    home: Path
    endpoint: Endpoint
    clock: SteppedClock
    profile: Profile = field(default_factory=lambda: Profile("test-user", "test-user-mfa"))
    lines: TypedLines = field(default_factory=TypedLines)
    shown: list[VirtualMFADevice] = field(default_factory=list)

    @property
    def user(self) -> User:
        return self.endpoint.account.users["test-user"]

    @property
    def actions(self) -> list[str]:
        return [call.action for call in self.endpoint.journal]

    @property
    def device(self) -> VirtualDevice:
        """The newest device of the account."""
        return list(self.endpoint.account.devices.values())[-1]

    @property
    def sessions(self) -> SessionProfiles:
        return SessionProfiles(credentials_file=self.home / "credentials", config_file=self.home / "config")

    @property
    def used_codes(self) -> UsedCodes:
        return UsedCodes(self.home / "used-codes")

    def lay_down_the_key(self) -> None:
        [key] = self.endpoint.account.keys_of(self.user)
        (self.home / "credentials").write_text(
            f"[test-user]\naws_access_key_id = {key.access_key_id}\naws_secret_access_key = {key.secret_access_key}\n"
        )

    def code(self, steps: int) -> Callable[[], str]:
        """Return what the newest device shows so many steps from now, when it is asked for."""
        return lambda: self.device.code(self.clock.now() + steps * STEP)

    def codes(self, *steps: int) -> list[Answer]:
        return [self.code(each) for each in steps]

    def enrol(self, *answers: Answer, name: str | None = None) -> Login:
        """Enrol while somebody types *answers*."""
        self.lines = TypedLines(*answers)
        return self.enrol_with(Person(lambda: Terminal(self.lines), command="…"), name=name)

    def enrol_with(self, person: PersonWithDevices, *, name: str | None = None) -> Login:
        aws = AWS(Endpoints(sts_url=self.endpoint.url, iam_url=self.endpoint.url))
        keys = KeyLookup(stored=AccessKeys({}), in_file=PlainKeys(self.home / "credentials"))
        return enrol(
            self.profile,
            name,
            keys=keys,
            aws=aws,
            person=person,
            show=self.shown.append,
            sessions=self.sessions,
            used_codes=self.used_codes,
            lock=nullcontext,
            clock=self.clock.now,
        )


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    for name in os.environ:
        if name.startswith("AWS_") or name.lower().endswith(("_proxy", "_ca_bundle")):
            monkeypatch.delenv(name)
    clock = SteppedClock()
    with Endpoint(demo_account(clock=Clock(clock.now))) as endpoint:
        endpoint.account.devices.clear()
        endpoint.account.users["test-user"].devices.clear()
        desk = Desk(tmp_path, endpoint, clock)
        desk.lay_down_the_key()
        yield desk


def refuse(desk: Desk, action: str) -> None:
    statement = {"Effect": "Deny", "Action": action, "Resource": "*"}
    desk.user.grants.inline[action] = json.dumps({"Version": "2012-10-17", "Statement": statement})


def refusal(desk: Desk, kind: type[MFASessionError], *answers: Answer, name: str | None = None) -> MFASessionError:
    """Enrol, and return the error that is expected."""
    with pytest.raises(kind) as caught:
        desk.enrol(*answers, name=name)
    assert type(caught.value) is kind
    return caught.value


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
            desk.enrol_with(Nobody("mfa-session device add"))

        assert desk.actions == []


class TestLostAnswers:
    def test_a_device_whose_seed_was_lost_is_deleted_again(self, desk: Desk) -> None:
        desk.endpoint.faults.add("CreateVirtualMFADevice", DropReply())

        error = refusal(desk, ReplyLostError)

        assert str(error).endswith("; the new device was deleted again")
        assert not desk.endpoint.account.devices

    def test_a_device_that_was_not_even_made_is_told_as_such(self, desk: Desk) -> None:
        desk.endpoint.faults.add("CreateVirtualMFADevice", ResetConnection())

        assert str(refusal(desk, ReplyLostError)).endswith("; no new device is left")

    def test_a_device_that_was_enabled_without_our_hearing_of_it_goes_on_to_its_session(self, desk: Desk) -> None:
        desk.endpoint.faults.add("EnableMFADevice", DropReply())

        outcome = desk.enrol(*desk.codes(-1, 0, 1))

        assert not outcome.kept
        assert desk.actions.count("EnableMFADevice") == 1

    def test_a_device_that_was_not_enabled_is_deleted_again(self, desk: Desk) -> None:
        desk.endpoint.faults.add("EnableMFADevice", ResetConnection())

        error = refusal(desk, ReplyLostError, *desk.codes(-1, 0))

        assert str(error).endswith("; the new device was deleted again")
        assert not desk.endpoint.account.devices

    def test_a_device_of_which_nothing_is_known_is_not_deleted_while_it_is_enabled(self, desk: Desk) -> None:
        desk.endpoint.faults.add("EnableMFADevice", DropReply())

        def second_code() -> str:
            refuse(desk, "iam:ListMFADevices")
            return desk.device.code()

        error = refusal(desk, ReplyLostError, desk.code(-1), second_code)

        assert str(error).endswith(f"; the device {desk.device.serial_number} is enabled")
        assert list(desk.user.devices) == [desk.device.serial_number]


class TestRefusals:
    def test_a_name_that_is_taken_is_told_with_what_to_do(self, desk: Desk) -> None:
        taken = f"{PREFIX}/test-user-tablet"
        desk.endpoint.account.devices[taken] = VirtualDevice(taken, desk.endpoint.account.clock)

        error = refusal(desk, EntityAlreadyExistsError, name="test-user-tablet")

        assert str(error) == "there is an MFA device called test-user-tablet in the account already"
        assert "--name" in error.hint

    def test_a_ninth_device_is_not_even_made(self, desk: Desk) -> None:
        for number in range(8):
            desk.endpoint.account.add_device(desk.user, f"phone-{number}")

        error = refusal(desk, LimitExceededError)

        assert str(error) == "user test-user has 8 MFA devices, and AWS allows no more"
        assert "CreateVirtualMFADevice" not in desk.actions

    def test_a_ninth_device_that_nobody_saw_coming_is_deleted_again(self, desk: Desk) -> None:
        desk.endpoint.faults.add("EnableMFADevice", Refuse(409, "LimitExceeded", "Cannot exceed quota: 8"))

        error = refusal(desk, LimitExceededError, *desk.codes(-1, 0))

        assert str(error).endswith("; the new device was deleted again")

    def test_a_user_with_a_security_key_only_is_sent_to_the_console(self, desk: Desk) -> None:
        desk.endpoint.account.add_security_key(desk.user, "yubikey")

        error = refusal(desk, MFADeviceNotFoundError)

        assert "security keys or passkeys" in str(error)
        assert "IAM console" in error.hint
        assert "CreateVirtualMFADevice" not in desk.actions

    @pytest.mark.parametrize(
        ("name", "advised"), [("tablet", "--name test-user-phone"), ("test-user-tablet", None), (None, None)]
    )
    def test_a_device_that_may_not_be_made_is_told_with_the_action(
        self, desk: Desk, name: str | None, advised: str | None
    ) -> None:
        refuse(desk, "iam:CreateVirtualMFADevice")

        error = refusal(desk, AccessDeniedError, name=name)

        assert "iam:CreateVirtualMFADevice" in str(error)
        assert (advised in error.hint) if advised else ("--name" not in error.hint)
        assert error.hint.endswith("ask whoever administers the account to allow it")

    def test_a_device_that_may_not_be_enabled_is_deleted_again(self, desk: Desk) -> None:
        refuse(desk, "iam:EnableMFADevice")

        error = refusal(desk, AccessDeniedError, *desk.codes(-1, 0))

        assert "iam:EnableMFADevice" in str(error)
        assert not desk.endpoint.account.devices

    def test_when_aws_is_busy_two_more_codes_are_asked_for(self, desk: Desk) -> None:
        busy = Refuse(409, "EntityTemporarilyUnmodifiable", "Entity is temporarily unmodifiable.")
        desk.endpoint.faults.add("EnableMFADevice", busy)

        desk.enrol(*desk.codes(-2, -1, -1, 0, 1))

        assert "Entity is temporarily unmodifiable. Type two new ones.\n" in desk.lines.shown

    def test_when_aws_stays_busy_the_device_is_deleted_again(self, desk: Desk) -> None:
        busy = Refuse(409, "EntityTemporarilyUnmodifiable", "Entity is temporarily unmodifiable.")
        desk.endpoint.faults.add("EnableMFADevice", busy, busy, busy)

        error = refusal(desk, EntityTemporarilyUnmodifiableError, *desk.codes(-2, -1, -1, 0, 0, 1))

        assert str(error).endswith("; the new device was deleted again")
        assert not desk.endpoint.account.devices

    def test_where_the_session_could_not_be_written_no_device_is_made(self, desk: Desk) -> None:
        credentials = desk.home / "credentials"
        credentials.write_text(f"{credentials.read_text()}[test-user-mfa]\naws_access_key_id = x\n")

        refusal(desk, SessionProfileTakenError)

        assert desk.actions == []


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
