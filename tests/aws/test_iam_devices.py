"""MFA devices made, enabled and taken away, asked of a strict local AWS."""

import json
from base64 import b32encode, b64encode

import pytest

from mfa_session.aws.endpoints import Endpoints
from mfa_session.aws.iam import IAM
from mfa_session.aws.sts import STS
from mfa_session.aws.transport import Transport
from mfa_session.errors import (
    AccessDeniedError,
    AWSAnswerError,
    DeleteConflictError,
    EntityAlreadyExistsError,
    EntityTemporarilyUnmodifiableError,
    LimitExceededError,
    NoSuchEntityError,
    ReplyLostError,
    TokenCodeRefusedError,
)
from mfa_session.local_aws.account import Account, User
from mfa_session.local_aws.mfa_devices import VirtualDevice
from mfa_session.model.credentials import AccessKey, SessionCredentials
from mfa_session.model.durations import MIN_SESSION
from mfa_session.model.mfa_device import STEP, MFADevice, TokenCode, VirtualMFADevice
from tests.aws.raw_server import answering, serving
from tests.faults import DropReply, Endpoint, Refuse

PHONE = MFADevice("arn:aws:iam::123456789012:mfa/test-user-phone")
TABLET = MFADevice("arn:aws:iam::123456789012:mfa/test-user-tablet")

