"""The long-term access keys of all profiles: where each is looked for, and where a new one goes."""

import pytest

from mfa_session.errors import (
    KeyringUnavailableError,
    PersonNeededError,
    PromptCancelledError,
    StoreError,
    UsageError,
)
from mfa_session.keystore.stores import AccessKeys, KeyStore
from tests.fakes import InMemoryKeys
from tests.keystore.key_store_contract import KEY, OTHER_KEY, KeyStoreContract

NO_KEYRING = KeyringUnavailableError("there is no keyring", hint="use a file")
DAMAGED = StoreError("the encrypted file is damaged", hint="restore it")


class TestTheFakeStore(KeyStoreContract):
    @pytest.fixture
    def store(self) -> KeyStore:
        return InMemoryKeys()

    @pytest.fixture
    def reopened(self, store: KeyStore) -> KeyStore:
        return store


class Answers:
    """Somebody who answers *answer*, and remembers what the question was."""

    def __init__(self, answer: bool) -> None:
        self.answer = answer
        self.question = ""

    def __call__(self, question: str) -> bool:
        assert not self.question, "one question is enough"
        self.question = question
        return self.answer


def nobody(question: str) -> bool:
    raise PersonNeededError("there is no terminal", hint="run this in one")


def never_asked(question: str) -> bool:
    raise AssertionError(question)


def access_keys(keyring: InMemoryKeys | None = None, file: InMemoryKeys | None = None) -> AccessKeys:
    return AccessKeys({"keyring": keyring or InMemoryKeys(), "file": file or InMemoryKeys(name="file")})


def test_a_key_is_looked_for_in_the_store_that_is_remembered_and_in_no_other() -> None:
    keys = access_keys(InMemoryKeys({"a": KEY}), InMemoryKeys({"b": OTHER_KEY}, name="file"))

    assert keys.get("a", "keyring") == KEY
    assert keys.get("a", "file") is None
    assert keys.get("b", "file") == OTHER_KEY


def test_a_keyring_that_cannot_be_used_is_an_error_although_the_file_has_a_key() -> None:
    keys = access_keys(InMemoryKeys(refusal=NO_KEYRING), InMemoryKeys({"a": KEY}, name="file"))

    with pytest.raises(KeyringUnavailableError):
        keys.get("a", "keyring")


def test_a_store_that_does_not_exist_is_refused_with_the_names_of_those_that_do() -> None:
    with pytest.raises(UsageError) as caught:
        access_keys().choose("vault", consent=never_asked)

    assert "keyring, file" in caught.value.hint


def test_a_new_key_goes_into_the_keyring_where_that_works() -> None:
    assert access_keys().choose(None, consent=never_asked).name == "keyring"


def test_a_new_key_goes_into_the_file_when_the_keyring_does_not_work_and_somebody_agrees() -> None:
    somebody = Answers(True)

    chosen = access_keys(InMemoryKeys(refusal=NO_KEYRING)).choose(None, consent=somebody)

    assert chosen.name == "file"
    assert str(NO_KEYRING)[1:] in somebody.question.splitlines()[0]
    assert "in an encrypted file with a passphrase?" in somebody.question.splitlines()[1]


def test_no_to_the_encrypted_file_cancels_the_command() -> None:
    with pytest.raises(PromptCancelledError, match=r"^cancelled$"):
        access_keys(InMemoryKeys(refusal=NO_KEYRING)).choose(None, consent=Answers(False))


def test_without_a_terminal_the_error_is_the_one_of_the_keyring() -> None:
    with pytest.raises(KeyringUnavailableError) as caught:
        access_keys(InMemoryKeys(refusal=NO_KEYRING)).choose(None, consent=nobody)

    assert caught.value is NO_KEYRING


def test_a_keyring_whose_dialog_was_closed_is_not_replaced_by_a_file() -> None:
    closed = PromptCancelledError("the dialog was closed", hint="answer it")

    with pytest.raises(PromptCancelledError):
        access_keys(InMemoryKeys(refusal=closed)).choose(None, consent=never_asked)


def test_the_file_is_taken_without_a_question_when_it_is_asked_for() -> None:
    assert access_keys(InMemoryKeys(refusal=NO_KEYRING)).choose("file", consent=never_asked).name == "file"


def test_the_keyring_is_not_replaced_by_a_file_when_it_is_asked_for() -> None:
    with pytest.raises(KeyringUnavailableError):
        access_keys(InMemoryKeys(refusal=NO_KEYRING)).choose("keyring", consent=never_asked)


def test_a_file_that_cannot_be_used_is_said_before_a_key_is_typed() -> None:
    file = InMemoryKeys(name="file", refusal=DAMAGED)

    with pytest.raises(StoreError, match="damaged"):
        access_keys(InMemoryKeys(refusal=NO_KEYRING), file).choose(None, consent=Answers(True))
