"""What every store of access keys does: the suite that each of them inherits, the fake one too."""

from datetime import UTC, datetime

from mfa_session.keystore.stores import KeyStore
from mfa_session.model.credentials import AccessKey

KEY = AccessKey(
    "AKIAIOSFODNN7EXAMPLE",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    account_id="123456789012",
    create_date=datetime(2026, 1, 31, 12, 0, tzinfo=UTC),
)
OTHER_KEY = AccessKey("AKIAI44QH8DHBEXAMPLE", "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY")
MAX_KEY = AccessKey("AKIA" + "X" * 124, "/" * 128, account_id="123456789012", create_date=KEY.create_date)


class KeyStoreContract:
    """The fixture ``store`` is an empty store, ``reopened`` the same one as the next process opens it."""

    def test_a_key_comes_back_as_it_was_stored(self, store: KeyStore) -> None:
        store.set("test-user", KEY)

        assert store.get("test-user") == KEY

    def test_a_key_of_which_only_two_parts_are_known_comes_back_so(self, store: KeyStore) -> None:
        store.set("test-user", OTHER_KEY)

        assert store.get("test-user") == OTHER_KEY

    def test_the_longest_key_there_can_be_comes_back(self, store: KeyStore) -> None:
        store.set("test-user", MAX_KEY)

        assert store.get("test-user") == MAX_KEY

    def test_a_profile_has_no_key_until_one_is_stored(self, store: KeyStore) -> None:
        store.set("test-user", KEY)

        assert store.get("test") is None

    def test_the_next_process_finds_the_key(self, store: KeyStore, reopened: KeyStore) -> None:
        store.set("test-user", KEY)

        assert reopened.get("test-user") == KEY

    def test_a_key_takes_the_place_of_the_one_before(self, store: KeyStore) -> None:
        store.set("test-user", KEY)
        store.set("test-user", OTHER_KEY)

        assert store.get("test-user") == OTHER_KEY

    def test_a_key_that_was_replaced_does_not_come_back_when_the_new_one_is_deleted(self, store: KeyStore) -> None:
        store.set("test-user", KEY)
        store.set("test-user", OTHER_KEY)
        store.delete("test-user")

        assert store.get("test-user") is None

    def test_profiles_do_not_share_a_key(self, store: KeyStore) -> None:
        store.set("test-user", KEY)
        store.set("team/dev@example.com", OTHER_KEY)

        store.delete("test-user")

        assert store.get("test-user") is None
        assert store.get("team/dev@example.com") == OTHER_KEY

    def test_deleting_a_key_that_is_not_there_is_no_error(self, store: KeyStore) -> None:
        store.delete("test-user")

        assert store.get("test-user") is None

    def test_a_store_that_works_passes_its_check_and_keeps_its_keys(self, store: KeyStore) -> None:
        store.set("test-user", KEY)

        store.check()

        assert store.get("test-user") == KEY

    def test_it_says_what_it_is_and_no_secret(self, store: KeyStore) -> None:
        store.set("test-user", KEY)

        assert store.name in ("keyring", "file")
        assert store.description.startswith("the ")
        assert KEY.secret_access_key not in f"{store!r} {vars(store)!r}"
