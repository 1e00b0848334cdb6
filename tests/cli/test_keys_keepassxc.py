"""The commands with KeePassXC as OS keyring: how often its dialogs open, and what is said of what it keeps."""

from collections.abc import Iterator

import pytest

from tests.keepassxc import KeePassXC, keepassxc, needs_keepassxc
from tests.machine import Machine

pytestmark = needs_keepassxc

PROFILE = ("--profile", "test-user")


@pytest.fixture
def service(machine: Machine) -> Iterator[KeePassXC]:
    """Return the KeePassXC of the machine."""
    with keepassxc(machine.home) as service:
        machine.environment |= {"DBUS_SESSION_BUS_ADDRESS": service.address, "DISPLAY": service.display}
        machine.environment["MFA_SESSION_STORE"] = "keyring"
        yield service


def test_each_command_opens_at_most_one_dialog(machine: Machine, service: KeePassXC) -> None:
    machine.lay_down_the_key()
    opened: dict[str, int] = {}
    said: dict[str, str] = {}

    for name, command in {
        "import": ("keys", "import", *PROFILE),
        "login": ("login", *PROFILE, "--token-code", machine.phone.code()),
        "doctor": ("doctor", *PROFILE, "--offline"),
        "status": ("status",),
        "list": ("keys", "list"),
        "rotate": ("keys", "rotate", *PROFILE),
        "remove": ("keys", "remove", *PROFILE, "--yes"),
    }.items():
        service.dialogs.clear()
        ran = machine.run(*command)
        assert ran.returncode == 0, ran.stderr
        opened[name], said[name] = len(service.dialogs), ran.stderr

    assert opened == {"import": 0, "login": 1, "doctor": 0, "status": 0, "list": 0, "rotate": 1, "remove": 1}
    assert "waiting 10 s for the Secret Service keyring to write the key to disk" in said["import"]
    assert (
        "KeePassXC keeps old values in the history of the entry, and deleted entries in its recycle bin"
        in said["remove"]
    )
