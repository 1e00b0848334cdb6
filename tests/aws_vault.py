"""What aws-vault leaves on a machine: items of its keyring, and its encrypted files."""

import base64
import json
import os
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.keywrap import aes_key_wrap


def item(key_id: str, secret: str, *, name: str = "test-user", token: str = "") -> bytes:
    """Return what aws-vault gives to its keyring."""
    credentials = {
        "AccessKeyID": key_id,
        "SecretAccessKey": secret,
        "SessionToken": token,
        "Source": "",
        "CanExpire": False,
        "Expires": "0001-01-01T00:00:00Z",
    }
    data = base64.b64encode(json.dumps(credentials).encode()).decode()
    return json.dumps({"Key": name, "Data": data, "Label": f"aws-vault ({name})", "Description": ""}).encode()


def sealed(content: bytes, passphrase: str, **header: object) -> str:
    """Return *content* as its encrypted files hold it; *header* is what is to be other than usual."""
    salt = os.urandom(12)
    fields = {"alg": "PBES2-HS256+A128KW", "enc": "A256GCM", "p2c": 8192, "p2s": _text(salt), **header}
    derivation = PBKDF2HMAC(SHA256(), length=16, salt=b"PBES2-HS256+A128KW\0" + salt, iterations=8192)
    key, nonce = AESGCM.generate_key(256), os.urandom(12)
    head = _text(json.dumps(fields).encode())
    ciphertext = AESGCM(key).encrypt(nonce, content, head.encode())
    wrapped = aes_key_wrap(derivation.derive(passphrase.encode()), key)
    return ".".join((head, _text(wrapped), _text(nonce), _text(ciphertext[:-16]), _text(ciphertext[-16:])))


def write_item(home: Path, name: str, text: str) -> Path:
    """Write one of the encrypted files, and return where it is."""
    folder = home / ".awsvault" / "keys"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / name
    path.write_text(text)
    path.chmod(0o600)
    return path


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
