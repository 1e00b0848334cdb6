"""A case with ``test-user``: real files, the local AWS, and one clock that the test can step."""

from dataclasses import dataclass
from pathlib import Path

from mfa_session.aws.endpoints import Endpoints
from mfa_session.aws.iam import IAM
from mfa_session.aws.sts import STS
from mfa_session.aws.transport import Transport
from mfa_session.aws_files.plain_keys import PlainKeys
from mfa_session.aws_files.session_profiles import SessionProfiles
from mfa_session.keys.lookup import KeyLookup
from mfa_session.keystore.stores import AccessKeys
from mfa_session.local_aws.account import User
from mfa_session.local_aws.mfa_devices import VirtualDevice
from mfa_session.model.credentials import AccessKey
from mfa_session.model.mfa_device import MFADevice
from mfa_session.state.used_codes import UsedCodes
from tests.fakes import SteppedClock
from tests.faults import Endpoint

PHONE = MFADevice("arn:aws:iam::123456789012:mfa/test-user-phone")


@dataclass
class AWSCase:
    """The parts that the functions under test need; a subclass adds how one is called."""

    home: Path
    endpoint: Endpoint
    clock: SteppedClock

    @property
    def transport(self) -> Transport:
        return Transport(Endpoints(sts_url=self.endpoint.url, iam_url=self.endpoint.url))

    @property
    def sts(self) -> STS:
        return STS(self.transport)

    @property
    def iam(self) -> IAM:
        return IAM(self.transport)

    @property
    def actions(self) -> list[str]:
        """What AWS was asked, in order."""
        return [call.action for call in self.endpoint.journal]

    @property
    def user(self) -> User:
        return self.endpoint.account.users["test-user"]

    @property
    def phone(self) -> VirtualDevice:
        return self.endpoint.account.devices[PHONE.serial_number]

    @property
    def key(self) -> AccessKey:
        [key] = self.endpoint.account.keys_of(self.user)
        return AccessKey(key.access_key_id, key.secret_access_key)

    @property
    def credentials_file(self) -> Path:
        return self.home / "credentials"

    @property
    def key_lookup(self) -> KeyLookup:
        """The keys that lie in the credentials file; no store has one."""
        return KeyLookup(stored=AccessKeys({}).get, in_file=PlainKeys(self.credentials_file).get)

    @property
    def sessions(self) -> SessionProfiles:
        return SessionProfiles(credentials_file=self.credentials_file, config_file=self.home / "config")

    @property
    def used_codes(self) -> UsedCodes:
        return UsedCodes(self.home / "used-codes")

    def lay_down_the_key(self) -> None:
        self.credentials_file.write_text(
            f"[test-user]\naws_access_key_id = {self.key.access_key_id}\n"
            f"aws_secret_access_key = {self.key.secret_access_key}\n"
        )
