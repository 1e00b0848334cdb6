"""KeePassXC as OS keyring: it asks about each item and each connection, and keeps what was deleted."""

from collections.abc import Iterator

import pytest

from mfa_session.errors import KeyringPromptNeededError, StoreError
from mfa_session.keystore.keyring_store import OSKeyring
from mfa_session.keystore.stores import KeyStore
from tests.keepassxc import KeePassXC, keepassxc, needs_keepassxc
from tests.keystore.key_store_contract import KEY, OTHER_KEY, KeyStoreContract

pytestmark = needs_keepassxc


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeePassXC]:
    """Return a KeePassXC that nobody harms."""
    with keepassxc(tmp_path_factory.mktemp("home")) as service:
        yield service


@pytest.fixture
def service(shared: KeePassXC) -> Iterator[KeePassXC]:
    """Return the same, with no dialog counted yet, and no key left afterwards."""
    shared.dialogs.clear()
    yield shared
    keyring(shared).delete("test-user")


def keyring(service: KeePassXC, *, interactive: bool = True, waits: list[float] | None = None) -> OSKeyring:
    waits = [] if waits is None else waits
    environ = {"HOME": str(service.home), "DBUS_SESSION_BUS_ADDRESS": service.address, "DISPLAY": service.display}
    return OSKeyring(environ=environ, interactive=interactive, sleep=waits.append)


class TestKeePassXC(KeyStoreContract):
    @pytest.fixture
    def store(self, shared: KeePassXC) -> Iterator[KeyStore]:
        store = keyring(shared)
        yield store
        for profile in ("test-user", "team/dev@example.com"):
            store.delete(profile)

    @pytest.fixture
    def reopened(self, shared: KeePassXC) -> KeyStore:
        return keyring(shared)


def test_a_new_key_is_checked_for_and_stored_without_a_dialog(service: KeePassXC) -> None:
    waits: list[float] = []
    store = keyring(service, waits=waits)

    store.check()
    store.set("test-user", KEY)

    assert store.get("test-user") == KEY
    assert service.dialogs == []
    assert waits == [10]
    assert "mfa-session check" not in service.export()


def test_the_next_command_is_asked_about_once_whatever_it_does_with_the_key(service: KeePassXC) -> None:
    keyring(service).set("test-user", KEY)
    store = keyring(service)

    keys = [store.get("test-user")]
    store.set("test-user", OTHER_KEY)
    keys.append(store.get("test-user"))
    store.set("test-user (new key)", KEY)
    store.delete("test-user (new key)")
    store.delete("test-user")

    assert keys == [KEY, OTHER_KEY]
    assert service.dialogs == ["Access Request"]


def test_a_locked_database_is_unlocked_by_its_own_dialog(service: KeePassXC) -> None:
    keyring(service).set("test-user", KEY)
    service.lock()

    assert keyring(service).get("test-user") == KEY
    assert service.dialogs == ["Unlock Database", "Access Request"]


def test_without_a_prompt_it_is_open_and_would_ask_and_no_dialog_opens(service: KeePassXC) -> None:
    keyring(service).set("test-user", KEY)

    with pytest.raises(KeyringPromptNeededError, match="KeePassXC asks before it gives a key to a program"):
        keyring(service, interactive=False).get("test-user")

    assert service.dialogs == []


def test_without_a_prompt_a_new_key_can_be_stored_and_deleted(service: KeePassXC) -> None:
    store = keyring(service, interactive=False)

    store.check()
    store.set("test-user", KEY)

    assert store.get("test-user") == KEY
    assert store.delete("test-user")
    assert service.dialogs == []


def test_the_recycle_bin_gets_no_key_and_what_stays_is_said(service: KeePassXC) -> None:
    store = keyring(service)
    store.set("test-user", KEY)

    store.delete("test-user")

    assert "recycle bin" in str(store.leftovers())
    assert "history" in str(store.leftovers())


def test_a_database_that_is_not_saved_by_itself_takes_no_key(service: KeePassXC) -> None:
    before = service.configuration.read_text()
    service.configuration.write_text(before.replace("[General]", "[General]\nAutoSaveAfterEveryChange=false"))
    try:
        with pytest.raises(StoreError, match="KeePassXC does not save the key"):
            keyring(service).set("test-user", KEY)
    finally:
        service.configuration.write_text(before)
