"""A set-up that works, and `doctor` to look at it."""

import os
import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from mfa_session.cli.app import run
from mfa_session.model.credentials import timestamp
from tests import stored_keys
from tests.cli.doctor.set_up import SetUp
from tests.machine import MFA_SESSION, PHONE, Machine


@pytest.fixture
def set_up(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> SetUp:
    stored_keys.store(machine, machine.key, account_id="123456789012")
    machine.write_config(
        "[profile test-user]\n"
        "region = ap-northeast-1\n"
        "output = json\n"
        f"mfa_serial = {PHONE}\n"
        "mfa_session_store = file\n"
        f"credential_process = {MFA_SESSION} credential-process --profile test-user\n"
    )
    account = machine.account
    session = account.begin_session(account.identity_of(machine.user), timedelta(hours=12), mfa_at=account.now())
    machine.write_credentials(
        f"[test-user-mfa]\naws_access_key_id = {session.access_key_id}\n"
        f"aws_secret_access_key = {session.secret_access_key}\naws_session_token = {session.session_token}\n"
        f"x_security_token_expires = {timestamp(session.expiration)}\nmfa_session_source = test-user\n"
    )
    for name in list(os.environ):
        if name.startswith(("AWS", "MFA_SESSION", "DBUS", "SSH")) or name.lower().endswith(("_proxy", "_ca_bundle")):
            monkeypatch.delenv(name)
    return SetUp(machine, session, machine.key, {"HOME": str(machine.home), "AWS_ENDPOINT_URL": machine.endpoint.url})


@pytest.fixture
def examine(
    set_up: SetUp, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """Run `doctor` for test-user in this process, where forty set-ups cost what one does in a process of its own."""

    def examine(*options: str, arguments: tuple[str, ...] = ("--profile", "test-user")) -> tuple[int, str]:
        for name, value in set_up.environ.items():
            monkeypatch.setenv(name, value)
        before = _files(set_up.machine.home)
        exit_code = run(["doctor", *arguments, *set_up.options, *options])
        shown, said = capfd.readouterr()
        assert said == ""
        assert _files(set_up.machine.home) == before
        assert not [secret for secret in set_up.secrets if secret in shown]
        return exit_code, shown

    return examine


@pytest.fixture
def examine_all(examine: Callable[..., tuple[int, str]]) -> Callable[..., tuple[int, str]]:
    """Run `doctor` with no profile named."""
    return partial(examine, arguments=())


def _files(home: Path) -> dict[Path, bytes]:
    """Return what is in all files; `doctor` may change only when a session ends, which AWS has ended before."""
    return {
        path: re.sub(rb"x_security_token_expires = [0-9TZ:-]+", b"", path.read_bytes())
        for path in home.rglob("*")
        if path.is_file() and path.name != ".mfa-session.lock"
    }
