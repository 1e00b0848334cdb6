"""The OS keyring: one item a profile, in the keyring that the user's desktop or system unlocks."""

import os
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext, suppress
from datetime import timedelta
from functools import cached_property
from typing import Protocol

from mfa_session.errors import (
    DamagedItemError,
    KeyElsewhereError,
    KeyringLockedError,
    KeyringPromptNeededError,
    KeyringUnavailableError,
    NoDefaultKeyringError,
    StoreError,
    hint_command,
)
from mfa_session.keystore.keyring_backends import (
    SECRET_SERVICE,
    Backend,
    Place,
    TimeLimits,
    choose_backend,
    use_the_file,
)
from mfa_session.keystore.stores import item_of, key_of
from mfa_session.model.credentials import AccessKey
from mfa_session.text import escape_control

# Windows holds 2,560 bytes (CRED_MAX_CREDENTIAL_BLOB_SIZE) of two a character; a key is about 200 characters.
_MAX_ITEM = 1200


class _Keychain(Protocol):
    """What a backend does: one text for a *user* of a *service*; each call has a time limit."""

    def get(self, service: str, user: str, *, kept_in: str | None) -> tuple[str, Place] | None: ...
    def set(self, service: str, user: str, text: str) -> Place: ...
    def delete(self, service: str, user: str) -> bool: ...
    def sync(self, place: Place) -> timedelta: ...
    def create(self) -> None: ...
    def prepare(self) -> bool: ...
    def reset(self) -> None: ...
    def places(self) -> list[Place]: ...
    def leftovers(self) -> str | None: ...


class PlaceRecords(Protocol):
    """Where the key of each profile was put, as text by name; no secret."""

    def read(self, name: str) -> Mapping[str, str] | None: ...
    def write(self, name: str, place: Mapping[str, str]) -> None: ...
    def delete(self, name: str) -> None: ...


