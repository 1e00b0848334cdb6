"""Where a user gets a new device: his files, a clock that can be stepped, and what he types."""

import json
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mfa_session.ask.person import Person
from mfa_session.ask.terminal import Terminal
from mfa_session.aws.connection import AWS, Endpoints
from mfa_session.demo.account import User
from mfa_session.demo.devices import VirtualDevice
from mfa_session.demo.endpoint import Endpoint
from mfa_session.enrolment import Person as PersonWithDevices
from mfa_session.enrolment import enrol
from mfa_session.errors import MFASessionError
from mfa_session.key_lookup import KeyLookup
from mfa_session.login import Login
from mfa_session.mfa import STEP, MFADevice, VirtualMFADevice
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


def refuse(desk: Desk, action: str) -> None:
    statement = {"Effect": "Deny", "Action": action, "Resource": "*"}
    desk.user.grants.inline[action] = json.dumps({"Version": "2012-10-17", "Statement": statement})


def refusal(desk: Desk, kind: type[MFASessionError], *answers: Answer, name: str | None = None) -> MFASessionError:
    """Enrol, and return the error that is expected."""
    with pytest.raises(kind) as caught:
        desk.enrol(*answers, name=name)
    assert type(caught.value) is kind
    return caught.value
