"""The encrypted file of a test's machine, whose passphrase is derived in no time."""

import json
import os

from mfa_session.filesystem.private_files import write_private
from mfa_session.keystore.encrypted_file import EncryptedFile
from mfa_session.keystore.encryption import KDFParameters, seal
from mfa_session.local_aws.credentials import LongTermKey
from mfa_session.model.credentials import AccessKey
from tests.machine import PASSPHRASE, Machine

# The least that Argon2id allows.
_QUICK = {"iterations": 1, "memory_kib": 8, "lanes": 1}


class _Passphrase:
    def passphrase(self, *, new: bool) -> str:
        return PASSPHRASE

    def try_again(self, tries: int) -> bool:
        return False


def encrypted_file(machine: Machine) -> EncryptedFile:
    """Return the file as the next process opens it; one is made where there is none."""
    path = machine.home / ".aws" / "mfa-session" / "keys.json"
    if not path.exists():
        write_private(path, seal(json.dumps({}), KDFParameters(os.urandom(16), **_QUICK).key(PASSPHRASE)))
    return EncryptedFile(path, _Passphrase())


def store(machine: Machine, key: LongTermKey, *, profile: str = "test-user", **known: str) -> None:
    """Put *key* into the encrypted file, and say so in the config file, as `keys add` does."""
    encrypted_file(machine).set(profile, AccessKey(key.access_key_id, key.secret_access_key, known.get("account_id")))
    settings = (
        f"mfa_session_store = file\ncredential_process = /opt/mfa-session credential-process --profile {profile}\n"
    )
    config = machine.config_file.read_text() if machine.config_file.exists() else ""
    header = f"[profile {profile}]\n"
    if header not in config:
        config += header
    machine.write_config(config.replace(header, header + settings))


def stored_key(machine: Machine, profile: str = "test-user") -> AccessKey | None:
    """Return what the encrypted file has for *profile*."""
    return encrypted_file(machine).get(profile)