class OSKeyring:
    """The keyring of this user, as *environ* leads to it.

    A dialog that asks to unlock it may open if the call is *interactive* and the user would see it:
    not over SSH, not without a display. *named* is the backend that ``mfa_session_keyring`` names.
    *records* remember where each key was put: the same home may have GNOME's keyring today and KDE's
    tomorrow. *tell* is called with a sentence before a wait for a keyring that writes to disk later.

    Every call raises a ``StoreError`` if it cannot do its work; where a dialog opened, a
    ``PromptCancelledError`` if it was closed and a ``PromptTimeoutError`` if it was not answered.
    """

    name = "keyring"

    def __init__(
        self,
        *,
        environ: Mapping[str, str],
        interactive: bool,
        records: PlaceRecords | None = None,
        named: str | None = None,
        platform: str = sys.platform,
        limits: TimeLimits = TimeLimits(),  # noqa: B008  frozen
        tell: Callable[[str], None] = lambda _: None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._environ = environ
        self._interactive = interactive
        self._records = records
        self._named = named
        self._platform = platform
        self._limits = limits
        self._tell = tell
        self._sleep = sleep

    @property
    def description(self) -> str:
        """What users call their keyring."""
        try:
            return self._backend.description
        except KeyringUnavailableError:
            return "the OS keyring"

    def get(self, profile: str) -> AccessKey | None:
        """Return the key of *profile*, ``None`` if the keyring has none and none was put into another.

        Raises:
            KeyElsewhereError: it was put into a keyring that does not answer now.
        """
        record = self._record(profile)
        try:
            found = self._read(profile, kept_in=record["keyring"] if record else None)
        except NoDefaultKeyringError:
            self._check_not_elsewhere(profile)
            raise
        except KeyringLockedError as error:
            if not self._interactive and self._has_screen:
                raise KeyringPromptNeededError(str(error), hint=error.hint) from error
            raise
        if found is None:
            self._check_not_elsewhere(profile)
            return None
        key, place = found
        if record and record["key"] != key.access_key_id and record["provider"] != place.provider:
            raise self._elsewhere(profile, record, f"{place.in_words()} has another, {key.masked_id}")
        return key

    def _read(self, profile: str, *, kept_in: str | None) -> tuple[AccessKey, Place] | None:
        # Twice: on a busy machine KWallet may mix up the sessions of two connections, and give garbage.
        for is_last in (False, True):
            found = self._keychain.get(_service(profile), profile, kept_in=kept_in)
            if found is None:
                return None
            with nullcontext() if is_last else suppress(DamagedItemError):
                return key_of(found[0], profile, place=self.description), found[1]
            self._keychain.reset()
        return None

    def set(self, profile: str, key: AccessKey) -> None:
        """Keep *key* in the place of the one that *profile* had, and read it back; it is on disk then."""
        # Killed in between, no record is better than one of the keyring where the key was.
        self._forget_place(profile)
        place = self._write(_service(profile), profile, item_of(key))
        if wait := self._keychain.sync(place):
            seconds = wait.total_seconds()
            self._tell(f"waiting {seconds:g} s for {self.description} to write the key to disk")
            self._sleep(seconds)
            self._check_kept(_service(profile), profile, item_of(key))
        if self._records is not None:
            record = {"provider": place.provider, "keyring": place.keyring, "key": key.access_key_id}
            self._records.write(profile, record)

    def delete(self, profile: str) -> bool:
        """Delete the key of *profile*; return whether there was one.

        Raises:
            KeyElsewhereError: it was put into a keyring that does not answer now.
        """
        try:
            existed = self._keychain.delete(_service(profile), profile)
        except NoDefaultKeyringError:
            self._check_not_elsewhere(profile)
            raise
        if not existed:
            self._check_not_elsewhere(profile)
        self._forget_place(profile)
        return existed

    def leftovers(self) -> str | None:
        """Return what the keyring keeps of a key that was deleted or replaced, as a sentence."""
        return self._keychain.leftovers()

    def check(self, *, consent: Callable[[str], bool] = lambda _: False) -> None:
        """Check that keys can be kept here, by writing, reading and deleting a test item.

        No test item where the keyring would ask the user about it. If the desktop has no default
        keyring yet, *consent* is asked whether to create one, which all its programs would use.
        """
        try:
            self._check()
        except NoDefaultKeyringError:
            if not (self._may_ask and consent("The desktop has no default keyring yet. Create one?")):
                raise
            self._keychain.create()
            self._check()

    def _check(self) -> None:
        if not self._keychain.prepare():
            return
        # A random name, because another process may be checking at this moment.
        user = os.urandom(8).hex()
        self._write("mfa-session check", user, os.urandom(16).hex())
        self._keychain.delete("mfa-session check", user)

    def _write(self, service: str, user: str, item: str) -> Place:
        if len(item) > _MAX_ITEM:
            raise StoreError(
                f"this is more than {self.description} holds: {len(item)} of {_MAX_ITEM} characters",
                hint=use_the_file().removeprefix("or "),
            )
        place = self._keychain.set(service, user, item)
        if not self._is_kept(service, user, item):
            # KWallet may mix up the sessions of two connections when it writes, too.
            self._keychain.reset()
            place = self._keychain.set(service, user, item)
            self._check_kept(service, user, item)
        return place

    def _is_kept(self, service: str, user: str, item: str) -> bool:
        found = self._keychain.get(service, user, kept_in=None)
        return found is not None and found[0] == item

    def _check_kept(self, service: str, user: str, item: str) -> None:
        """Read *item* back."""
        if self._is_kept(service, user, item):
            return
        self._keychain.reset()  # as above
        if self._is_kept(service, user, item):
            return
        raise StoreError(
            f"{self.description} does not give back what was stored in it",
            hint=f"check it with the program that shows your keyring; {use_the_file()}",
        )

    def _check_not_elsewhere(self, profile: str) -> None:
        """Raise KeyElsewhereError if the key was put into a keyring that is not among those that answer."""
        record = self._record(profile)
        if record is None:
            return
        places = self._keychain.places()
        if Place(record["provider"], record["keyring"]) not in places:
            answering = ", ".join(place.in_words() for place in places) or "no keyring"
            raise self._elsewhere(profile, record, f"only {answering} answers now" if places else "none answers now")

    def _record(self, profile: str) -> Mapping[str, str] | None:
        return None if self._records is None else self._records.read(profile)

    def _forget_place(self, profile: str) -> None:
        if self._records is not None:
            self._records.delete(profile)

    def _elsewhere(self, profile: str, record: Mapping[str, str], now: str) -> KeyElsewhereError:
        name = escape_control(profile)
        place = Place(escape_control(record["provider"]), record["keyring"])
        return KeyElsewhereError(
            f"the key of {name} was put into {place.in_words()}, and {now}",
            hint=f"start {place.provider} or log in to the desktop that has it; "
            f"to give the key again: {hint_command('keys add', profile=profile)}",
        )

    @cached_property
    def _backend(self) -> Backend:
        return choose_backend(self._environ, platform=self._platform, named=self._named)

    @property
    def _has_screen(self) -> bool:
        return can_show_dialog(self._environ, platform=self._platform)

    @property
    def _may_ask(self) -> bool:
        return self._interactive and self._has_screen

    @cached_property
    def _keychain(self) -> _Keychain:
        may_ask = self._may_ask
        if self._backend == SECRET_SERVICE:
            return self._secret_service(may_ask=may_ask)
        if self._backend.opens_dialogs and not may_ask:
            raise KeyringLockedError(
                f"{self.description} may open a dialog, and none may open here",
                hint=f"run this at the desktop, or do not name another keyring; {use_the_file()}",
            )
        # Imported on use, as below: keyring takes 26 ms beside botocore, a cached answer 15.
        from mfa_session.keystore.keyring_adapter import KeyringAdapter

        return KeyringAdapter(self._backend, timeout=self._limits.dialog if may_ask else self._limits.answer)

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
    """Tell whether a dialog would open in front of the user: not over SSH, not without a display."""
    if "SSH_CONNECTION" in environ:
        return False
    has_display = bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))
    return has_display or platform in ("darwin", "win32")


def _service(profile: str) -> str:
    return f"mfa-session:{profile}"
