"""The encrypted file: keys of a machine without an OS keyring, with one passphrase."""

import json
import os
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from mfa_session.errors import PassphraseError, StateError, StoreError, hint_command
from mfa_session.filesystem.locks import locked
from mfa_session.filesystem.os_errors import explain_os_error
from mfa_session.filesystem.private_files import read_private, write_private
from mfa_session.keystore.stores import item_of, key_of
from mfa_session.model.credentials import AccessKey
from mfa_session.text import escape_control

# Imported on use: cryptography takes 60 ms, and most users have a keyring.
if TYPE_CHECKING:
    from mfa_session.keystore.encryption import EncryptedText, Key


class PassphraseSource(Protocol):
    """Where the passphrase comes from."""

    def passphrase(self, *, new: bool) -> str:
        """Return the passphrase; a *new* one, for a new file, is typed twice.

        Raises:
            PersonNeededError: the user cannot be asked, or did not answer in time.
            PassphraseError: the variable or file that should have it does not.
            PromptCancelledError: the user gave none.
        """

    def try_again(self, tries: int) -> bool:
        """Tell whether the user can type another passphrase after *tries* wrong ones, and say so."""


class EncryptedFile:
    """The file *path*, mode 0600, which holds all keys and the names of their profiles in one ciphertext.

    Every call raises a ``StoreError`` if it cannot do its work, and what *passphrase* raises. The
    passphrase is asked for when first needed, once. The first key creates the file.
    """

    name = "file"

    def __init__(self, path: Path, passphrase: PassphraseSource) -> None:
        self._path = path
        self._passphrase = passphrase
        self._key: Key | None = None
        self._one_asks = threading.RLock()

    @property
    def description(self) -> str:
        """What users call the file."""
        home = Path("~").expanduser()
        place = Path("~") / self._path.relative_to(home) if self._path.is_relative_to(home) else self._path
        return f"the encrypted file {escape_control(str(place))}"

    def unlock(self) -> None:
        """Ask for the passphrase and derive the key of the file, if there is one.

        It may run on another thread: a :meth:`get` meanwhile waits for it, and asks again if it failed.
        """
        self._items()

    def get(self, profile: str) -> AccessKey | None:
        """Return the key of *profile*, ``None`` where the file has none."""
        item = self._items().get(profile)
        return None if item is None else key_of(item, profile, place=self.description)

    def set(self, profile: str, key: AccessKey) -> None:
        """Store *key* in place of the one that *profile* had, and read it back."""
        # Before the lock: the user may take longer than other processes wait for it.
        if document := self._document():
            self._opened(document)
        else:
            self._key_of(None)
        item = item_of(key)
        with self._held():
            document = self._document()
            items = self._opened(document) if document else {}
            self._write({**items, profile: item}, key=self._key_of(document))
            if self._items().get(profile) != item:
                raise StoreError(
                    f"{self.description} does not give back what was stored in it",
                    hint="check the disk and the file system that it is on",
                )

    def delete(self, profile: str) -> bool:
        """Delete the key of *profile*, and the file with its last key; return whether there was one."""
        if profile not in self._items():
            return False
        with self._held():
            document = self._document()
            items = self._opened(document) if document else {}
            items.pop(profile, None)
            if document and items:
                self._write(items, key=self._key_of(document))
            else:
                self._path.unlink(missing_ok=True)
        return True

    def leftovers(self) -> None:
        """Return ``None``: nothing is kept of a key that was deleted."""

    def check(self, *, consent: Callable[[str], bool] = lambda _: False) -> None:
        """Check that the file can be used or is missing, without the passphrase."""
        self._document()

    def _document(self) -> "EncryptedText | None":
        try:
            self._refuse_what_others_can_open()
            data = read_private(self._path)
        except StateError as error:
            raise StoreError(str(error), hint=error.hint) from error
        if data is None:
            return None
        from mfa_session.keystore.encryption import read

        return read(data)

    def _items(self) -> dict[str, str]:
        document = self._document()
        return {} if document is None else self._opened(document)

    def _opened(self, document: "EncryptedText") -> dict[str, str]:
        tries = 0
        with self._one_asks:
            while True:
                try:
                    items: dict[str, str] = json.loads(document.open(self._key_of(document)))
                except PassphraseError:
                    self._key = None
                    tries += 1
                    if not self._passphrase.try_again(tries):
                        raise
                else:
                    return items

    def _key_of(self, document: "EncryptedText | None") -> "Key":
        """Return the key of *document*, or that of a new one."""
        with self._one_asks:
            if self._key is None or (document and document.derivation != self._key.derivation):
                from mfa_session.keystore.encryption import new_kdf_parameters

                derivation = document.derivation if document else new_kdf_parameters()
                self._key = derivation.key(self._asked(new=document is None))
            return self._key

    def _asked(self, *, new: bool) -> str:
        passphrase = self._passphrase.passphrase(new=new)
        if not passphrase:
            raise PassphraseError("the passphrase is empty", hint="give one of several words: it protects your keys")
        return passphrase

    def _write(self, items: dict[str, str], *, key: "Key") -> None:
        from mfa_session.keystore.encryption import seal

        write_private(self._path, seal(json.dumps(items), key))

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Hold the lock of the file, from reading it to writing it."""
        try:
            with locked(self._path.with_name(f".{self._path.name}.lock")):
                yield
        except StateError as error:
            raise StoreError(str(error), hint=error.hint) from error
        except OSError as error:
            problem, hint = explain_os_error(error, self._path)
            raise StoreError(f"{self.description} cannot be changed: {problem}", hint=hint) from error

    def _refuse_what_others_can_open(self) -> None:
        if os.name == "nt":
            return
        try:
            status = self._path.lstat()
        except OSError:
            return  # reading it says why
        mode = stat.S_IMODE(status.st_mode)
        if stat.S_ISREG(status.st_mode) and mode & 0o077:
            raise StoreError(
                f"{self.description} can be opened by other users: its mode is {mode:04o}",
                hint=f"run: chmod 600 {escape_control(str(self._path))}; "
                f"if others had a copy, also: {hint_command('keys rotate')}",
            )
