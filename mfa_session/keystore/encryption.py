"""Encrypt text with a passphrase: Argon2id, then ChaCha20-Poly1305.

A document is JSON::

    {"header": {"format": "mfa-session keys", "version": 1, "kdf": {"name": "argon2id",
        "iterations": 3, "memory_kib": 65536, "lanes": 4, "salt": "…"}},
     "nonce": "…", "ciphertext": "…", "sha256": "…"}

Bytes are in base64. The header is associated data. The sum tells damage from a wrong passphrase before
one is typed; only the cipher protects against changes.
"""

import base64
import hashlib
import json
import os
import unicodedata
from dataclasses import dataclass, field
from typing import Any

from mfa_session.errors import PassphraseError, StoreError, hint_command


def _restore_hint() -> str:
    return f"restore it from a backup; or remove it, and add the keys again: {hint_command('keys add')}"


_FORMAT = "mfa-session keys"
_VERSION = 1
_SALT_BYTES = 16
_NONCE_BYTES = 12
_KEY_BYTES = 32

# Four times what we write: room for a later version, too little for a forged header to exhaust memory or time.
_MAX = {"iterations": 12, "memory_kib": 4 * 65536, "lanes": 16}


@dataclass(frozen=True, slots=True)
class KDFParameters:
    """The parameters of Argon2id: by default the second recommendation of RFC 9106, section 4."""

    salt: bytes
    iterations: int = 3
    memory_kib: int = 65536
    lanes: int = 4

    def key(self, passphrase: str) -> "Key":
        """Derive the key; takes 270 ms and 64 MiB, and lets other threads run.

        Raises:
            StoreError: this Python's OpenSSL, or its cryptography, has no Argon2id.
        """
        from cryptography.exceptions import UnsupportedAlgorithm

        try:
            from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
        except ImportError:
            raise StoreError(
                "the encrypted file needs Argon2id, which this version of cryptography does not have",
                hint="install a newer one: pip install 'cryptography>=44'",
            ) from None
        try:
            argon2 = Argon2id(
                salt=self.salt,
                length=_KEY_BYTES,
                iterations=self.iterations,
                lanes=self.lanes,
                memory_cost=self.memory_kib,
            )
        except UnsupportedAlgorithm:
            raise StoreError(
                "the encrypted file needs Argon2id, which the OpenSSL of this Python does not have",
                hint="install cryptography from its wheel: pip install --only-binary :all: cryptography",
            ) from None
        # Keyboards and systems compose accents in different ways.
        composed = unicodedata.normalize("NFC", passphrase)
        return Key(self, argon2.derive(composed.encode("utf-8", "surrogateescape")))


@dataclass(frozen=True, slots=True)
class Key:
    """A derived key, with its parameters."""

    derivation: KDFParameters
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class EncryptedText:
    """A document that was read and not decrypted."""

    derivation: KDFParameters
    header: bytes
    nonce: bytes
    ciphertext: bytes

    def open(self, key: Key) -> str:
        """Decrypt the text; raise PassphraseError if the key is wrong."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

        try:
            return ChaCha20Poly1305(key.secret).decrypt(self.nonce, self.ciphertext, self.header).decode()
        except InvalidTag:
            raise PassphraseError(
                "cannot decrypt the encrypted file: wrong passphrase, or the file is damaged",
                hint="run it again; if the passphrase is right, restore the file from a backup",
            ) from None


def new_kdf_parameters() -> KDFParameters:
    """Return parameters with a new salt."""
    return KDFParameters(os.urandom(_SALT_BYTES))


def seal(text: str, key: Key) -> bytes:
    """Encrypt *text* to a document, with a new nonce."""
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    derivation = key.derivation
    kdf = {"name": "argon2id", **{name: getattr(derivation, name) for name in _MAX}, "salt": _base64(derivation.salt)}
    header = {"format": _FORMAT, "version": _VERSION, "kdf": kdf}
    nonce = os.urandom(_NONCE_BYTES)
    ciphertext = ChaCha20Poly1305(key.secret).encrypt(nonce, text.encode(), _canonical(header))
    document = {"header": header, "nonce": _base64(nonce), "ciphertext": _base64(ciphertext)}
    return json.dumps({**document, "sha256": _sum(document)}, indent=1).encode() + b"\n"


def read(data: bytes) -> EncryptedText:
    """Parse a document.

    Raises:
        StoreError: it is not a document, damaged, of a later version, or too expensive to open.
    """
    document = _json_object(data)
    header = document.get("header")
    if not isinstance(header, dict) or header.get("format") != _FORMAT:
        raise StoreError("the encrypted file is not one that mfa-session wrote", hint=_restore_hint())
    if header.get("version") != _VERSION:
        raise StoreError(
            "the encrypted file was written by a later version of mfa-session",
            hint="upgrade mfa-session: pip install --upgrade mfa-session",
        )
    if document.pop("sha256", None) != _sum(document):
        raise StoreError("the encrypted file is damaged, or was edited", hint=_restore_hint())
    if set(document) != {"header", "nonce", "ciphertext"}:
        raise StoreError("the encrypted file has a field that mfa-session does not write", hint=_restore_hint())
    try:
        return EncryptedText(
            derivation=_derivation(header["kdf"]),
            header=_canonical(header),
            nonce=_bytes(document["nonce"], length=_NONCE_BYTES),
            ciphertext=_bytes(document["ciphertext"]),
        )
    except (LookupError, TypeError, ValueError):
        raise StoreError(
            "the encrypted file has a header that mfa-session does not write: it was changed",
            hint=_restore_hint(),
        ) from None


def _derivation(kdf: dict[str, Any]) -> KDFParameters:
    numbers = {name: kdf[name] for name in _MAX}
    in_range = all(type(number) is int and 1 <= number <= _MAX[name] for name, number in numbers.items())
    # RFC 9106, section 3.1: no lane has less than 8 KiB.
    if kdf["name"] != "argon2id" or not in_range or numbers["memory_kib"] < 8 * numbers["lanes"]:
        raise ValueError
    return KDFParameters(_bytes(kdf["salt"], length=_SALT_BYTES), **numbers)


def _json_object(data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise StoreError("the encrypted file is cut short, or is something else", hint=_restore_hint())
    return value


def _canonical(value: dict[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _sum(document: dict[str, Any]) -> str:
    return hashlib.sha256(_canonical(document)).hexdigest()


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str, *, length: int | None = None) -> bytes:
    data = base64.b64decode(text, validate=True)
    if length not in (None, len(data)):
        raise ValueError
    return data
