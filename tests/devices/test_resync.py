"""A device that is out of step is brought back with two codes, and with the long-term key alone."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mfa_session.devices.resync import resynchronize
from mfa_session.errors import (
    AccessDeniedError,
    MFADeviceNotFoundError,
    MFADeviceRefusedError,
    MFASessionError,
    PersonNeededError,
    TokenCodeRefusedError,
)
from mfa_session.local_aws.fixtures import demo_account
from mfa_session.local_aws.mfa_devices import Clock
from mfa_session.model.durations import MIN_SESSION
from mfa_session.model.mfa_device import STEP, MFADevice, TokenCode, time_step
from mfa_session.prompt.terminal import Terminal
from mfa_session.prompt.user import NoUser, User
from tests.aws_case import PHONE, AWSCase
from tests.fakes import SteppedClock, TypedLines
from tests.faults import Endpoint

YUBIKEY = MFADevice("arn:aws:iam::123456789012:u2f/user/test-user/yubikey")


@dataclass
class ResyncCase(AWSCase):
    """Where ``test-user`` brings a phone back into step that is ten minutes ahead."""

    lines: TypedLines = field(default_factory=TypedLines)

    def code(self, steps: int) -> str:
        return self.phone.code(self.clock.now() + steps * STEP)

    def resynchronize(self, device: MFADevice | None, *answers: str) -> MFADevice:
        self.lines = TypedLines(*answers)
        return self.resynchronize_with(User(lambda: Terminal(self.lines), command="…"), device)

    def resynchronize_with(self, prompter: User | NoUser, device: MFADevice | None) -> MFADevice:
        return resynchronize(
            device,
            credentials=self.key,
            sts=self.sts,
            iam=self.iam,
            prompter=prompter,
            used_codes=self.used_codes,
            clock=self.clock.now,
        )

    def refusal(self, kind: type[MFASessionError], device: MFADevice | None, *answers: str) -> MFASessionError:
        with pytest.raises(kind) as caught:
            self.resynchronize(device, *answers)
        return caught.value


@pytest.fixture
def case(tmp_path: Path) -> Iterator[ResyncCase]:
    clock = SteppedClock()
    with Endpoint(demo_account(clock=Clock(clock.now))) as endpoint:
        case = ResyncCase(tmp_path, endpoint, clock)
        case.phone.drift = 20 * STEP
        yield case


@pytest.mark.parametrize("device", [PHONE, None], ids=["named", "found"])
def test_two_codes_of_the_key_s_owner_are_enough(case: ResyncCase, device: MFADevice | None) -> None:
    resynchronized = case.resynchronize(device, case.code(-1), case.code(0))

    assert resynchronized == PHONE
    assert case.sts.get_session_token(case.key, PHONE, TokenCode(case.code(1)), MIN_SESSION)
    assert case.used_codes.last_step(PHONE) == time_step(case.clock.now())


def test_codes_that_are_refused_are_not_remembered_as_used(case: ResyncCase) -> None:
    backwards = [case.code(steps) for steps in (0, -1, 1, 0, 2, 1)]

    case.refusal(TokenCodeRefusedError, PHONE, *backwards)

    assert case.actions.count("ResyncMFADevice") == 3
    assert case.used_codes.last_step(PHONE) is None


def test_a_device_of_somebody_else_is_refused(case: ResyncCase) -> None:
    account = case.endpoint.account
    theirs = account.add_device(account.add_user("bob"), "bobs-phone")

    error = case.refusal(MFADeviceRefusedError, MFADevice(theirs.serial_number), "123456", "234567")

    assert str(error) == f"AWS does not know {theirs.serial_number} as an MFA device of user test-user"


@pytest.mark.parametrize("named", [True, False])
def test_a_device_without_codes_is_never_out_of_step(case: ResyncCase, named: bool) -> None:
    case.user.devices.clear()
    case.endpoint.account.add_security_key(case.user, "yubikey")

    case.refusal(MFADeviceNotFoundError, YUBIKEY if named else None)

    assert "ResyncMFADevice" not in case.actions


def test_what_a_policy_forbids_is_for_an_administrator_because_nobody_can_log_in(case: ResyncCase) -> None:
    statement = {"Effect": "Deny", "Action": "iam:ResyncMFADevice", "Resource": "*"}
    case.user.grants.inline["deny"] = json.dumps({"Version": "2012-10-17", "Statement": statement})

    error = case.refusal(AccessDeniedError, PHONE, case.code(-1), case.code(0))

    assert "iam:ResyncMFADevice" in str(error)
    assert error.hint.startswith("ask the account's administrator")


def test_where_nobody_can_be_asked_nothing_is_begun(case: ResyncCase) -> None:
    with pytest.raises(PersonNeededError):
        case.resynchronize_with(NoUser("mfa-session device resync"), PHONE)

    assert case.actions == []
