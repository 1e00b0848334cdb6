"""One home under two desktops: a key is found where it was put, or the error says where that is."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from jeepney import DBusAddress, new_method_call
from jeepney.io.blocking import open_dbus_connection
from secretstorage import create_collection

from mfa_session.errors import KeyElsewhereError, KeyringPromptNeededError
from mfa_session.keystore.dbus import SessionBus
from mfa_session.keystore.keyring_backends import TimeLimits
from mfa_session.keystore.keyring_store import OSKeyring
from mfa_session.state.per_profile import KeyringPlaces
from tests.keystore.key_store_contract import KEY, OTHER_KEY
from tests.kwallet import KWallet, kwallet, needs_kwallet
from tests.secret_prompter import prompter
from tests.secret_service import PASSWORD, SecretService, needs_secret_service, secret_service

SERVICE = DBusAddress("/org/freedesktop/secrets", "org.freedesktop.secrets", "org.freedesktop.Secret.Service")


@pytest.fixture
def gnome(tmp_path: Path) -> Iterator[SecretService]:
    with secret_service(tmp_path / "gnome") as service:
        yield service


@pytest.fixture
def kde(tmp_path: Path) -> Iterator[KWallet]:
    with kwallet(tmp_path / "kde") as service:
        yield service


def keyring(service: SecretService | KWallet, records: Path | None, *, interactive: bool = True) -> OSKeyring:
    return OSKeyring(
        environ={"HOME": "/", "DBUS_SESSION_BUS_ADDRESS": service.address, "DISPLAY": ":0"},
        interactive=interactive,
        records=KeyringPlaces(records) if records else None,
    )


def make_another_default_keyring(service: SecretService) -> str:
    """Have gnome-keyring make a second keyring, and make it the default; return its path."""
    environ = {"DBUS_SESSION_BUS_ADDRESS": service.address}
    with prompter(service.address, password=PASSWORD):
        bus = SessionBus(environ, limits=TimeLimits(), may_ask=True)
        path = create_collection(bus, "Second").collection_path
        bus.close()
    set_default_keyring(service, path)
    return str(path)


def set_default_keyring(service: SecretService, path: str) -> None:
    with open_dbus_connection(service.address) as connection:
        call = new_method_call(SERVICE, "SetAlias", "so", ("default", path))
        connection.send_and_get_reply(call, timeout=5)


@needs_secret_service
@needs_kwallet
class TestAKeyOfTheOtherDesktop:
    def test_is_an_error_that_names_both_keyrings(self, tmp_path: Path, gnome: SecretService, kde: KWallet) -> None:
        keyring(gnome, tmp_path).set("test-user", KEY)

        with pytest.raises(KeyElsewhereError) as caught:
            keyring(kde, tmp_path).get("test-user")

        assert str(caught.value) == (
            "the key of test-user was put into gnome-keyring (Login), and only KWallet (kdewallet) answers now"
        )
        assert "start gnome-keyring" in caught.value.hint
        assert keyring(gnome, tmp_path).get("test-user") == KEY

    def test_is_not_deleted_and_not_said_to_be(self, tmp_path: Path, gnome: SecretService, kde: KWallet) -> None:
        keyring(kde, tmp_path).set("test-user", KEY)

        with pytest.raises(KeyElsewhereError, match="KWallet"):
            keyring(gnome, tmp_path).delete("test-user")

        assert keyring(kde, tmp_path).get("test-user") == KEY

    def test_is_used_where_it_was_given_again(self, tmp_path: Path, gnome: SecretService, kde: KWallet) -> None:
        keyring(gnome, tmp_path).set("test-user", KEY)

        keyring(kde, tmp_path).set("test-user", KEY)

        assert keyring(kde, tmp_path).get("test-user") == KEY
        assert keyring(gnome, tmp_path).get("test-user") == KEY

    def test_is_not_used_where_an_older_one_stayed(self, tmp_path: Path, gnome: SecretService, kde: KWallet) -> None:
        keyring(gnome, tmp_path).set("test-user", OTHER_KEY)
        keyring(kde, tmp_path).set("test-user", KEY)

        with pytest.raises(KeyElsewhereError, match=r"gnome-keyring .* has another"):
            keyring(gnome, tmp_path).get("test-user")

    def test_is_none_where_nothing_says_that_it_was_stored(self, gnome: SecretService, kde: KWallet) -> None:
        keyring(gnome, None).set("test-user", KEY)

        assert keyring(kde, None).get("test-user") is None


@needs_secret_service
class TestADefaultKeyringThatIsAnotherNow:
    @pytest.mark.parametrize("is_recorded", [True, False])
    def test_does_not_hide_the_key(self, tmp_path: Path, gnome: SecretService, is_recorded: bool) -> None:
        records = tmp_path if is_recorded else None
        keyring(gnome, records).set("test-user", KEY)

        make_another_default_keyring(gnome)

        assert keyring(gnome, records).get("test-user") == KEY

    def test_does_not_get_a_second_copy(self, tmp_path: Path, gnome: SecretService) -> None:
        keyring(gnome, tmp_path).set("test-user", KEY)
        make_another_default_keyring(gnome)

        keyring(gnome, tmp_path).set("test-user", OTHER_KEY)
        deleted = [keyring(gnome, tmp_path).delete("test-user") for _ in range(2)]

        assert deleted == [True, False]

    def test_that_was_taken_away_does_not_hide_the_key(self, tmp_path: Path, gnome: SecretService) -> None:
        keyring(gnome, tmp_path).set("test-user", KEY)

        set_default_keyring(gnome, "/")

        assert keyring(gnome, tmp_path).get("test-user") == KEY


@needs_secret_service
def test_a_locked_keyring_at_the_desktop_is_one_that_would_ask(tmp_path: Path, gnome: SecretService) -> None:
    keyring(gnome, tmp_path).set("test-user", KEY)
    gnome.lock()

    with pytest.raises(KeyringPromptNeededError, match="is locked, and no dialog may open here"):
        keyring(gnome, tmp_path, interactive=False).get("test-user")
