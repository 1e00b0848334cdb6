"""An enrolment: the user's files, a clock that the test can step, and what the user types."""

import json
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field

import pytest

from mfa_session.devices.code_pair import DevicePrompter
from mfa_session.devices.enroll import enrol
from mfa_session.errors import MFASessionError
from mfa_session.local_aws.mfa_devices import VirtualDevice
from mfa_session.model.mfa_device import STEP, VirtualMFADevice
from mfa_session.model.profile import Profile
from mfa_session.prompt.terminal import Terminal
from mfa_session.prompt.user import User
from mfa_session.sessions.login import LoginResult
from tests.aws_case import AWSCase
from tests.fakes import TypedLines

PREFIX = "arn:aws:iam::123456789012:mfa"

Answer = str | Callable[[], str]


@dataclass
class EnrolmentCase(AWSCase):
    """``test-user``, with a key in the credentials file and no device, gets one."""

    profile: Profile = field(default_factory=lambda: Profile("test-user", "test-user-mfa"))
    lines: TypedLines = field(default_factory=TypedLines)
    shown: list[VirtualMFADevice] = field(default_factory=list)

    @property
    def device(self) -> VirtualDevice:
        """The newest device of the account."""
        return list(self.endpoint.account.devices.values())[-1]

    def code(self, steps: int) -> Callable[[], str]:
        """Return what the newest device shows so many steps from now, when it is asked for."""
        return lambda: self.device.code(self.clock.now() + steps * STEP)

    def codes(self, *steps: int) -> list[Answer]:
        return [self.code(each) for each in steps]

    def enrol(self, *answers: Answer, name: str | None = None) -> LoginResult:
        """Enrol while somebody types *answers*."""
        self.lines = TypedLines(*answers)
        return self.enrol_with(User(lambda: Terminal(self.lines), command="…"), name=name)

    def enrol_with(self, prompter: DevicePrompter, *, name: str | None = None) -> LoginResult:
        return enrol(
            self.profile,
            name,
            find_key=self.key_lookup.access_key,
            sts=self.sts,
            iam=self.iam,
            prompter=prompter,
            show=self.shown.append,
            sessions=self.sessions,
            used_codes=self.used_codes,
            lock=nullcontext,
            clock=self.clock.now,
        )


def refuse(case: EnrolmentCase, action: str) -> None:
    statement = {"Effect": "Deny", "Action": action, "Resource": "*"}
    case.user.grants.inline[action] = json.dumps({"Version": "2012-10-17", "Statement": statement})


def refusal(
    case: EnrolmentCase, kind: type[MFASessionError], *answers: Answer, name: str | None = None
) -> MFASessionError:
    """Enrol, and return the error that is expected."""
    with pytest.raises(kind) as caught:
        case.enrol(*answers, name=name)
    assert type(caught.value) is kind
    return caught.value
