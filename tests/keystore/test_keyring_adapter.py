"""The keyrings that are reached through the keyring library: those of macOS and Windows, and what a user insists on."""

import sys
import time
import types
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from mfa_session.errors import (
    KeyringLockedError,
    KeyringUnavailableError,
    MFASessionError,
    PromptCancelledError,
    StoreError,
)
from mfa_session.keystore.keyring_backends import TimeLimits
from mfa_session.keystore.keyring_store import OSKeyring
from mfa_session.keystore.stores import KeyStore
from tests.foreign_keychains import CredentialManager, Keychain, WindowsError
from tests.keystore.key_store_contract import KEY, OTHER_KEY, KeyStoreContract

# For what is to run out; all else has the limits of every day, because a library that is loaded may take its time.
QUICK = TimeLimits(answer=timedelta(seconds=0.3), dialog=timedelta(seconds=0.6))

# A back end that nobody but its user knows.
OWN_BACK_END = """
import time
from keyring.backend import KeyringBackend
from keyring.backends import null
from keyring.compat.properties import classproperty
from keyring.errors import KeyringLocked, PasswordDeleteError

class Keyring(KeyringBackend):
    priority = 1
    kept = {}
    def get_password(self, service, user):
        return self.kept.get((service, user))
    def set_password(self, service, user, text):
        self.kept[service, user] = text
    def delete_password(self, service, user):
        if self.kept.pop((service, user), None) is None:
            raise PasswordDeleteError("no such password")

class Forgetful(Keyring):
    def set_password(self, service, user, text):
        pass

class Altering(Keyring):
    def get_password(self, service, user):
        text = super().get_password(service, user)
        return text and text[:-1]

class Clinging(Keyring):
    def delete_password(self, service, user):
        raise PasswordDeleteError("not allowed")

class Hanging(Keyring):
    def get_password(self, service, user):
        time.sleep(20)

class Locked(Keyring):
    def get_password(self, service, user):
        raise KeyringLocked("it is locked")

class Broken(Keyring):
    def set_password(self, service, user, text):
        raise RuntimeError(text)

class Missing(Keyring):
    @classproperty
    def priority(cls):
        raise RuntimeError("some library is required")

class Disguised(null.Keyring):
    priority = 1
"""


def windows(**environ: str) -> OSKeyring:
    return OSKeyring(environ=environ, interactive=True, platform="win32")


def macos(home: Path, **environ: str) -> OSKeyring:
    return OSKeyring(environ={"HOME": str(home), **environ}, interactive=True, platform="darwin")


def insisted(name: str, *, limits: TimeLimits | None = None) -> OSKeyring:
    return OSKeyring(environ={}, interactive=False, named=name, limits=limits or TimeLimits())


@pytest.fixture
def credential_manager(monkeypatch: pytest.MonkeyPatch) -> CredentialManager:
    """Put a Credential Manager below the keyring library."""
    manager = CredentialManager()
    pywin32 = types.ModuleType("win32ctypes.pywin32")
    errors = types.ModuleType("win32ctypes.pywin32.pywintypes")
    vars(errors)["error"] = WindowsError
    vars(pywin32).update(win32cred=manager, pywintypes=errors)
    monkeypatch.setitem(sys.modules, "win32ctypes", types.ModuleType("win32ctypes"))
    monkeypatch.setitem(sys.modules, "win32ctypes.pywin32", pywin32)
    monkeypatch.delitem(sys.modules, "keyring.backends.Windows", raising=False)
    return manager


@pytest.fixture
def keychain(monkeypatch: pytest.MonkeyPatch) -> Keychain:
    """Put a keychain of macOS below the keyring library."""
    from keyring.backends import macOS

    keychain = Keychain()
    monkeypatch.setattr(macOS, "api", keychain, raising=False)
    monkeypatch.setattr(macOS, "platform", types.SimpleNamespace(system=lambda: "Darwin"))
    return keychain


