"""Other programs that write sessions into the AWS files: each does it once, beside the profiles of its user."""

import configparser
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.installations import Installation
from tests.campaigns.files.system_calls import Invocation
from tests.campaigns.files.users_files import AFTER, BEFORE, CONFIG_AFTER, CONFIG_BEFORE, Damage, values_of
from tests.clean_environment import clean_environment
from tests.machine import PHONE, Machine


@dataclass(frozen=True)
class Peer:
    """A program, what it needs in the credentials file, and the section to which it writes a session or its token."""

    name: str
    distribution: str
    own_key: str
    session: str
    words: Callable[[str], list[str]]
    old_session: str = ""
    code_is_typed: bool = False
    writes_a_token_only: bool = False

    def prepare(self, machine: Machine) -> None:
        """Lay down the files of its user."""
        key = self.own_key.format(machine.key.access_key_id, machine.key.secret_access_key)
        machine.write_credentials(BEFORE + key + self.old_session + AFTER)
        settings = f"[profile test-user]\nregion = ap-northeast-1\nmfa_serial = {PHONE}\n"
        machine.write_config(CONFIG_BEFORE + settings + CONFIG_AFTER)

    def program(self, machine: Machine, installation: Installation) -> Invocation:
        """Return what is to be run on *machine* now."""
        code = machine.fresh_code()
        name, *words = self.words(code)
        typed = f"{code}\n" if self.code_is_typed else ""
        environment = clean_environment(machine.home, **machine.environment, AWS_DEFAULT_REGION="ap-northeast-1")
        return Invocation([str(installation.programs / name), *words], environment, typed)

    def damage_on(self, machine: Machine) -> Damage:
        """Return what is broken on *machine*; comments and spaces, which two of them never keep, are let pass."""
        credentials = _read(machine.credentials_file)
        config = _read(machine.config_file)
        foreign = values_of(BEFORE + AFTER)
        settings = values_of(CONFIG_BEFORE + CONFIG_AFTER)
        key = self.own_key.format(machine.key.access_key_id, machine.key.secret_access_key)
        lost = any(credentials.get(name) != values for name, values in {**foreign, **values_of(key)}.items())
        return Damage(
            lost=lost or any(config.get(name) != values for name, values in settings.items()),
            torn=not self.has_whole_session(machine)
            and credentials.get(self.session) not in (None, values_of(self.old_session).get(self.session)),
        )

    def has_whole_session(self, machine: Machine) -> bool:
        """Tell whether what it writes is there, and all of it."""
        section = _read(machine.credentials_file).get(self.session, {})
        if self.writes_a_token_only:
            return section.get("aws_session_token") == TOKEN
        given = machine.account.sessions.get(section.get("aws_access_key_id", ""))
        return given is not None and (given.secret_access_key, given.session_token) == (
            section.get("aws_secret_access_key"),
            section.get("aws_session_token"),
        )


TOKEN = "new-token" * 60

_KEY = "[test-user]\naws_access_key_id = {0}\naws_secret_access_key = {1}\n"

_OLD_SESSION = "[test-user-mfa]\naws_session_token = old-token\n"


def _aws_cli(name: str, *, old_session: str = "") -> Peer:
    def words(code: str) -> list[str]:
        return ["aws", "configure", "set", "aws_session_token", TOKEN, "--profile", "test-user-mfa"]

    return Peer(name, "awscli", _KEY, "test-user-mfa", words, old_session=old_session, writes_a_token_only=True)


PEERS = [
    _aws_cli("`aws configure set` of a token"),
    _aws_cli("`aws configure set` of a token that there was", old_session=_OLD_SESSION),
    Peer(
        "`aws-mfa`",
        "aws-mfa",
        "[test-user-long-term]\naws_access_key_id = {0}\naws_secret_access_key = {1}\n" + f"aws_mfa_device = {PHONE}\n",
        "test-user",
        lambda code: ["aws-mfa", "--profile", "test-user"],
        code_is_typed=True,
    ),
    Peer(
        "`awsume`",
        "awsume",
        _KEY,
        "test-user-mfa",
        lambda code: ["awsumepy", "test-user", "--output-profile", "test-user-mfa", "--mfa-token", code],
    ),
]


def _read(path: Path) -> dict[str, dict[str, str]]:
    try:
        return values_of(path.read_text())
    except (OSError, ValueError, configparser.Error):
        return {}
