"""What every test may ask for, and no settings of this machine."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from mfa_session.local_aws.account import Account, User
from mfa_session.local_aws.fixtures import demo_account
from mfa_session.local_aws.mfa_devices import VirtualDevice
from tests.campaigns import scale
from tests.clients.installers import CannotInstallError, Installation
from tests.clients.table import named
from tests.faults import Endpoint
from tests.machine import PHONE, Machine, running_machine
from tests.skip_summary import pytest_terminal_summary

__all__ = ["pytest_terminal_summary"]  # pytest finds it here

_SIGNALS_OF_A_TERMINAL = () if sys.platform == "win32" else (signal.SIGHUP, signal.SIGQUIT, signal.SIGTSTP)

# A campaign looks for what nobody has seen yet; every other run tries the same examples, and so says the same twice.
settings.register_profile("campaign", database=None)
settings.register_profile("same examples", database=None, derandomize=True)
settings.load_profile("campaign" if scale.IS_FULL else "same examples")


@pytest.fixture(scope="session", autouse=True)
def no_settings_of_this_machine() -> Iterator[None]:
    """Take away what would lead a test to another AWS, or through a proxy to this one."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name in os.environ:
            if name.startswith("AWS_") or name.lower().endswith(("_proxy", "_ca_bundle")):
                monkeypatch.delenv(name)
        yield


@pytest.fixture(scope="session", autouse=True)
def no_habits_of_whoever_started_this() -> Iterator[None]:
    """Take away what the programs of a test would inherit: signals that `nohup` and `&` ignore, and a strange umask."""
    for number in {signal.SIGINT, signal.SIGTERM, *_SIGNALS_OF_A_TERMINAL}:
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """Return a machine with AWS on its loopback."""
    with running_machine(tmp_path) as machine:
        yield machine


@pytest.fixture
def account() -> Account:
    return demo_account()


@pytest.fixture
def user(account: Account) -> User:
    return account.users["test-user"]


@pytest.fixture
def phone(account: Account) -> VirtualDevice:
    return account.devices[PHONE]


@pytest.fixture
def endpoint(account: Account) -> Iterator[Endpoint]:
    with Endpoint(account) as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def javascript() -> Path:
    """Return a folder with the SDK for JavaScript and the script that uses it."""
    client = named("SDK for JavaScript v3")
    try:
        return Installation().install(client.slug, client.installer)
    except CannotInstallError as error:
        pytest.skip(f"cannot install the SDK for JavaScript: {error}")
