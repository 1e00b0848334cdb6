"""A cryptography before version 44, which has no Argon2id, is told of as a store that cannot be used."""

import sys

import pytest

from mfa_session.errors import StoreError
from mfa_session.keystore.encryption import KDFParameters


def test_a_cryptography_without_argon2id_is_told_of_with_the_version_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.kdf.argon2", None)

    with pytest.raises(StoreError, match="this version of cryptography") as refused:
        KDFParameters(salt=b"s" * 16).key("passphrase")

    assert refused.value.hint == "install a newer one: pip install 'cryptography>=44'"
