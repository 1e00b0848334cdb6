"""The encrypted files of aws-vault: one an item, named after the profile, all under one passphrase."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote

from mfa_session.errors import StateError, StoreError
from mfa_session.filesystem.paths import home
from mfa_session.filesystem.private_files import read_private
from mfa_session.store import sealed_token
from mfa_session.store.aws_vault_item import is_session
from mfa_session.text import visible


class AWSVaultFiles:
    """The files in the folder that *environ* names; *ask* is asked for the passphrase, once, where it names none."""

    def __init__(self, environ: Mapping[str, str], ask: Callable[[str], str]) -> None:
        named = environ.get("AWS_VAULT_FILE_DIR") or "~/.awsvault/keys/"
        self._folder = home(environ) / named[2:] if named.startswith("~/") else Path(named)
        self._given = environ.get("AWS_VAULT_FILE_PASSPHRASE")
        self._ask = ask

    @property
    def description(self) -> str:
        """Which folder it is."""
        return f"aws-vault's files in {visible(str(self._folder))}"

    def profiles(self) -> Iterator[str]:
        """Yield every profile that has a key here; nothing is opened for that."""
        if self._folder.is_dir():
            for file in sorted(self._folder.iterdir()):
                name = unquote(file.name)
                if file.is_file() and not name.startswith(".") and not is_session(name):
                    yield name

    def has(self, profile: str) -> bool:
        """Tell whether there is a key of *profile*."""
        return profile in self.profiles()

    def item(self, profile: str) -> bytes:
        """Return what aws-vault has written about *profile*.

        Raises:
            PassphraseError: the passphrase does not open it.
            StoreError: it cannot be read.
            PersonNeededError: nobody can be asked for the passphrase.
        """
        file = next(file for file in self._folder.iterdir() if unquote(file.name) == profile)
        try:
            content = read_private(file)
        except StateError as error:
            raise StoreError(str(error), hint=error.hint) from error
        token = sealed_token.read(content or b"")
        if self._given is None:
            self._given = self._ask(f"Passphrase of {self.description}:")
        return token.open(self._given)
