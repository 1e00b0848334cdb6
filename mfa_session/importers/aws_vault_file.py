"""The encrypted files of aws-vault: one file (a JWE) a profile, all under one passphrase."""

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from mfa_session.errors import PassphraseError, StateError, StoreError
from mfa_session.filesystem.paths import home
from mfa_session.filesystem.private_files import read_private
from mfa_session.importers import aws_vault_file
from mfa_session.importers.aws_vault import is_session
from mfa_session.text import escape_control


class AWSVaultFiles:
    """The files in the folder that *environ* names; *ask* prompts for the passphrase, once, unless *environ* has it."""

    def __init__(self, environ: Mapping[str, str], ask: Callable[[str], str]) -> None:
        named = environ.get("AWS_VAULT_FILE_DIR") or "~/.awsvault/keys/"
        self._folder = home(environ) / named[2:] if named.startswith("~/") else Path(named)
        self._given = environ.get("AWS_VAULT_FILE_PASSPHRASE")
        self._ask = ask

    @property
    def description(self) -> str:
        """Which folder it is."""
        return f"aws-vault's files in {escape_control(str(self._folder))}"

    def profiles(self) -> Iterator[str]:
        """Yield each profile with a key; no file is opened."""
        if self._folder.is_dir():
            for file in sorted(self._folder.iterdir()):
                name = unquote(file.name)
                if file.is_file() and not name.startswith(".") and not is_session(name):
                    yield name

    def has(self, profile: str) -> bool:
        """Tell whether there is a key of *profile*."""
        return profile in self.profiles()

    def item(self, profile: str) -> bytes:
        """Return what aws-vault has written about *profile*."""
        file = next(file for file in self._folder.iterdir() if unquote(file.name) == profile)
        try:
            content = read_private(file)
        except StateError as error:
            raise StoreError(str(error), hint=error.hint) from error
        token = aws_vault_file.read(content or b"")
        if self._given is None:
            self._given = self._ask(f"Passphrase of {self.description}:")
        return token.open(self._given)


_ALGORITHM = "PBES2-HS256+A128KW"
_ENCRYPTION = "A256GCM"

# aws-vault writes 8,192; its library reads up to a million, which takes a second.
_MAX_ITERATIONS = 1_000_000

_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class EncryptedToken:
    """The five parts of a token, and how many rounds make a key of the passphrase."""

    header: str
    salt: bytes
    iterations: int
    sealed_key: bytes
    nonce: bytes
    ciphertext: bytes

    def open(self, passphrase: str) -> bytes:
        """Return what is in it."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
        from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap

        salt = _ALGORITHM.encode() + b"\0" + self.salt
        derivation = PBKDF2HMAC(SHA256(), length=16, salt=salt, iterations=self.iterations)
        try:
            key = aes_key_unwrap(derivation.derive(passphrase.encode("utf-8", "surrogateescape")), self.sealed_key)
            return AESGCM(key).decrypt(self.nonce, self.ciphertext, self.header.encode("ascii"))
        except (InvalidUnwrap, InvalidTag, ValueError):
            raise PassphraseError(
                "this passphrase does not open the file of aws-vault",
                hint="it is the one that aws-vault asks for; or set AWS_VAULT_FILE_PASSPHRASE",
            ) from None


def read(token: bytes) -> EncryptedToken:
    """Return the parts of *token*.

    Raises:
        StoreError: it is none, or one of another kind.
    """
    try:
        header, sealed_key, nonce, ciphertext, tag = token.decode("ascii").strip().split(".")
        fields = json.loads(_bytes(header))
        iterations = fields["p2c"]
        if (fields["alg"], fields["enc"]) != (_ALGORITHM, _ENCRYPTION) or type(iterations) is not int:
            raise ValueError
        sealed = EncryptedToken(
            header=header,
            salt=_bytes(fields["p2s"]),
            iterations=iterations,
            sealed_key=_bytes(sealed_key),
            nonce=_bytes(nonce),
            ciphertext=_bytes(ciphertext) + _bytes(tag),
        )
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        sealed = None
    if sealed is None or not 1 <= sealed.iterations <= _MAX_ITERATIONS or len(sealed.nonce) != _NONCE_BYTES:
        raise StoreError(
            "the file of aws-vault is damaged, or is not one that it wrote",
            hint="look whether aws-vault can read it: aws-vault list",
        )
    return sealed


def _bytes(text: str) -> bytes:
    # Without padding, as RFC 7515 wants it.
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
