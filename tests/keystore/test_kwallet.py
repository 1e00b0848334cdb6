"""The OS keyring of a KDE desktop: a real kwalletd5, which writes to disk seconds after a change."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mfa_session.errors import NoDefaultKeyringError
from mfa_session.keystore.keyring_store import OSKeyring
from mfa_session.keystore.stores import KeyStore
from tests.keystore.key_store_contract import KEY, OTHER_KEY, KeyStoreContract
from tests.kwallet import KWallet, kwallet, needs_kwallet

pytestmark = needs_kwallet


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KWallet]:
    """Return a KWallet that nobody harms."""
    with kwallet(tmp_path_factory.mktemp("home")) as service:
        yield service


@pytest.fixture
def service(tmp_path: Path) -> Iterator[KWallet]:
    """Return a KWallet of this test's own."""
    with kwallet(tmp_path) as service:
        yield service


class Waits:
    """The waits of a store for its keyring, none of which takes any time."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.seconds: list[float] = []


def keyring(service: KWallet, waits: Waits | None = None) -> OSKeyring:
    waits = waits or Waits()
    environ = {
        "HOME": str(service.configuration.parent.parent),
        "DBUS_SESSION_BUS_ADDRESS": service.address,
        "DISPLAY": ":0",
    }
    return OSKeyring(environ=environ, interactive=True, tell=waits.told.append, sleep=waits.seconds.append)


class TestKWallet(KeyStoreContract):
    @pytest.fixture
    def store(self, shared: KWallet) -> Iterator[KeyStore]:
        store = keyring(shared)
        yield store
        for profile in ("test-user", "team/dev@example.com"):
            store.delete(profile)

    @pytest.fixture
    def reopened(self, shared: KWallet) -> KeyStore:
        return keyring(shared)


@pytest.mark.parametrize("kill", [False, True], ids=["TERM", "KILL"])
def test_a_key_survives_the_end_of_kwallet_right_after_it_was_stored(service: KWallet, kill: bool) -> None:
    waits = Waits()
    keyring(service, waits).set("test-user", KEY)

    service.end(kill=kill)
    service.start()

    assert keyring(service).get("test-user") == KEY
    assert waits.seconds == []


@pytest.mark.parametrize("kill", [False, True], ids=["TERM", "KILL"])
def test_a_new_key_does_not_fall_back_to_the_one_before(service: KWallet, kill: bool) -> None:
    keyring(service).set("test-user", KEY)
    keyring(service).set("test-user", OTHER_KEY)

    service.end(kill=kill)
    service.start()

    assert keyring(service).get("test-user") == OTHER_KEY


@pytest.mark.parametrize("kill", [False, True], ids=["TERM", "KILL"])
def test_a_deleted_key_does_not_come_back(service: KWallet, kill: bool) -> None:
    keyring(service).set("test-user", KEY)
    keyring(service).delete("test-user")

    service.end(kill=kill)
    service.start()

    assert keyring(service).get("test-user") is None


def test_a_wallet_whose_owner_is_asked_about_each_program_is_waited_for_and_not_asked_again(service: KWallet) -> None:
    service.configuration.write_text("[Wallet]\nPrompt on Open=true\n")  # the daemon goes on by what it read before
    waits = Waits()

    keyring(service, waits).set("test-user", KEY)

    assert waits.seconds == [10]
    assert waits.told == ["waiting 10 s for the Secret Service keyring to write the key to disk"]


def test_a_desktop_without_a_default_wallet_is_left_as_it_is_by_reading_and_deleting(tmp_path: Path) -> None:
    with kwallet(tmp_path, is_new=True) as service:
        before = service.configuration.read_bytes()

        for call in (keyring(service).get, keyring(service).delete):
            with pytest.raises(NoDefaultKeyringError):
                call("test-user")

        assert service.configuration.read_bytes() == before
