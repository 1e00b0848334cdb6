"""MFA devices: found, made, enabled, resynchronised and taken away, by botocore."""

import json
import struct
import zlib
from base64 import b32decode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mfa_session.local_aws.account import Account, User
from mfa_session.local_aws.credentials import LongTermKey, Session
from mfa_session.local_aws.mfa_devices import Clock, VirtualDevice
from mfa_session.model.mfa_device import STEP
from tests.faults import Endpoint, Refuse
from tests.local_aws.clients import client, refused
from tests.local_aws.wire import signed

NEW = "arn:aws:iam::123456789012:mfa/test-user-tablet"


@pytest.fixture
def iam(endpoint: Endpoint, session: Session) -> Any:
    return client(endpoint, "iam", session)


def list_policy(resource: str) -> str:
    statement = {"Effect": "Allow", "Action": "iam:ListMFADevices", "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


def enable(iam: Any, device: VirtualDevice, first: str, second: str, user_name: str = "test-user") -> None:
    iam.enable_mfa_device(
        UserName=user_name,
        SerialNumber=device.serial_number,
        AuthenticationCode1=first,
        AuthenticationCode2=second,
    )


def previous_and_current(device: VirtualDevice) -> tuple[str, str]:
    now = device.clock.now()
    return device.code(now - STEP), device.code(now)


class TestListing:
    def test_a_user_finds_their_own_with_the_long_term_key(
        self, endpoint: Endpoint, key: LongTermKey, phone: VirtualDevice
    ) -> None:
        iam = client(endpoint, "iam", key)

        implied, named = iam.list_mfa_devices(), iam.list_mfa_devices(UserName="test-user")

        assert implied["MFADevices"] == named["MFADevices"]
        assert [device["SerialNumber"] for device in implied["MFADevices"]] == [phone.serial_number]

    def test_every_kind_is_listed(self, endpoint: Endpoint, account: Account, user: User, key: LongTermKey) -> None:
        account.add_hardware_token(user, "GAHT12345678")
        account.add_security_key(user, "yubikey")

        listed = client(endpoint, "iam", key).list_mfa_devices()["MFADevices"]

        assert [device["SerialNumber"] for device in listed] == [
            "arn:aws:iam::123456789012:mfa/test-user-phone",
            "GAHT12345678",
            "arn:aws:iam::123456789012:u2f/user/test-user/yubikey",
        ]

    def test_the_form_without_a_name_can_be_denied_alone(
        self, endpoint: Endpoint, account: Account, user: User, key: LongTermKey
    ) -> None:
        account.implicit_user_is_a_resource = False
        iam = client(endpoint, "iam", key)

        with refused("AccessDenied", "iam:ListMFADevices on resource: arn:aws:iam::123456789012:user/ because"):
            iam.list_mfa_devices()
        iam.list_mfa_devices(UserName="test-user")

    def test_the_form_with_a_name_can_be_denied_alone(
        self, endpoint: Endpoint, account: Account, user: User, key: LongTermKey
    ) -> None:
        account.implicit_user_is_a_resource = False
        account.groups.clear()
        user.grants.inline["prefix"] = list_policy("arn:aws:iam::123456789012:user/")
        iam = client(endpoint, "iam", key)

        iam.list_mfa_devices()
        with refused("AccessDenied"):
            iam.list_mfa_devices(UserName="test-user")

    def test_both_forms_can_be_denied(self, endpoint: Endpoint, account: Account, key: LongTermKey) -> None:
        account.groups.clear()
        iam = client(endpoint, "iam", key)

        for form in ({}, {"UserName": "test-user"}):
            with refused("AccessDenied", "because no identity-based policy allows the iam:ListMFADevices action"):
                iam.list_mfa_devices(**form)

    def test_one_device_is_told_by_its_serial_number(
        self, endpoint: Endpoint, admin: LongTermKey, phone: VirtualDevice
    ) -> None:
        iam = client(endpoint, "iam", admin)

        told = iam.get_mfa_device(SerialNumber=phone.serial_number, UserName="test-user")

        assert (told["UserName"], told["SerialNumber"]) == ("test-user", phone.serial_number)
        with refused("NoSuchEntity"):
            iam.get_mfa_device(SerialNumber=phone.serial_number)

    def test_virtual_ones_are_listed_by_whether_they_are_assigned(self, iam: Any, account: Account) -> None:
        iam.create_virtual_mfa_device(VirtualMFADeviceName="test-user-tablet")
        account.add_device(None, "root-account-mfa-device")

        def serials(**asked: str) -> list[str]:
            listed = iam.list_virtual_mfa_devices(**asked)["VirtualMFADevices"]
            return [device["SerialNumber"].partition("mfa/")[2] for device in listed]

        assert serials() == ["test-user-phone", "test-user-tablet", "root-account-mfa-device"]
        assert serials(AssignmentStatus="Assigned") == ["test-user-phone", "root-account-mfa-device"]
        assert serials(AssignmentStatus="Unassigned") == ["test-user-tablet"]

    def test_an_assigned_one_is_listed_with_its_user(self, iam: Any, user: User) -> None:
        [listed] = iam.list_virtual_mfa_devices()["VirtualMFADevices"]

        assert (listed["User"]["Arn"], listed["User"]["UserId"]) == (user.arn, user.user_id)


class TestEnrolment:
    @pytest.fixture
    def tablet(self, iam: Any, account: Account) -> VirtualDevice:
        iam.create_virtual_mfa_device(VirtualMFADeviceName="test-user-tablet")
        return account.devices[NEW]

    def test_a_new_device_has_a_seed_in_base_32_and_a_picture(self, iam: Any, account: Account) -> None:
        made = iam.create_virtual_mfa_device(VirtualMFADeviceName="test-user-tablet")["VirtualMFADevice"]

        assert made["SerialNumber"] == NEW
        assert b32decode(made["Base32StringSeed"]) == account.devices[NEW].seed
        assert is_png(made["QRCodePNG"])

    def test_a_path_is_part_of_the_serial_number(self, endpoint: Endpoint, admin: LongTermKey) -> None:
        iam = client(endpoint, "iam", admin)

        made = iam.create_virtual_mfa_device(VirtualMFADeviceName="phone", Path="/engineering/")

        assert made["VirtualMFADevice"]["SerialNumber"] == "arn:aws:iam::123456789012:mfa/engineering/phone"

    def test_a_name_is_given_once(self, iam: Any, tablet: VirtualDevice) -> None:
        with refused("EntityAlreadyExists", "MFA device already exists.", status=409):
            iam.create_virtual_mfa_device(VirtualMFADeviceName="test-user-tablet")

    @pytest.mark.parametrize("name", ["with blank", "slash/slash", "ä"])
    def test_a_name_that_is_none_is_refused(self, iam: Any, name: str) -> None:
        with refused("ValidationError", "at 'virtualMFADeviceName' failed to satisfy constraint", status=400):
            iam.create_virtual_mfa_device(VirtualMFADeviceName=name)

    def test_two_codes_enable_it_and_the_next_one_proves_it(
        self, endpoint: Endpoint, account: Account, iam: Any, key: LongTermKey, tablet: VirtualDevice
    ) -> None:
        enable(iam, tablet, *previous_and_current(tablet))

        sts = client(endpoint, "sts", key)
        with refused("AccessDenied", "invalid MFA one time pass code"):
            sts.get_session_token(SerialNumber=NEW, TokenCode=tablet.code())
        sts.get_session_token(SerialNumber=NEW, TokenCode=tablet.code(account.now() + STEP))

    def test_until_then_it_belongs_to_nobody(self, endpoint: Endpoint, key: LongTermKey, tablet: VirtualDevice) -> None:
        with refused("AccessDenied", "unable to validate MFA code."):
            client(endpoint, "sts", key).get_session_token(SerialNumber=NEW, TokenCode=tablet.code())

    def test_codes_that_do_not_follow_each_other_are_refused(self, iam: Any, tablet: VirtualDevice) -> None:
        first, second = previous_and_current(tablet)

        for codes in ((second, first), (first, first), (tablet.code(tablet.clock.now() - 2 * STEP), second)):
            with refused("InvalidAuthenticationCode", "Authentication code for device is not valid.", status=403):
                enable(iam, tablet, *codes)

    def test_it_is_enabled_once(self, iam: Any, tablet: VirtualDevice) -> None:
        enable(iam, tablet, *previous_and_current(tablet))

        with refused("EntityAlreadyExists", "MFA Device is already in use.", status=409):
            enable(iam, tablet, *previous_and_current(tablet))

    def test_one_that_is_not_there_cannot_be(self, iam: Any) -> None:
        with refused("NoSuchEntity", f"VirtualMFADevice with serial number {NEW} does not exist.", status=404):
            enable(iam, VirtualDevice(NEW, Clock()), "123456", "654321")

    def test_nobody_has_nine(self, iam: Any, account: Account, user: User, tablet: VirtualDevice) -> None:
        for number in range(7):
            account.add_device(user, f"phone-{number}")

        with refused("LimitExceeded", "Cannot exceed quota for MFADevicesPerUser: 8", status=409):
            enable(iam, tablet, *previous_and_current(tablet))

    @pytest.mark.parametrize("code", ["12345", "abcdef", "1234567"])
    def test_a_malformed_code_is_a_validation_error(
        self, endpoint: Endpoint, session: Session, tablet: VirtualDevice, code: str
    ) -> None:
        parameters = {"UserName": "test-user", "SerialNumber": NEW, "AuthenticationCode2": "123456"}

        answer = signed(
            endpoint, session, "EnableMFADevice", {**parameters, "AuthenticationCode1": code}, service="iam"
        ).send()

        assert answer.error[0] == "ValidationError"
        assert f"Value '{code}' at 'authenticationCode1' failed to satisfy constraint" in answer.error[1]

    def test_aws_may_ask_to_wait(self, endpoint: Endpoint, iam: Any, tablet: VirtualDevice) -> None:
        refusal = Refuse(409, "EntityTemporarilyUnmodifiable", "Entity is temporarily unmodifiable.")
        endpoint.faults.add("EnableMFADevice", refusal)

        with refused("EntityTemporarilyUnmodifiable", status=409):
            enable(iam, tablet, *previous_and_current(tablet))
        enable(iam, tablet, *previous_and_current(tablet))


class TestWhoMayChangeDevices:
    def test_the_first_device_needs_no_session(
        self, endpoint: Endpoint, account: Account, user: User, key: LongTermKey
    ) -> None:
        user.devices.clear()
        iam = client(endpoint, "iam", key)

        iam.create_virtual_mfa_device(VirtualMFADeviceName="test-user-tablet")
        enable(iam, account.devices[NEW], *previous_and_current(account.devices[NEW]))

        assert list(user.devices) == [NEW]

    def test_the_second_needs_one_with_mfa(self, endpoint: Endpoint, account: Account, key: LongTermKey) -> None:
        iam = client(endpoint, "iam", key)
        iam.create_virtual_mfa_device(VirtualMFADeviceName="test-user-tablet")

        with refused("AccessDenied", "iam:EnableMFADevice", status=403):
            enable(iam, account.devices[NEW], *previous_and_current(account.devices[NEW]))

    def test_so_does_taking_one_away_whatever_the_policy_says(
        self, endpoint: Endpoint, account: Account, user: User, key: LongTermKey, phone: VirtualDevice
    ) -> None:
        iam = client(endpoint, "iam", key)

        with refused("AccessDenied", "iam:DeactivateMFADevice", status=403):
            iam.deactivate_mfa_device(UserName="test-user", SerialNumber=phone.serial_number)

        account.device_changes_need_mfa = False
        iam.deactivate_mfa_device(UserName="test-user", SerialNumber=phone.serial_number)
        assert not user.devices

    def test_an_administrator_may_take_away_another_users(
        self, endpoint: Endpoint, user: User, admin: LongTermKey, phone: VirtualDevice
    ) -> None:
        iam = client(endpoint, "iam", admin)

        iam.deactivate_mfa_device(UserName="test-user", SerialNumber=phone.serial_number)
        iam.delete_virtual_mfa_device(SerialNumber=phone.serial_number)

        assert not user.devices


class TestRemoval:
    def test_an_assigned_device_is_not_deleted(self, iam: Any, phone: VirtualDevice) -> None:
        with refused("DeleteConflict", "MFA VirtualDevice in use. Must deactivate first.", status=409):
            iam.delete_virtual_mfa_device(SerialNumber=phone.serial_number)

    def test_a_deactivated_one_is_and_its_name_is_free_again(
        self, iam: Any, account: Account, phone: VirtualDevice
    ) -> None:
        iam.deactivate_mfa_device(UserName="test-user", SerialNumber=phone.serial_number)
        iam.delete_virtual_mfa_device(SerialNumber=phone.serial_number)

        assert not account.devices
        iam.create_virtual_mfa_device(VirtualMFADeviceName="test-user-phone")

    def test_a_security_key_can_be_deactivated(self, iam: Any, account: Account, user: User) -> None:
        fido = account.add_security_key(user, "yubikey")

        iam.deactivate_mfa_device(SerialNumber=fido.serial_number)

        assert fido.serial_number not in user.devices

    def test_one_of_somebody_else_is_not_ours_to_deactivate(self, iam: Any, account: Account) -> None:
        theirs = account.add_device(account.add_user("bob"), "bobs-phone")

        with refused("NoSuchEntity", status=404):
            iam.deactivate_mfa_device(UserName="test-user", SerialNumber=theirs.serial_number)
        with refused("AccessDenied", status=403):
            iam.deactivate_mfa_device(UserName="bob", SerialNumber=theirs.serial_number)

    def test_one_that_is_not_there_cannot_be_deleted(self, iam: Any) -> None:
        with refused("NoSuchEntity", f"VirtualMFADevice with serial number {NEW} does not exist.", status=404):
            iam.delete_virtual_mfa_device(SerialNumber=NEW)


class TestResync:
    def test_a_phone_that_is_minutes_off_is_known_by_two_codes_from_then_on(
        self, endpoint: Endpoint, iam: Any, key: LongTermKey, phone: VirtualDevice
    ) -> None:
        phone.drift = timedelta(minutes=7)
        sts = client(endpoint, "sts", key)
        with refused("AccessDenied", "invalid MFA one time pass code"):
            sts.get_session_token(SerialNumber=phone.serial_number, TokenCode=phone.code())

        first, second = previous_and_current(phone)
        iam.resync_mfa_device(
            UserName="test-user",
            SerialNumber=phone.serial_number,
            AuthenticationCode1=first,
            AuthenticationCode2=second,
        )

        next_code = phone.code(phone.clock.now() + STEP)
        assert sts.get_session_token(SerialNumber=phone.serial_number, TokenCode=next_code)

    def test_codes_that_do_not_follow_each_other_change_nothing(self, iam: Any, phone: VirtualDevice) -> None:
        first, second = previous_and_current(phone)

        with refused("InvalidAuthenticationCode", status=403):
            iam.resync_mfa_device(
                UserName="test-user",
                SerialNumber=phone.serial_number,
                AuthenticationCode1=second,
                AuthenticationCode2=first,
            )

    def test_a_security_key_has_no_codes(self, iam: Any, account: Account, user: User) -> None:
        fido = account.add_security_key(user, "yubikey")

        with refused("NoSuchEntity", status=404):
            iam.resync_mfa_device(
                UserName="test-user",
                SerialNumber=fido.serial_number,
                AuthenticationCode1="123456",
                AuthenticationCode2="654321",
            )


@pytest.mark.parametrize("late", [-1, 0, 1])
def test_two_codes_may_come_a_step_late_or_early_and_change_nothing_for_the_next(late: int) -> None:
    device = VirtualDevice("GAHT12345678", Clock(lambda: datetime(2026, 11, 23, 12, tzinfo=UTC)))
    now = device.clock.now()

    assert device.accepts_both(device.code(now - (late + 1) * STEP), device.code(now - late * STEP), reach=120)

    device.clock.offset = 3 * STEP
    assert device.accepts(device.code(device.clock.now() + STEP))


def is_png(picture: bytes) -> bool:
    """Tell whether *picture* is a whole PNG: its signature, and chunks with right sums up to the last."""
    if not picture.startswith(b"\x89PNG\r\n\x1a\n"):
        return False
    rest = picture[8:]
    while rest:
        [length] = struct.unpack(">I", rest[:4])
        kind_and_data, checksum = rest[4 : 8 + length], rest[8 + length : 12 + length]
        if struct.pack(">I", zlib.crc32(kind_and_data)) != checksum:
            return False
        rest = rest[12 + length :]
    return kind_and_data[:4] == b"IEND"