KEY = AccessKey("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
SEED = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" * 2


@pytest.fixture
def session(account: Account, user: User) -> SessionCredentials:
    """What `login` would have got."""
    given = account.begin_session(account.identity_of(user), MIN_SESSION, mfa_at=account.now())
    return SessionCredentials(given.access_key_id, given.secret_access_key, given.session_token, given.expiration)


@pytest.fixture
def tablet(iam: IAM, account: Account, session: SessionCredentials) -> VirtualDevice:
    """A device that was created, and belongs to nobody."""
    iam.create_virtual_mfa_device(session, "test-user-tablet")
    return account.devices[TABLET.serial_number]


def two_codes(device: VirtualDevice) -> tuple[TokenCode, TokenCode]:
    now = device.clock.now()
    return TokenCode(device.code(now - STEP)), TokenCode(device.code(now))


def test_a_device_is_created_and_its_seed_told_once(iam: IAM, account: Account, session: SessionCredentials) -> None:
    created = iam.create_virtual_mfa_device(session, "test-user-tablet")

    assert created.device == TABLET
    assert created.seed == b32encode(account.devices[TABLET.serial_number].seed).decode()
    assert created.seed not in repr(created)


def test_a_name_that_is_taken_is_told_as_such(iam: IAM, session: SessionCredentials) -> None:
    with pytest.raises(EntityAlreadyExistsError, match=r"MFA device already exists(?m:$)"):
        iam.create_virtual_mfa_device(session, "test-user-phone")


def test_a_device_whose_answer_is_lost_is_not_created_a_second_time(
    iam: IAM, endpoint: Endpoint, session: SessionCredentials
) -> None:
    endpoint.faults.add("CreateVirtualMFADevice", DropReply())

    with pytest.raises(ReplyLostError):
        iam.create_virtual_mfa_device(session, "test-user-tablet")

    assert [call.action for call in endpoint.journal] == ["CreateVirtualMFADevice"]


def test_two_codes_enable_it(iam: IAM, user: User, session: SessionCredentials, tablet: VirtualDevice) -> None:
    iam.enable_mfa_device(session, "test-user", TABLET, two_codes(tablet))

    assert TABLET.serial_number in user.devices


def test_an_enabled_device_is_listed_with_its_date(
    iam: IAM, account: Account, key: AccessKey, phone: VirtualDevice
) -> None:
    [listed] = iam.list_mfa_devices(key, "test-user")

    assert phone.enable_date is not None
    assert listed.enable_date == phone.enable_date.replace(microsecond=0)


def test_codes_that_do_not_follow_each_other_are_refused_and_not_quoted(
    iam: IAM, session: SessionCredentials, tablet: VirtualDevice
) -> None:
    first, second = two_codes(tablet)

    with pytest.raises(TokenCodeRefusedError) as caught:
        iam.enable_mfa_device(session, "test-user", TABLET, (second, first))

    said = str(caught.value) + caught.value.hint
    assert first.digits not in said
    assert second.digits not in said


def test_a_validation_error_about_a_code_is_a_refused_code(
    iam: IAM, endpoint: Endpoint, session: SessionCredentials, tablet: VirtualDevice
) -> None:
    said = "Value '1' at 'authenticationCode2' failed to satisfy constraint: Member must satisfy …"
    endpoint.faults.add("EnableMFADevice", Refuse(400, "ValidationError", said))

    with pytest.raises(TokenCodeRefusedError):
        iam.enable_mfa_device(session, "test-user", TABLET, two_codes(tablet))


def test_codes_whose_answer_is_lost_are_not_sent_again(
    iam: IAM, endpoint: Endpoint, session: SessionCredentials, tablet: VirtualDevice
) -> None:
    endpoint.faults.add("EnableMFADevice", DropReply())

    with pytest.raises(ReplyLostError, match="may have been used"):
        iam.enable_mfa_device(session, "test-user", TABLET, two_codes(tablet))

    assert [call.action for call in endpoint.journal].count("EnableMFADevice") == 1


def test_nobody_has_nine(
    iam: IAM, account: Account, user: User, session: SessionCredentials, tablet: VirtualDevice
) -> None:
    for number in range(7):
        account.add_device(user, f"phone-{number}")

    with pytest.raises(LimitExceededError, match=r"Cannot exceed quota for MFADevicesPerUser: 8(?m:$)"):
        iam.enable_mfa_device(session, "test-user", TABLET, two_codes(tablet))


def test_what_aws_is_still_busy_with_is_told_as_such(
    iam: IAM, endpoint: Endpoint, session: SessionCredentials, tablet: VirtualDevice
) -> None:
    busy = Refuse(409, "EntityTemporarilyUnmodifiable", "Entity is temporarily unmodifiable.")
    endpoint.faults.add("EnableMFADevice", busy)

    with pytest.raises(EntityTemporarilyUnmodifiableError) as caught:
        iam.enable_mfa_device(session, "test-user", TABLET, two_codes(tablet))

    assert "wait a minute" in caught.value.hint


def test_a_user_with_a_device_enables_another_with_mfa_only(iam: IAM, key: AccessKey, tablet: VirtualDevice) -> None:
    with pytest.raises(AccessDeniedError, match="iam:EnableMFADevice"):
        iam.enable_mfa_device(key, "test-user", TABLET, two_codes(tablet))


def test_two_codes_bring_a_device_back_into_step(
    sts: STS, iam: IAM, key: AccessKey, device: MFADevice, phone: VirtualDevice
) -> None:
    phone.drift = 20 * STEP
    with pytest.raises(TokenCodeRefusedError):
        sts.get_session_token(key, device, TokenCode(phone.code()), MIN_SESSION)

    iam.resync_mfa_device(key, "test-user", device, two_codes(phone))

    sts.get_session_token(key, device, TokenCode(phone.code(phone.clock.now() + STEP)), MIN_SESSION)


def test_a_device_of_nobody_is_not_brought_into_step(
    iam: IAM, session: SessionCredentials, tablet: VirtualDevice
) -> None:
    with pytest.raises(NoSuchEntityError):
        iam.resync_mfa_device(session, "test-user", TABLET, two_codes(tablet))


def test_a_device_is_taken_away_and_then_deleted(
    iam: IAM, account: Account, user: User, session: SessionCredentials
) -> None:
    iam.deactivate_mfa_device(session, "test-user", PHONE)
    iam.delete_virtual_mfa_device(session, PHONE)

    assert user.devices == account.devices == {}


def test_a_device_that_belongs_to_somebody_is_not_deleted(iam: IAM, session: SessionCredentials) -> None:
    with pytest.raises(DeleteConflictError):
        iam.delete_virtual_mfa_device(session, PHONE)


def test_a_device_that_is_not_there_is_told_as_such(iam: IAM, session: SessionCredentials) -> None:
    with pytest.raises(NoSuchEntityError):
        iam.delete_virtual_mfa_device(session, TABLET)


def test_what_a_policy_forbids_is_told_with_the_action(
    iam: IAM, user: User, key: AccessKey, session: SessionCredentials
) -> None:
    statement = {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}
    user.grants.inline["deny"] = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    codes = (TokenCode("123456"), TokenCode("234567"))

    with pytest.raises(AccessDeniedError, match="iam:CreateVirtualMFADevice"):
        iam.create_virtual_mfa_device(key, "test-user-tablet")
    with pytest.raises(AccessDeniedError, match="iam:EnableMFADevice"):
        iam.enable_mfa_device(key, "test-user", TABLET, codes)
    with pytest.raises(AccessDeniedError, match="iam:ResyncMFADevice"):
        iam.resync_mfa_device(key, "test-user", PHONE, codes)
    with pytest.raises(AccessDeniedError, match="iam:DeactivateMFADevice"):
        iam.deactivate_mfa_device(session, "test-user", PHONE)
    with pytest.raises(AccessDeniedError, match="iam:DeleteVirtualMFADevice"):
        iam.delete_virtual_mfa_device(session, PHONE)


def create(serial: str, seed: str) -> VirtualMFADevice:
    """Ask for test-user-tablet of a server that answers so."""
    fields = f"<SerialNumber>{serial}</SerialNumber><Base32StringSeed>{seed}</Base32StringSeed>"
    result = f"<CreateVirtualMFADeviceResult><VirtualMFADevice>{fields}</VirtualMFADevice>"
    document = (
        f"<CreateVirtualMFADeviceResponse>{result}</CreateVirtualMFADeviceResult></CreateVirtualMFADeviceResponse>"
    )
    with serving(answering(document.encode())) as server:
        return IAM(Transport(Endpoints(iam_url=server.url))).create_virtual_mfa_device(KEY, "test-user-tablet")


def test_a_good_answer_is_taken() -> None:
    assert create(TABLET.serial_number, b64encode(SEED.encode()).decode()) == VirtualMFADevice(TABLET, SEED)


@pytest.mark.parametrize(
    ("serial", "seed"),
    [
        (PHONE.serial_number, SEED),
        ("arn:aws:iam::123456789012:u2f/user/test-user/test-user-tablet", SEED),
        ("test-user-tablet", SEED),
        ("has blank", SEED),
        (TABLET.serial_number, ""),
        (TABLET.serial_number, "short"),
        (TABLET.serial_number, SEED.lower()),
        (TABLET.serial_number, f"{SEED}&issuer=Evil"),
        (TABLET.serial_number, f"{SEED}\n"),
    ],
)
def test_a_device_that_is_none_or_another_is_refused_and_its_seed_not_quoted(serial: str, seed: str) -> None:
    with pytest.raises(AWSAnswerError) as caught:
        create(serial, b64encode(seed.encode()).decode())

    assert not seed or seed not in str(caught.value)


def test_a_seed_that_is_not_even_base_64_is_refused() -> None:
    with pytest.raises(AWSAnswerError):
        create(TABLET.serial_number, "not base 64!")
