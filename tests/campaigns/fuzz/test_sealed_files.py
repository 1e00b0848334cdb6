"""Encrypted files and the items of aws-vault: whatever stands in one, it is what was sealed, or is refused."""

import base64
import hashlib
import json
from typing import Any

import pytest
from hypothesis import strategies as st

from mfa_session.importers import aws_vault_file
from mfa_session.importers.aws_vault import is_session, key_of
from mfa_session.keystore import encryption
from mfa_session.keystore.encryption import KDFParameters, Key
from mfa_session.model.credentials import AccessKey
from tests.aws_vault import sealed
from tests.campaigns.fuzz.fuzzing import fuzzed
from tests.campaigns.fuzz.json_texts import anything, deep, objects
from tests.campaigns.fuzz.texts import any_bytes, any_text, like

PASSPHRASE = "correct horse"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

# Deriving a key takes a quarter of a second, by design: one for all, and none for what is made up.
KEY = Key(KDFParameters(b"0123456789abcdef", 1, 8, 1), b"k" * 32)
base64s = st.one_of(
    st.binary(max_size=40).map(lambda data: base64.b64encode(data).decode()),
    st.sampled_from([12, 16]).flatmap(lambda size: st.binary(min_size=size, max_size=size)).map(
        lambda data: base64.b64encode(data).decode()
    ),
    any_text,
)  # fmt: skip
places = st.integers(0, 10_000)
sizes = st.one_of(st.integers(-1, 20), st.sampled_from([2**63, 65536, 3, True]), anything)


def with_sum(document: dict[str, Any]) -> bytes:
    """Return *document* with the sum that fits it, so that reading does not end there."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return json.dumps({**document, "sha256": hashlib.sha256(text.encode()).hexdigest()}).encode()


documents = st.fixed_dictionaries(
    {
        "header": st.one_of(
            st.fixed_dictionaries(
                {
                    "format": st.sampled_from(["mfa-session keys", "other"]),
                    "version": st.sampled_from([1, 1, 2, "1"]),
                },
                optional={
                    "kdf": st.one_of(
                        st.fixed_dictionaries(
                            {"name": like("argon2id"), "salt": base64s},
                            optional={"iterations": sizes, "memory_kib": sizes, "lanes": sizes},
                        ),
                        anything,
                    )
                },
            ),
            anything,
        )
    },
    optional={"nonce": st.one_of(base64s, anything), "ciphertext": st.one_of(base64s, anything)},
)


@fuzzed(
    "encrypted files",
    quick=300,
    full=20_000,
    content=st.one_of(documents.map(with_sum), documents.map(json.dumps).map(str.encode), deep, any_bytes),
)
def test_an_encrypted_file_that_was_made_up_does_not_open(content: bytes) -> None:
    document = encryption.read(content)

    assert 1 <= document.derivation.iterations <= 12
    assert 8 <= document.derivation.memory_kib <= 4 * 65536
    document.open(KEY)
    raise AssertionError("it opened")


@fuzzed("encrypted files that are written", quick=100, full=10_000, text=st.text(), at=places, by=st.integers(1, 255))
def test_a_sealed_text_opens_whole_and_with_one_byte_changed_not_at_all(text: str, at: int, by: int) -> None:
    text = text.encode("utf-8", "replace").decode()
    content = encryption.seal(text, KEY)
    changed = bytearray(content)
    changed[at % len(content)] ^= by

    assert encryption.read(content).open(KEY) == text
    try:
        document = json.loads(bytes(changed))
    except ValueError:
        document = None
    # A blank between two fields may become another blank.
    if document == json.loads(content):
        return
    encryption.read(bytes(changed)).open(KEY)
    raise AssertionError("it opened")


def unpadded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@st.composite
def tokens(draw: st.DrawFn) -> bytes:
    fields = draw(
        objects(
            alg=like("PBES2-HS256+A128KW"),
            enc=like("A256GCM"),
            p2c=st.one_of(st.integers(1, 3), st.sampled_from([-1, 0, 10**6 + 1, 2**64])),
            p2s=st.binary(max_size=20).map(unpadded),
        )
    )
    sizes = st.sampled_from([0, 8, 12, 16, 24, 40])
    parts = [unpadded(draw(st.binary(min_size=size, max_size=size))) for size in draw(st.tuples(*[sizes] * 4))]
    if draw(st.integers(0, 4)) == 0:
        parts[draw(st.integers(0, 3))] = draw(any_text)
    return ".".join([unpadded(fields), *parts]).encode("utf-8", "surrogatepass")


@pytest.fixture(scope="module")
def token() -> bytes:
    return sealed(b"what aws-vault wrote", PASSPHRASE).encode()


@fuzzed("tokens of aws-vault", quick=200, full=20_000, content=st.one_of(tokens(), tokens(), any_bytes, deep))
def test_a_token_that_was_made_up_does_not_open(content: bytes) -> None:
    aws_vault_file.read(content).open(PASSPHRASE)
    raise AssertionError("it opened")


@fuzzed("tokens of aws-vault, changed", quick=60, full=5000, at=places, by=st.integers(1, 127))
def test_a_token_with_one_character_changed_does_not_say_anything_else(token: bytes, at: int, by: int) -> None:
    changed = bytearray(token)
    changed[at % len(token)] ^= by

    # The last characters of base64 have bits that mean nothing.
    assert aws_vault_file.read(bytes(changed)).open(PASSPHRASE) == b"what aws-vault wrote"


@fuzzed(
    "items of aws-vault",
    quick=300,
    full=20_000,
    item=objects(
        Data=st.one_of(
            objects(
                AccessKeyID=like("AKIAIOSFODNN7EXAMPLE"),
                SecretAccessKey=like(SECRET),
                SessionToken=st.sampled_from(["", "", "token"]),
            ).map(lambda fields: base64.b64encode(fields).decode()),
            base64s,
        )
    ),
)
def test_an_item_of_aws_vault_is_a_key_or_is_refused_without_a_quotation(item: bytes) -> None:
    key = key_of(item, place="aws-vault")

    assert isinstance(key, AccessKey)


@fuzzed("names of aws-vault", quick=100, full=10_000, name=any_text)
def test_a_name_of_aws_vault_is_that_of_a_session_or_not(name: str) -> None:
    assert is_session(name) in (True, False)
    assert is_session(f"session:{name}")
