"""A JSON Web Encryption under a passphrase, as aws-vault's encrypted files are: PBES2-HS256+A128KW and A256GCM.

Only read, never written: RFC 7516 says how it is put together, RFC 7518 (sections 4.8 and
5.3) what the two names mean.
"""

import base64
import json
from dataclasses import dataclass

from mfa_session.errors import PassphraseError, StoreError

_ALGORITHM = "PBES2-HS256+A128KW"
_ENCRYPTION = "A256GCM"

# aws-vault writes 8,192; its library reads up to a million, which takes a second.
_MOST_ITERATIONS = 1_000_000

_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class SealedToken:
    """The five parts of a token, and how many rounds make a key of the passphrase."""

    header: str
    salt: bytes
    iterations: int
    sealed_key: bytes
    nonce: bytes
    ciphertext: bytes

    def open(self, passphrase: str) -> bytes:
        """Return what is in it.

        Raises:
            PassphraseError: the passphrase is another one.
        """
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


def read(token: bytes) -> SealedToken:
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
        sealed = SealedToken(
            header=header,
            salt=_bytes(fields["p2s"]),
            iterations=iterations,
            sealed_key=_bytes(sealed_key),
            nonce=_bytes(nonce),
            ciphertext=_bytes(ciphertext) + _bytes(tag),
        )
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        sealed = None
    if sealed is None or not 1 <= sealed.iterations <= _MOST_ITERATIONS or len(sealed.nonce) != _NONCE_BYTES:
        raise StoreError(
            "the file of aws-vault is damaged, or is not one that it wrote",
            hint="look whether aws-vault can read it: aws-vault list",
        )
    return sealed


def _bytes(text: str) -> bytes:
    # Without padding, as RFC 7515 wants it.
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
