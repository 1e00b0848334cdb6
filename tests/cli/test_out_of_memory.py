"""Where the system gives no more memory, that is the error, and no mistake of ours."""

import errno
import json
import os
import shlex
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from mfa_session.cli.output import is_out_of_memory
from mfa_session.keystore.encryption import KDFParameters, seal
from mfa_session.keystore.stores import item_of
from mfa_session.model.credentials import AccessKey
from tests.machine import MFA_SESSION, PASSPHRASE, Machine

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows sets no limit in its shell")


@contextmanager
def caused_by(cause: BaseException) -> Iterator[None]:
    raise RuntimeError("what came of it") from cause


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
        ssl.SSLError(786688, "[CRYPTO] malloc failure (_ssl.c:3098)"),
        ImportError("libssl.so.3: failed to map segment from shared object"),
        ImportError("libssl.so.3: cannot allocate memory: Cannot allocate memory"),
        RuntimeError("can't start new thread"),
    ],
)
def test_every_way_to_say_so_is_known_and_as_a_cause_too(error: Exception) -> None:
    with pytest.raises(RuntimeError) as later, caused_by(error):
        pass

    assert is_out_of_memory(error)
    assert is_out_of_memory(later.value)


@pytest.mark.parametrize("error", [OSError(errno.EIO, "I/O error"), ImportError("no module"), RuntimeError("x")])
def test_other_errors_are_none(error: Exception) -> None:
    assert not is_out_of_memory(error)


def test_an_encrypted_file_that_takes_more_memory_than_there_is_ends_with_one_clear_error(machine: Machine) -> None:
    key = KDFParameters(bytes(16), iterations=1, memory_kib=4 * 65536).key(PASSPHRASE)
    item = item_of(AccessKey(machine.key.access_key_id, machine.key.secret_access_key))
    folder = machine.home / ".aws" / "mfa-session"
    folder.mkdir(parents=True, mode=0o700)
    (folder / "keys.json").write_bytes(seal(json.dumps({"test-user": item}), key))
    (folder / "keys.json").chmod(0o600)
    machine.write_config(machine.config_file.read_text() + "mfa_session_store = file\n")
    command = shlex.join([str(MFA_SESSION), "login", "--profile", "test-user", "--token-code", machine.fresh_code()])

    ran = machine.run_program("sh", "-c", f"ulimit -v 300000; exec {command}")

    assert ran.returncode == 255
    error, hint = ran.stderr.splitlines()
    assert error == "mfa-session: error: out of memory"
    assert hint.startswith("mfa-session: hint: ")
