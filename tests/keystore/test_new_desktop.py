"""A desktop that has no default keyring yet, and gets none without a question."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mfa_session.errors import KeyringUnavailableError, NoDefaultKeyringError
from mfa_session.keystore.keyring_store import OSKeyring
from tests.keystore.key_store_contract import KEY
from tests.keystore.test_keyring_store import keyring, keyring_at_the_desktop
from tests.secret_prompter import prompter
from tests.secret_service import PASSWORD, needs_secret_service, runnable_daemon, session_bus


@needs_secret_service
class TestASecretServiceThatIsStartedForTheFirstTime:
    """Its user has never logged in to a desktop, so that it has no keyring yet."""

    @pytest.fixture
    def address(self, tmp_path: Path) -> Iterator[str]:
        daemon = f"{runnable_daemon(tmp_path)} --start --foreground --components=secrets"
        with session_bus(activates=daemon) as address:
            yield address

    def test_cannot_be_used_where_nobody_can_give_its_keyring_a_password(self, address: str) -> None:
        with pytest.raises(KeyringUnavailableError, match="has no default keyring yet") as caught:
            keyring(address).check()

        assert "make one at the desktop" in caught.value.hint

    def test_makes_a_keyring_at_the_desktop_and_keeps_the_key_there(self, address: str) -> None:
        store = keyring_at_the_desktop(address)
        questions: list[str] = []

        def yes(question: str) -> bool:
            questions.append(question)
            return True

        with prompter(address, password=PASSWORD):
            store.check(consent=yes)
        store.set("test-user", KEY)

        assert store.get("test-user") == KEY
        assert questions == ["The desktop has no default keyring yet. Create one?"]

    @pytest.mark.parametrize(
        "call",
        [
            lambda store: store.get("test-user"),
            lambda store: store.set("test-user", KEY),
            lambda store: store.delete("test-user"),
            lambda store: store.check(),
            lambda store: store.check(consent=lambda _: False),
        ],
        ids=["get", "set", "delete", "check", "check, answered with no"],
    )
    def test_gets_no_keyring_without_a_question_of_ours(
        self, address: str, call: Callable[[OSKeyring], object]
    ) -> None:
        with prompter(address, password=PASSWORD) as dialogs, pytest.raises(NoDefaultKeyringError):
            call(keyring_at_the_desktop(address))

        assert dialogs.opened == 0
