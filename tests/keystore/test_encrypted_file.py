"""The encrypted file, on a real disk, with the real cipher."""

import base64
import hashlib
import json
import stat
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mfa_session.errors import PassphraseError, PromptCancelledError, StoreError
from mfa_session.keystore import encryption
from mfa_session.keystore.encrypted_file import EncryptedFile
from mfa_session.keystore.encryption import KDFParameters
from mfa_session.keystore.stores import KeyStore
from tests.keystore.key_store_contract import KEY, OTHER_KEY, KeyStoreContract

PASSPHRASE = "correct horse battery staple"

# What a passphrase costs is tested once; everywhere else it costs as little as Argon2id allows.
CHEAP = KDFParameters(b"sixteen bytes sa", iterations=1, memory_kib=32, lanes=1)

Header = dict[str, Any]


class Person:
    """Somebody who knows *passphrase*, and how often they were asked for it."""

    def __init__(self, passphrase: str = PASSPHRASE) -> None:
        self._known = passphrase
        self.asked: list[str] = []

    def passphrase(self, *, new: bool) -> str:
        self.asked.append("new" if new else "old")
        return self._known

    def try_again(self, tries: int) -> bool:
        return False


class NoUser:
    """Nobody, who must not be asked."""

    def passphrase(self, *, new: bool) -> str:
        raise AssertionError("a passphrase was asked for")

    def try_again(self, tries: int) -> bool:
        raise AssertionError("no passphrase was typed")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of a file that has no keys yet, and opens quickly."""
    path = tmp_path / "keys.json"
    write(path, encryption.seal("{}", CHEAP.key(PASSPHRASE)))
    return path


def write(path: Path, data: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(data)


def forge(path: Path, change: Callable[[Header], None]) -> None:
    """Change the header of the file as somebody does who knows how the sum is made."""
    document = json.loads(path.read_bytes())
    del document["sha256"]
    change(document["header"])
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
    write(path, json.dumps({**document, "sha256": hashlib.sha256(canonical).hexdigest()}).encode())


class TestTheEncryptedFile(KeyStoreContract):
    @pytest.fixture
    def store(self, path: Path) -> KeyStore:
        return EncryptedFile(path, Person())

    @pytest.fixture
    def reopened(self, path: Path) -> KeyStore:
        return EncryptedFile(path, Person())


class TestTheFirstKey:
    def test_makes_the_file_for_its_owner_only(self, tmp_path: Path) -> None:
        path = tmp_path / "mfa-session" / "keys.json"

        EncryptedFile(path, Person()).set("test-user", KEY)

        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700

    def test_asks_for_a_new_passphrase_once(self, tmp_path: Path) -> None:
        person = Person()
        store = EncryptedFile(tmp_path / "keys.json", person)

        store.set("test-user", KEY)
        store.set("other", OTHER_KEY)

        assert person.asked == ["new"]

    def test_is_stored_under_a_passphrase_that_costs_64_mib_and_three_rounds(self, tmp_path: Path) -> None:
        path = tmp_path / "keys.json"

        EncryptedFile(path, Person()).set("test-user", KEY)

        kdf = json.loads(path.read_bytes())["header"]["kdf"]
        cost = {"name": "argon2id", "iterations": 3, "memory_kib": 65536, "lanes": 4}
        assert kdf == {**cost, "salt": kdf["salt"]}
        assert len(base64.b64decode(kdf["salt"])) == 16

    def test_is_not_stored_when_no_passphrase_is_given(self, tmp_path: Path) -> None:
        path = tmp_path / "keys.json"

        with pytest.raises(PassphraseError, match="empty"):
            EncryptedFile(path, Person("")).set("test-user", KEY)

        assert not path.exists()


class TestAPassphrase:
    def test_is_not_asked_for_while_there_is_no_file(self, tmp_path: Path) -> None:
        store = EncryptedFile(tmp_path / "keys.json", NoUser())

        store.check()
        store.unlock()
        store.delete("test-user")

        assert store.get("test-user") is None

    def test_is_not_asked_for_to_check_the_file(self, path: Path) -> None:
        EncryptedFile(path, NoUser()).check()

    def test_is_asked_for_once_however_much_is_done_with_the_file(self, path: Path) -> None:
        person = Person()
        store = EncryptedFile(path, person)

        store.unlock()
        store.set("test-user", KEY)
        store.get("test-user")
        store.delete("test-user")

        assert person.asked == ["old"]

    def test_is_asked_for_once_when_a_thread_unlocks_the_file_beside_us(self, path: Path) -> None:
        EncryptedFile(path, Person()).set("test-user", KEY)
        person = Person()
        store = EncryptedFile(path, person)
        threads = [threading.Thread(target=store.unlock) for _ in range(4)]

        for thread in threads:
            thread.start()
        key = store.get("test-user")

        for thread in threads:
            thread.join()
        assert key == KEY
        assert person.asked == ["old"]

    def test_is_asked_for_again_when_it_was_wrong(self, path: Path) -> None:
        person = Person("wrong")
        store = EncryptedFile(path, person)

        for _ in range(2):
            with pytest.raises(PassphraseError, match="wrong passphrase, or the file is damaged"):
                store.get("test-user")

        assert person.asked == ["old", "old"]

    def test_that_is_wrong_changes_nothing(self, path: Path) -> None:
        before = path.read_bytes()
        store = EncryptedFile(path, Person("wrong"))

        with pytest.raises(PassphraseError):
            store.set("test-user", KEY)

        assert path.read_bytes() == before

    def test_opens_the_file_however_its_accents_were_composed(self, path: Path) -> None:
        write(path, encryption.seal("{}", CHEAP.key("caf\N{LATIN SMALL LETTER E WITH ACUTE}")))

        EncryptedFile(path, Person("cafe\N{COMBINING ACUTE ACCENT}")).set("test-user", KEY)

        assert EncryptedFile(path, Person("caf\N{LATIN SMALL LETTER E WITH ACUTE}")).get("test-user") == KEY

    def test_may_hold_bytes_that_are_no_text(self, path: Path) -> None:
        raw = b"caf\xe9".decode("utf-8", "surrogateescape")

        with pytest.raises(PassphraseError):
            EncryptedFile(path, Person(raw)).get("test-user")

    def test_that_a_person_refuses_to_give_is_no_passphrase(self, path: Path) -> None:
        class Refusing:
            def passphrase(self, *, new: bool) -> str:
                raise PromptCancelledError("no passphrase was given", hint="run this again")

            def try_again(self, tries: int) -> bool:
                return False

        with pytest.raises(PromptCancelledError):
            EncryptedFile(path, Refusing()).get("test-user")


class TestTheFileOnTheDisk:
    def test_shows_neither_a_secret_nor_the_name_of_a_profile(self, path: Path) -> None:
        EncryptedFile(path, Person()).set("test-user", KEY)

        on_disk = path.read_bytes()
        document = json.loads(on_disk)
        raw = b"".join(base64.b64decode(document[part]) for part in ("nonce", "ciphertext"))
        for secret in (KEY.secret_access_key, KEY.access_key_id, "test-user", PASSPHRASE):
            assert secret.encode() not in on_disk + raw

    def test_is_another_at_each_writing(self, path: Path) -> None:
        store = EncryptedFile(path, Person())

        store.set("test-user", KEY)
        first = json.loads(path.read_bytes())
        store.set("test-user", KEY)
        second = json.loads(path.read_bytes())

        assert first["nonce"] != second["nonce"]
        assert first["ciphertext"] != second["ciphertext"]

    def test_goes_with_its_last_key(self, path: Path) -> None:
        store = EncryptedFile(path, Person())
        store.set("test-user", KEY)

        store.delete("test-user")

        assert not path.exists()

    def test_loses_nothing_when_many_write_at_once(self, path: Path) -> None:
        def write_some(writer: int) -> None:
            for number in range(3):
                EncryptedFile(path, Person()).set(f"{writer}-{number}", KEY)

        threads = [threading.Thread(target=write_some, args=(writer,)) for writer in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        store = EncryptedFile(path, Person())
        assert all(store.get(f"{writer}-{number}") == KEY for writer in range(4) for number in range(3))

    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
    def test_is_refused_when_others_can_open_it(self, path: Path, mode: int) -> None:
        path.chmod(mode)

        with pytest.raises(StoreError, match="by other users") as caught:
            EncryptedFile(path, NoUser()).check()

        assert f"chmod 600 {path}" in caught.value.hint

    def test_is_refused_when_it_is_a_link_to_somewhere_else(self, path: Path) -> None:
        path.rename(path.with_name("elsewhere"))
        path.symlink_to(path.with_name("elsewhere"))

        with pytest.raises(StoreError):
            EncryptedFile(path, NoUser()).check()

    def test_is_named_as_its_owner_would_name_it(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOME", str(path.parent))

        assert EncryptedFile(path, NoUser()).description == "the encrypted file ~/keys.json"


class TestAFileThatWasTamperedWith:
    """Nobody is asked for a passphrase that could not open it."""

    @pytest.mark.parametrize("length", [0, 1, 100, -2])
    def test_is_refused_when_it_is_cut_short(self, path: Path, length: int) -> None:
        write(path, path.read_bytes().rstrip()[:length])

        with pytest.raises(StoreError, match="cut short"):
            EncryptedFile(path, NoUser()).get("test-user")

    @pytest.mark.parametrize("text", ["[]", "{}", '{"header": {"format": "another"}}', "[" * 100_000])
    def test_is_refused_when_it_is_something_else(self, path: Path, text: str) -> None:
        write(path, text.encode())

        with pytest.raises(StoreError, match=r"something else|not one that mfa-session wrote"):
            EncryptedFile(path, NoUser()).get("test-user")

    def test_is_not_taken_for_damaged_when_a_later_version_wrote_it(self, path: Path) -> None:
        forge(path, lambda header: header.update(version=2))

        with pytest.raises(StoreError, match="later version") as caught:
            EncryptedFile(path, NoUser()).get("test-user")

        assert "upgrade" in caught.value.hint

    def test_is_refused_when_it_has_a_field_that_we_do_not_write(self, path: Path) -> None:
        document = {**json.loads(path.read_bytes()), "note": "x"}
        del document["sha256"]
        canonical = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
        write(path, json.dumps({**document, "sha256": hashlib.sha256(canonical).hexdigest()}).encode())

        with pytest.raises(StoreError, match="has a field that mfa-session does not write"):
            EncryptedFile(path, NoUser()).get("test-user")

    @pytest.mark.parametrize("part", ["nonce", "ciphertext"])
    def test_is_refused_when_a_byte_is_not_what_it_was(self, path: Path, part: str) -> None:
        document = json.loads(path.read_bytes())
        flipped = bytearray(base64.b64decode(document[part]))
        flipped[0] ^= 1
        write(path, json.dumps({**document, part: base64.b64encode(flipped).decode()}).encode())

        with pytest.raises(StoreError, match="damaged"):
            EncryptedFile(path, NoUser()).get("test-user")

    def test_is_refused_when_its_header_was_edited(self, path: Path) -> None:
        write(path, path.read_bytes().replace(b'"iterations": 1', b'"iterations": 2'))

        with pytest.raises(StoreError, match="damaged"):
            EncryptedFile(path, NoUser()).get("test-user")

    @pytest.mark.parametrize(
        "kdf",
        [
            {"iterations": 13},
            {"memory_kib": 4 * 65536 + 1},
            {"lanes": 17},
            {"iterations": 0},
            {"iterations": True},
            {"iterations": "3"},
            {"memory_kib": 7},
            {"name": "plain"},
            {"salt": "c2hvcnQ="},
            {"salt": "no base64!"},
        ],
        ids=str,
    )
    def test_cannot_make_us_derive_with_what_we_never_write(self, path: Path, kdf: dict[str, object]) -> None:
        forge(path, lambda header: header["kdf"].update(kdf))

        with pytest.raises(StoreError, match="does not write"):
            EncryptedFile(path, NoUser()).get("test-user")

    def test_may_ask_for_as_much_work_as_we_bear(self, path: Path) -> None:
        forge(path, lambda header: header["kdf"].update(iterations=12, memory_kib=4 * 65536, lanes=16))

        EncryptedFile(path, NoUser()).check()

    @pytest.mark.parametrize("change", [{"salt": base64.b64encode(bytes(16)).decode()}, {"comment": "mine"}], ids=str)
    def test_does_not_open_when_its_header_was_forged(self, path: Path, change: dict[str, str]) -> None:
        forge(path, lambda header: header["kdf"].update(change))

        with pytest.raises(PassphraseError, match="wrong passphrase, or the file is damaged") as caught:
            EncryptedFile(path, Person()).get("test-user")

        assert "restore the file from a backup" in caught.value.hint

    def test_says_no_secret_when_what_it_holds_is_no_key(self, path: Path) -> None:
        items = {"test-user": KEY.secret_access_key}
        write(path, encryption.seal(json.dumps(items), CHEAP.key(PASSPHRASE)))

        with pytest.raises(StoreError, match="not an access key") as caught:
            EncryptedFile(path, Person()).get("test-user")

        assert KEY.secret_access_key not in "".join(traceback.format_exception(caught.value))
