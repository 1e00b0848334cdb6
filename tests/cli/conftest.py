"""Who runs the commands."""

import json
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from mfa_session.credentials import timestamp
from mfa_session.store.locks import locked
from tests.machine import Machine

JAVASCRIPT = Path(__file__).parent.parent / "javascript"

# The libraries of the Secret Service are installed on Linux only.
collect_ignore = [] if sys.platform == "linux" else ["test_keys_keyring.py"]


@pytest.fixture
def admin(machine: Machine) -> Machine:
    """The machine of an administrator who has logged in, as the AWS files show it."""
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    machine.user.grants.inline["everything"] = json.dumps({"Version": "2012-10-17", "Statement": everything})
    account = machine.account
    session = account.begin_session(account.identity_of(machine.user), timedelta(hours=12), mfa_at=account.now())
    machine.write_credentials(
        f"[test-user]\naws_access_key_id = {machine.key.access_key_id}\n"
        f"aws_secret_access_key = {machine.key.secret_access_key}\n\n"
        f"[test-user-mfa]\naws_access_key_id = {session.access_key_id}\n"
        f"aws_secret_access_key = {session.secret_access_key}\naws_session_token = {session.session_token}\n"
        f"x_security_token_expires = {timestamp(session.expiration)}\nmfa_session_source = test-user\n"
    )
    return machine


@pytest.fixture(scope="session")
def javascript(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Return a folder with the SDK for JavaScript and the script that uses it."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("needs Node.js and npm")
    own = tmp_path_factory.getbasetemp()
    folder = (own if worker_id == "master" else own.parent) / "javascript"
    # Once for all workers; the folder has this name when it has everything.
    with locked(folder.with_name("locks") / "javascript", within=timedelta(seconds=100)):
        if not folder.exists():
            _install(folder.with_name("javascript.new")).rename(folder)
    return folder


def _install(folder: Path) -> Path:
    shutil.copytree(JAVASCRIPT, folder, dirs_exist_ok=True)
    installed = subprocess.run(
        ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if installed.returncode:
        pytest.skip(f"the SDK for JavaScript cannot be installed here: {installed.stderr[-200:]}")
    return folder
