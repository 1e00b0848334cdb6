"""The program behind the OS keyring is ended in the middle of a command: a key that AWS accepts is always left."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

import pytest

from mfa_session.errors import MFASessionError
from mfa_session.keys.inventory import places_of
from mfa_session.keystore.keyring_store import OSKeyring
from mfa_session.model.profile import Profile
from tests.campaigns.figures import count
from tests.campaigns.scale import IS_FULL, cases
from tests.clean_environment import clean_environment
from tests.keepassxc import keepassxc, needs_keepassxc
from tests.kwallet import kwallet, needs_kwallet
from tests.machine import MFA_SESSION, PASSPHRASE, Machine, running_machine
from tests.secret_service import needs_secret_service, secret_service
from tests.stored_keys import encrypted_file

PROFILE = ("--profile", "test-user")
COMMANDS = {
    "import": ("keys", "import", *PROFILE),
    "rotate": ("keys", "rotate", *PROFILE),
    "move": ("keys", "move", *PROFILE, "--to", "file"),
    "remove": ("keys", "remove", *PROFILE, "--yes"),
}

# With each moment in both forms; the last moments are after the command.
MOMENTS = cases(quick=2, full=25)
SECONDS = 1.6


class Provider(Protocol):
    """A program that answers as the Secret Service."""

    address: str

    def start(self) -> None: ...
    def end(self, *, kill: bool = False) -> None: ...


PROVIDERS: dict[str, Callable[[Path], AbstractContextManager[Provider]]] = {
    "gnome-keyring": secret_service,
    "KWallet": kwallet,
    "KeePassXC": keepassxc,
}


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("gnome-keyring", marks=needs_secret_service),
        pytest.param("KWallet", marks=needs_kwallet),
        pytest.param(
            "KeePassXC",
            marks=[needs_keepassxc, pytest.mark.skipif(not IS_FULL, reason="10 s a change: only in a campaign")],
        ),
    ],
)
def provider(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Provider]]:
    with PROVIDERS[request.param](tmp_path_factory.mktemp("home")) as running:
        yield request.param, running


def keyring_of(service: Provider) -> OSKeyring:
    display = getattr(service, "display", ":0")
    environ = {"HOME": "/", "DBUS_SESSION_BUS_ADDRESS": service.address, "DISPLAY": display}
    return OSKeyring(environ=environ, interactive=True, sleep=lambda _: None)


def active_keys_left(machine: Machine, store: OSKeyring) -> list[str]:
    """Return the IDs of the keys that AWS accepts and that are in the keyring, the encrypted file or in plain text."""
    names = places_of(Profile("test-user", "test-user-mfa"))
    kept = [key for name in names for each in (store, encrypted_file(machine)) if (key := each.get(name))]
    plain = machine.credentials_file.read_text() if machine.credentials_file.exists() else ""
    return [
        key.access_key_id
        for key in machine.account.keys_of(machine.user)
        if key.active
        and (key.secret_access_key in plain or any(key.secret_access_key == each.secret_access_key for each in kept))
    ]


def prepare(machine: Machine, service: Provider, command: str) -> None:
    machine.environment |= {"DBUS_SESSION_BUS_ADDRESS": service.address, "MFA_SESSION_STORE": "keyring"}
    machine.environment |= {"DISPLAY": getattr(service, "display", ":0"), "MFA_SESSION_PASSPHRASE": PASSPHRASE}
    machine.lay_down_the_key()
    if command != "import":
        assert machine.run(*COMMANDS["import"]).returncode == 0
    if command == "rotate":
        assert machine.log_in().returncode == 0


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("kill", [False, True], ids=["TERM", "KILL"])
@pytest.mark.parametrize("moment", range(MOMENTS))
def test_no_key_is_lost(tmp_path: Path, provider: tuple[str, Provider], command: str, kill: bool, moment: int) -> None:
    name, service = provider
    # KeePassXC is waited for, 10 seconds after each change.
    seconds = SECONDS * (moment + 0.5) / MOMENTS * (8 if name == "KeePassXC" else 1)
    with running_machine(tmp_path) as machine:
        prepare(machine, service, command)
        program = subprocess.Popen(
            [str(MFA_SESSION), *COMMANDS[command]],
            env=clean_environment(machine.home, **machine.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            text=True,
        )
        time.sleep(seconds)
        service.end(kill=kill)
        said, _ = program.communicate(timeout=180)
        service.start()

        left = active_keys_left(machine, keyring_of(service))
        # What was to be removed may be gone; what is said to be gone is.
        is_lost = not left and command != "remove"
        is_untrue = bool(left) and command == "remove" and "is gone" in said
        again = machine.run(*COMMANDS[command]) if command == "remove" and program.returncode else None
        count("the keyring ended in the middle", f"{command}, {name}", lost=int(is_lost), untrue=int(is_untrue))
        for place in places_of(Profile("test-user", "test-user-mfa")):
            try:
                keyring_of(service).delete(place)
            except MFASessionError as error:
                pytest.fail(f"{error} ({error.hint})")

    assert not is_lost, said
    assert not is_untrue, said
    assert again is None or again.returncode == 0, again.stderr