@pytest.fixture
def own_back_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install the module ``own_back_end``."""
    (tmp_path / "own_back_end.py").write_text(OWN_BACK_END)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "own_back_end", raising=False)


class TestTheWindowsCredentialManager(KeyStoreContract):
    @pytest.fixture
    def store(self, credential_manager: CredentialManager) -> KeyStore:
        return windows()

    @pytest.fixture
    def reopened(self, credential_manager: CredentialManager) -> KeyStore:
        return windows()

    def test_a_replaced_key_is_nowhere_under_another_name(self, credential_manager: CredentialManager) -> None:
        windows().set("test-user", KEY)
        windows().set("test-user", OTHER_KEY)

        assert list(credential_manager.credentials) == ["mfa-session:test-user"]

    def test_a_key_stays_on_this_machine(self, credential_manager: CredentialManager) -> None:
        windows().set("test-user", KEY)

        [credential] = credential_manager.credentials.values()
        assert credential["Persist"] == CredentialManager.CRED_PERSIST_LOCAL_MACHINE

    def test_a_network_logon_is_told_that_it_has_none(self, credential_manager: CredentialManager) -> None:
        credential_manager.refusal = 1312

        with pytest.raises(KeyringUnavailableError, match="OpenSSH") as caught:
            windows().get("test-user")

        assert "--store file" in caught.value.hint

    def test_any_other_error_is_named_by_its_number(self, credential_manager: CredentialManager) -> None:
        credential_manager.refusal = 5

        with pytest.raises(StoreError, match="the Windows Credential Manager failed: WindowsError 5"):
            windows().set("test-user", KEY)


class TestTheMacOSKeychain(KeyStoreContract):
    @pytest.fixture
    def store(self, keychain: Keychain, tmp_path: Path) -> KeyStore:
        return macos(tmp_path)

    @pytest.fixture
    def reopened(self, keychain: Keychain, tmp_path: Path) -> KeyStore:
        return macos(tmp_path)

    @pytest.mark.parametrize(
        ("status", "family", "hint"),
        [
            (-128, PromptCancelledError, "allow the access"),
            (-25293, KeyringUnavailableError, "codesign"),
            (-25308, KeyringLockedError, "security unlock-keychain"),
            (-50, StoreError, "look for the key"),
        ],
    )
    def test_what_it_refuses_says_what_to_do(
        self, keychain: Keychain, tmp_path: Path, status: int, family: type[MFASessionError], hint: str
    ) -> None:
        keychain.refusal = status
        store = macos(tmp_path)

        calls: list[Callable[[], object]] = [
            lambda: store.get("p"),
            lambda: store.set("p", KEY),
            lambda: store.delete("p"),
            store.check,
        ]
        for call in calls:
            with pytest.raises(family) as caught:
                call()

            assert hint in caught.value.hint
            assert KEY.secret_access_key not in str(caught.value)


@pytest.mark.usefixtures("own_back_end")
class TestABackEndThatTheUserInsistsOn(KeyStoreContract):
    @pytest.fixture
    def store(self) -> KeyStore:
        return insisted("own_back_end.Keyring")

    @pytest.fixture
    def reopened(self) -> KeyStore:
        return insisted("own_back_end.Keyring")

    @pytest.mark.parametrize("name", ["Forgetful", "Altering"])
    def test_is_an_error_when_it_does_not_give_back_what_it_was_given(self, name: str) -> None:
        store = insisted(f"own_back_end.{name}")

        with pytest.raises(StoreError, match="does not give back"):
            store.set("test-user", KEY)
        with pytest.raises(StoreError, match="does not give back"):
            store.check()

    def test_is_an_error_when_a_key_is_still_there_after_it_was_deleted(self) -> None:
        store = insisted("own_back_end.Clinging")
        store.set("test-user", KEY)

        with pytest.raises(StoreError, match="did not delete"):
            store.delete("test-user")

    def test_is_given_up_when_it_does_not_answer(self) -> None:
        before = time.monotonic()

        with pytest.raises(KeyringUnavailableError, match=r"did not answer within 0\.3 s"):
            insisted("own_back_end.Hanging", limits=QUICK).get("test-user")

        assert 0.3 <= time.monotonic() - before < 10

    def test_says_that_it_is_locked(self) -> None:
        with pytest.raises(KeyringLockedError, match="is locked"):
            insisted("own_back_end.Locked").get("test-user")

    def test_leaks_no_secret_when_it_breaks(self) -> None:
        with pytest.raises(StoreError) as caught:
            insisted("own_back_end.Broken").set("test-user", KEY)

        assert str(caught.value) == "the keyring own_back_end.Broken failed: RuntimeError"
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__

    @pytest.mark.parametrize(
        ("name", "reason"),
        [
            ("own_back_end.Missing", "some library is required"),
            ("own_back_end.Nobody", "has no attribute 'Nobody'"),
            ("no_such_module.Keyring", "No module named 'no_such_module'"),
            ("nonsense", "cannot be used here"),
        ],
    )
    def test_is_not_used_when_it_cannot_work(self, name: str, reason: str) -> None:
        with pytest.raises(KeyringUnavailableError, match=reason):
            insisted(name).get("test-user")

    def test_is_not_used_when_it_is_one_that_keeps_nothing_under_another_name(self) -> None:
        with pytest.raises(KeyringUnavailableError, match="throws away what it is given"):
            insisted("own_back_end.Disguised").get("test-user")


@pytest.mark.parametrize("name", ["libsecret.Keyring", "kwallet.DBusKeyring"])
@pytest.mark.parametrize(
    ("interactive", "environ"),
    [(True, {"SSH_CONNECTION": "a b", "DISPLAY": ":0"}), (True, {}), (False, {"DISPLAY": ":0"})],
    ids=["over SSH", "there is no display", "nobody may be asked"],
)
def test_a_keyring_that_opens_dialogs_is_not_asked_where_nobody_would_see_them(
    tmp_path: Path, name: str, interactive: bool, environ: dict[str, str]
) -> None:
    named = {"HOME": str(tmp_path), "PYTHON_KEYRING_BACKEND": f"keyring.backends.{name}", **environ}

    with pytest.raises(KeyringLockedError, match="none may open here"):
        OSKeyring(environ=named, interactive=interactive, platform="linux").get("test-user")
