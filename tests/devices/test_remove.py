"""A device is taken away with MFA alone, and never the last one by mistake."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest

from mfa_session.aws.endpoints import Endpoints
from mfa_session.aws.iam import IAM
from mfa_session.aws.sts import STS
from mfa_session.aws.transport import Transport
from mfa_session.devices.remove import Removal, remove_device
from mfa_session.errors import AWSError, LockOutError, MFADeviceNotFoundError, MFASessionError, PromptCancelledError
from mfa_session.local_aws.account import User
from mfa_session.local_aws.fixtures import demo_account
from mfa_session.local_aws.mfa_devices import VirtualDevice
from mfa_session.model.credentials import AccessKey, SessionCredentials
from mfa_session.model.durations import MIN_SESSION
from mfa_session.model.mfa_device import MFADevice
from tests.faults import Endpoint, ServerError

PREFIX = "arn:aws:iam::123456789012:mfa"
PHONE = MFADevice(f"{PREFIX}/test-user-phone")
TABLET = MFADevice(f"{PREFIX}/test-user-tablet")
YUBIKEY = MFADevice("arn:aws:iam::123456789012:u2f/user/test-user/yubikey")
TOKEN = MFADevice("GAHT12345678")


@dataclass
class RemovalCase:
    """Where ``test-user`` removes devices; *offered* is what somebody was asked to choose from."""

    endpoint: Endpoint
    offered: list[Sequence[MFADevice]] = field(default_factory=list)

    @property
    def user(self) -> User:
        return self.endpoint.account.users["test-user"]

    def session(self) -> SessionCredentials:
        account = self.endpoint.account
        given = account.begin_session(account.identity_of(self.user), MIN_SESSION, mfa_at=account.now())
        return SessionCredentials(given.access_key_id, given.secret_access_key, given.session_token, given.expiration)

    def remove(self, device: MFADevice | None, *, insist: bool = False, agrees: bool = True) -> Removal:
        """Remove *device*; whoever has to choose takes the last one."""

        def choose(devices: Sequence[MFADevice]) -> MFADevice:
            self.offered.append(devices)
            return devices[-1]

        [key] = self.endpoint.account.keys_of(self.user)
        transport = Transport(Endpoints(sts_url=self.endpoint.url, iam_url=self.endpoint.url))
        return remove_device(
            device,
            force=insist,
            credentials=AccessKey(key.access_key_id, key.secret_access_key),
            sts=STS(transport),
            iam=IAM(transport),
            choose=choose,
            agrees=lambda _: agrees,
            session=self.session,
        )

    def refusal(self, kind: type[MFASessionError], device: MFADevice | None, *, agrees: bool = True) -> MFASessionError:
        devices = (dict(self.user.devices), dict(self.endpoint.account.devices))
        with pytest.raises(kind) as caught:
            self.remove(device, agrees=agrees)
        assert (self.user.devices, self.endpoint.account.devices) == devices
        return caught.value


@pytest.fixture
def case(monkeypatch: pytest.MonkeyPatch) -> Iterator[RemovalCase]:
    for name in os.environ:
        if name.startswith("AWS_") or name.lower().endswith(("_proxy", "_ca_bundle")):
            monkeypatch.delenv(name)
    with Endpoint(demo_account()) as endpoint:
        yield RemovalCase(endpoint)


def test_of_several_somebody_chooses(case: RemovalCase) -> None:
    case.endpoint.account.add_device(case.user, "test-user-tablet")

    removal = case.remove(None)

    assert case.offered == [[PHONE, TABLET]]
    assert removal == Removal(TABLET)
    assert list(case.endpoint.account.devices) == [PHONE.serial_number]


def test_of_one_nobody_has_to_choose(case: RemovalCase) -> None:
    assert case.remove(None, insist=True).device == PHONE
    assert case.offered == []


def test_a_user_without_any_is_told_so(case: RemovalCase) -> None:
    case.user.devices.clear()

    assert str(case.refusal(MFADeviceNotFoundError, None)) == "user test-user has no MFA device"


@pytest.mark.parametrize("device", [YUBIKEY, TOKEN], ids=lambda device: device.kind)
def test_what_is_no_virtual_device_is_not_deleted(case: RemovalCase, device: MFADevice) -> None:
    case.endpoint.account.add_security_key(case.user, "yubikey")
    case.endpoint.account.add_hardware_token(case.user, TOKEN.serial_number)

    assert case.remove(device).not_deleted is None
    assert device.serial_number not in case.user.devices
    assert "DeleteVirtualMFADevice" not in [call.action for call in case.endpoint.journal]


def test_a_security_key_is_no_reason_to_let_the_last_codes_go(case: RemovalCase) -> None:
    case.endpoint.account.add_security_key(case.user, "yubikey")

    case.refusal(LockOutError, PHONE)


def test_a_security_key_may_go_while_there_are_codes(case: RemovalCase) -> None:
    case.endpoint.account.add_security_key(case.user, "yubikey")

    assert case.remove(YUBIKEY) == Removal(YUBIKEY)


def test_what_is_not_agreed_to_is_not_done(case: RemovalCase) -> None:
    case.endpoint.account.add_device(case.user, "test-user-tablet")

    assert str(case.refusal(PromptCancelledError, TABLET, agrees=False)) == "cancelled"


def test_a_device_that_is_left_over_is_deleted(case: RemovalCase) -> None:
    account = case.endpoint.account
    account.devices[TABLET.serial_number] = VirtualDevice(TABLET.serial_number, account.clock)

    assert case.remove(TABLET) == Removal(TABLET)
    assert list(account.devices) == [PHONE.serial_number]


def test_the_device_of_another_user_stays(case: RemovalCase) -> None:
    case.endpoint.account.add_device(case.endpoint.account.add_user("bob"), "test-user-tablet")

    error = case.refusal(MFADeviceNotFoundError, TABLET)

    assert str(error) == f"{TABLET.serial_number} is an MFA device of another user"


@pytest.mark.parametrize("device", [TABLET, YUBIKEY, TOKEN], ids=lambda device: device.kind)
def test_a_device_that_is_not_there_is_told_as_such(case: RemovalCase, device: MFADevice) -> None:
    assert device.serial_number in str(case.refusal(MFADeviceNotFoundError, device))


def test_a_device_that_was_not_deleted_says_why(case: RemovalCase) -> None:
    case.endpoint.faults.add("DeleteVirtualMFADevice", ServerError())

    removal = case.remove(PHONE, insist=True)

    assert isinstance(removal.not_deleted, AWSError)
    assert case.user.devices == {}
