"""The OS keyring: one item a profile, in the keyring that the user's own system unlocks."""

import os
import sys
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cached_property
from typing import Protocol

from mfa_session.errors import KeyringLockedError, KeyringUnavailableError, NoDefaultKeyringError, StoreError
from mfa_session.keystore.keyring_backends import SECRET_SERVICE, Backend, TimeLimits, choose_backend, use_the_file
from mfa_session.keystore.stores import item_of, key_of
from mfa_session.model.credentials import AccessKey
from mfa_session.text import escape_control

# Windows holds 2,560 bytes (CRED_MAX_CREDENTIAL_BLOB_SIZE) of two a character; a key is about 200 characters.
_MAX_ITEM = 1200


class _Keychain(Protocol):
    """What a back end does: one text for a *user* of a *service*; each call has its limit of time."""

    def get(self, service: str, user: str) -> str | None: ...
    def set(self, service: str, user: str, text: str) -> None: ...
    def delete(self, service: str, user: str) -> None: ...
    def sync(self) -> timedelta: ...
    def create(self) -> None: ...


class OSKeyring:
    """The keyring of this user, as *environ* leads to it.

    A dialog that asks to unlock it may open if the call is *interactive* and the one who
    made it would see it: not over SSH, not without a display. *named* is what
    ``mfa_session_keyring`` names: a back end that is used because the user says so. *tell*
    is called with a sentence before a wait for a keyring that writes to disk later.

    Every call raises a member of the ``StoreError`` family when it does not do what it
    says; where a dialog opened, a ``PromptCancelledError`` when it was closed and a
    ``PromptTimeoutError`` when nobody answered it.
    """

    name = "keyring"

    def __init__(
        self,
        *,
        environ: Mapping[str, str],
        interactive: bool,
        named: str | None = None,
        platform: str = sys.platform,
        limits: TimeLimits = TimeLimits(),  # noqa: B008  frozen
        tell: Callable[[str], None] = lambda _: None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._environ = environ
        self._interactive = interactive
        self._named = named
        self._platform = platform
        self._limits = limits
        self._tell = tell
        self._sleep = sleep

    @property
    def description(self) -> str:
        """What users call their keyring."""
        try:
            return self._back_end.description
        except KeyringUnavailableError:
            return "the OS keyring"

    def get(self, profile: str) -> AccessKey | None:
        """Return the key of *profile*, ``None`` where the keyring has none."""
        item = self._keychain.get(_service(profile), profile)
        return None if item is None else key_of(item, profile, place=self.description)

    def set(self, profile: str, key: AccessKey) -> None:
        """Keep *key* in the place of the one that *profile* had, and read it back.

        It is on the disk then: what the keyring has only in memory, a crash of it would take.
        """
        self._write(_service(profile), profile, item_of(key))
        if wait := self._keychain.sync():
            seconds = wait.total_seconds()
            self._tell(f"waiting {seconds:g} s for {self.description} to write the key to disk")
            self._sleep(seconds)
            self._check_kept(_service(profile), profile, item_of(key))

    def delete(self, profile: str) -> None:
        """Delete the key of *profile*, if there is one."""
        self._keychain.delete(_service(profile), profile)
        # Not waited for: a crash could bring the key back, and lose none.
        self._keychain.sync()

    def check(self, *, consent: Callable[[str], bool] = lambda _: False) -> None:
        """Make sure that keys can be kept here, by keeping, reading and deleting something that is not one.

        Where the desktop has no default keyring yet, one is made if the answer to the
        question given to *consent* is yes; it would be the default of all its programs.
        """
        try:
            self._check()
        except NoDefaultKeyringError:
            if not (self._may_ask and consent("The desktop has no default keyring yet. Create one?")):
                raise
            self._keychain.create()
            self._check()

    def _check(self) -> None:
        # A name of its own, because another process may be checking at this moment.
        user = os.urandom(8).hex()
        self._write("mfa-session check", user, os.urandom(16).hex())
        self._keychain.delete("mfa-session check", user)

    def _write(self, service: str, user: str, item: str) -> None:
        if len(item) > _MAX_ITEM:
            raise StoreError(
                f"this is more than {self.description} holds: {len(item)} of {_MAX_ITEM} characters",
                hint=use_the_file().removeprefix("or "),
            )
        self._keychain.set(service, user, item)
        self._check_kept(service, user, item)

    def _check_kept(self, service: str, user: str, item: str) -> None:
        """Read *item* back, over a new connection."""
        # Asked twice: on a busy machine KWallet may mix up the sessions of two connections.
        if all(self._keychain.get(service, user) != item for _ in range(2)):
            raise StoreError(
                f"{self.description} does not give back what was stored in it",
                hint=f"check it with the program that shows your keyring; {use_the_file()}",
            )

    @cached_property
    def _back_end(self) -> Backend:
        return choose_backend(self._environ, platform=self._platform, named=self._named)

    @property
    def _may_ask(self) -> bool:
        return self._interactive and can_show_dialog(self._environ, platform=self._platform)

    @cached_property
    def _keychain(self) -> _Keychain:
        may_ask = self._may_ask
        if self._back_end == SECRET_SERVICE:
            return self._secret_service(may_ask=may_ask)
        if self._back_end.opens_dialogs and not may_ask:
            raise KeyringLockedError(
                f"{self.description} may open a dialog, and nobody would see it here",
                hint=f"run this at the desktop, or do not name another keyring; {use_the_file()}",
            )
        # Imported when it is needed, as below: the libraries take longer than a whole cached answer.
        from mfa_session.keystore.keyring_adapter import KeyringAdapter

        return KeyringAdapter(self._back_end, timeout=self._limits.dialog if may_ask else self._limits.answer)

    def _secret_service(self, *, may_ask: bool) -> _Keychain:
        try:
            from mfa_session.keystore.secret_service import SecretService
        except ImportError as error:
            raise KeyringUnavailableError(
                f"the Secret Service keyring cannot be used here: {escape_control(str(error))}",
                hint=f"install SecretStorage and jeepney beside mfa-session; {use_the_file()}",
            ) from error
        return SecretService(self._environ, limits=self._limits, may_ask=may_ask)


def can_show_dialog(environ: Mapping[str, str], *, platform: str = sys.platform) -> bool:
    """Tell whether a dialog would open in front of the one who runs this."""
    if "SSH_CONNECTION" in environ:
        return False
    has_display = bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))
    return has_display or platform in ("darwin", "win32")


def _service(profile: str) -> str:
    return f"mfa-session:{profile}"
