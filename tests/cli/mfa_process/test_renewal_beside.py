"""What answers a program renews the session with a key of the encrypted file, whose passphrase it keeps to itself."""

import os
import time
from datetime import UTC, datetime, timedelta

import pytest

from mfa_session.model.credentials import timestamp
from tests.cli.mfa_process.code_program import let_codes_come_from, move_the_key, print_fresh_code
from tests.machine import Machine

pytestmark = pytest.mark.skipif(os.name == "nt", reason="on Windows it is a thread of the same program")

UNTIL_RENEWED = """\
for _ in $(seq 300); do grep -q "$1" "$HOME/.aws/credentials" || exit 0; sleep 0.1; done
exit 9
"""


def test_a_session_is_renewed_by_a_program_that_prints_codes(machine: Machine) -> None:
    move_the_key(machine)
    assert machine.log_in().returncode == 0
    end = machine.credentials("test-user-mfa")["x_security_token_expires"]
    soon = timestamp(datetime.now(UTC) + timedelta(minutes=10))
    machine.write_credentials(machine.credentials_file.read_text().replace(end, soon))
    let_codes_come_from(machine, print_fresh_code(machine))
    began = time.monotonic()

    served = machine.run("serve", "--profile", "test-user", "--", "sh", "-c", UNTIL_RENEWED, "sh", soon)

    assert (served.returncode, served.stderr) == (0, "")
    assert time.monotonic() - began < 60
