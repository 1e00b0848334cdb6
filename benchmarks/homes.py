"""The homes in which the programs run, each prepared for what is measured in it."""

from collections.abc import Mapping
from pathlib import Path

from mfa_session.keystore.encrypted_file import EncryptedFile
from mfa_session.keystore.keyring_store import OSKeyring
from mfa_session.local_aws.fixtures import DEVICE_NAME
from mfa_session.model.credentials import AccessKey
from tests.clean_environment import clean_environment
from tests.cli.roles.role_sessions import policy, trust
from tests.faults import Endpoint
from tests.machine import PASSPHRASE, PHONE, Machine

REGION = "ap-northeast-1"

_SETTINGS = f"[profile test-user]\nregion = {REGION}\noutput = json\n"

# Long enough for AWS tools, and no key of anybody.
_FOREIGN_CREDENTIALS = "[project-{0:04}]\naws_access_key_id = AKIA{0:016}\naws_secret_access_key = {0:040}\n\n"
_FOREIGN_SETTINGS = "[profile project-{0:04}]\nregion = eu-central-1\noutput = json\n\n"
_FOREIGN_PROFILES = 5000


class _GivenPassphrase:
    def passphrase(self, *, new: bool) -> str:
        return PASSPHRASE

    def try_again(self, tries: int) -> bool:
        return False


class Homes:
    """New homes below *folder*, for the one user of the account at *endpoint*."""

    def __init__(self, folder: Path, endpoint: Endpoint) -> None:
        self.folder = folder
        self.endpoint = endpoint

    def with_plain_key(self, name: str, *, device_is_known: bool = True) -> Machine:
        """Return one whose long-term key lies in the credentials file, where other tools have it."""
        machine = self._home(name, device_is_known=device_is_known)
        machine.lay_down_the_key()
        return machine

    def with_encrypted_key(self, name: str) -> Machine:
        """Return one whose long-term key is in the encrypted file; the environment has the passphrase."""
        machine = self._home(name, more_settings="mfa_session_store = file\n")
        machine.environment["MFA_SESSION_PASSPHRASE"] = PASSPHRASE
        folder = machine.home / ".aws" / "mfa-session"
        folder.mkdir(mode=0o700)
        EncryptedFile(folder / "keys.json", _GivenPassphrase()).set("test-user", _key(machine))
        return machine

    def with_key_in_keyring(self, name: str, bus: str) -> Machine:
        """Return one whose long-term key is in the Secret Service at the session *bus*."""
        machine = self._home(name, more_settings="mfa_session_store = keyring\n")
        machine.environment["DBUS_SESSION_BUS_ADDRESS"] = bus
        OSKeyring(environ=machine.environment, interactive=False).set("test-user", _key(machine))
        return machine

    def with_session(
        self,
        name: str,
        program: Path,
        *,
        credentials: bool = False,
        settings: bool = False,
        profiles: int = _FOREIGN_PROFILES,
    ) -> Machine:
        """Return one with a live session, below the *credentials* and *settings* of so many other *profiles*."""
        machine = self.with_plain_key(name)
        renew_phone(machine)
        ran = machine.run_program(program, "login", "--profile", "test-user", "--token-code", machine.phone.code())
        if ran.returncode:
            raise RuntimeError(ran.stderr)
        if credentials:
            _prepend(machine.credentials_file, _FOREIGN_CREDENTIALS, profiles)
        if settings:
            _prepend(machine.config_file, _FOREIGN_SETTINGS, profiles)
        return machine

    def with_roles(self, name: str, program: Path, *, roles: int) -> Machine:
        """Return one with a live session, and so many role profiles of its user."""
        machine = self.with_session(name, program)
        machine.user.grants.inline["roles"] = policy(Action="sts:AssumeRole", Resource="*")
        profiles = ""
        for number in range(roles):
            known = machine.account.roles.get(f"role-{number:04}")
            role = known or machine.account.add_role(f"role-{number:04}", trust())
            profiles += f"\n[profile role-{number:04}]\nrole_arn = {role.arn}\nsource_profile = test-user\n"
        machine.write_config(machine.config_file.read_text(encoding="utf-8") + profiles)
        return machine

    def of_aws_mfa(self, name: str) -> Machine:
        """Return one as aws-mfa wants it: a section for the key and the device, another for the session."""
        machine = self._home(name)
        machine.write_credentials(
            f"[test-user-long-term]\naws_access_key_id = {machine.key.access_key_id}\n"
            f"aws_secret_access_key = {machine.key.secret_access_key}\naws_mfa_device = {PHONE}\n"
        )
        return machine

    def _home(self, name: str, *, more_settings: str = "", device_is_known: bool = True) -> Machine:
        home = self.folder / name
        home.mkdir(parents=True)
        machine = Machine(home, self.endpoint)
        machine.environment = {
            "AWS_ENDPOINT_URL": self.endpoint.url,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_DEFAULT_REGION": REGION,
        }
        device = f"mfa_serial = {PHONE}\n" if device_is_known else ""
        machine.write_config(_SETTINGS + device + more_settings)
        return machine


def environment_of(machine: Machine) -> Mapping[str, str]:
    """Return the whole environment of a program that runs in this home."""
    return clean_environment(machine.home, **machine.environment)


def renew_phone(machine: Machine) -> None:
    """Give the user another phone of the same name, so that no code was used before, on either side."""
    machine.account.add_device(machine.user, DEVICE_NAME)
    machine.forget_used_codes()


def _key(machine: Machine) -> AccessKey:
    return AccessKey(machine.key.access_key_id, machine.key.secret_access_key)


def _prepend(path: Path, section: str, profiles: int) -> None:
    others = "".join(section.format(number) for number in range(profiles))
    path.write_text(others + path.read_text(encoding="utf-8"), encoding="utf-8")
