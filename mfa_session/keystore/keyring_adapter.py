"""A backend of the ``keyring`` library, with a time limit and our errors.

It is used for the keychains of macOS and Windows, and for what ``mfa_session_keyring`` names.
"""

import importlib
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any, TypeVar

from mfa_session.errors import (
    KeyringLockedError,
    KeyringUnavailableError,
    MFASessionError,
    PromptCancelledError,
    StoreError,
)
from mfa_session.keystore.keyring_backends import (
    KWALLET,
    LIBSECRET,
    WINDOWS,
    WRITE_DELAY,
    Backend,
    Place,
    check_keeps_secrets,
    use_the_file,
)
from mfa_session.text import escape_control

Value = TypeVar("Value")

# What the operating systems say by number: `security error NUMBER` on macOS, `net helpmsg NUMBER` on Windows.
_BY_NUMBER: dict[int, tuple[type[MFASessionError], str, str]] = {
    -128: (
        PromptCancelledError,
        "the dialog of the macOS keychain was closed without an answer",
        "run this again and allow the access",
    ),
    -25293: (
        KeyringUnavailableError,
        "the macOS keychain does not accept this Python, which has no valid signature",
        "codesign it (codesign --force --sign - PYTHON)",
    ),
    -25308: (
        KeyringLockedError,
        "the macOS keychain is locked, and no dialog may open over SSH",
        "run `security unlock-keychain`, then run this again",
    ),
    1312: (
        KeyringUnavailableError,
        "the Windows Credential Manager cannot be used from a network logon, such as OpenSSH",
        "run this in a session at the machine or over Remote Desktop",
    ),
}


class KeyringAdapter:
    """The *backend*, each call of which ends within *timeout*.

    Each raises a ``StoreError`` if it cannot do its work, or a ``PromptCancelledError``.
    """

    def __init__(self, backend: Backend, *, timeout: timedelta) -> None:
        self._backend = backend
        self._timeout = timeout
        self._loaded: Any = None

    def get(self, service: str, user: str, *, kept_in: str | None = None) -> tuple[str, Place] | None:
        """Return the text kept for *user* of *service*, and where; ``None`` if there is none."""
        kept: str | None = self._timed(lambda: self._ring.get_password(service, user))
        return None if kept is None else (kept, self._place)

    def set(self, service: str, user: str, text: str) -> Place:
        """Keep *text* in the place of what was there; return where."""
        self._timed(lambda: self._write(service, user, text))
        return self._place

    def delete(self, service: str, user: str) -> bool:
        """Delete what is kept; return whether there was something."""
        existed = self._timed(lambda: self._erase(service, user))
        self.sync(self._place)
        return existed

    def create(self) -> None:
        """Do nothing: these backends have a default keyring, or ask for one themselves."""

    def reset(self) -> None:
        """Do nothing: there is no connection."""

    def prepare(self) -> bool:
        """Return whether an item can be written and deleted without a question."""
        return True

    def places(self) -> list[Place]:
        """Return the one place that there is."""
        return [self._place]

    def leftovers(self) -> None:
        """Return ``None``: nothing is kept of an item that was deleted."""

    def sync(self, place: Place) -> timedelta:
        """Have what was kept or deleted written to disk; return how long that may still take."""
        if self._backend == KWALLET:
            self._timed(lambda: self._ring.iface.sync(self._ring.handle, self._ring.appid))
        # macOS and Windows write before they answer; libsecret may speak to any Secret Service.
        return WRITE_DELAY if self._backend == LIBSECRET else timedelta(0)

    @property
    def _place(self) -> Place:
        return Place(self._backend.description)

    def _write(self, service: str, user: str, text: str) -> None:
        if self._backend == WINDOWS:
            # `set_password` would first copy the old secret to a second name, user@service, where it would stay;
            # to delete it before would leave nothing, should we be killed in between.
            self._ring._set_password(service, user, text)
        else:
            self._ring.set_password(service, user, text)

    def _erase(self, service: str, user: str) -> bool:
        from keyring.errors import PasswordDeleteError

        existed = self._ring.get_password(service, user) is not None
        # Backends raise the same for "not there" and for "not allowed": what is left tells which it was.
        with suppress(PasswordDeleteError):
            self._ring.delete_password(service, user)
        if self._ring.get_password(service, user) is not None:
            raise StoreError(
                f"{self._backend.description} did not delete {escape_control(service)}",
                hint="delete it in the program that shows your keychain",
            )
        return existed

    @property
    def _ring(self) -> Any:
        if self._loaded is None:
            self._loaded = _load(self._backend)
        return self._loaded

    def _timed(self, call: Callable[[], Value]) -> Value:
        """Return what *call* returns. One that takes too long goes on in its thread, which ends with the process."""
        values: list[Value] = []
        errors: list[Exception] = []

        def run() -> None:
            try:
                values.append(call())
            except Exception as error:
                errors.append(error)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        thread.join(self._timeout.total_seconds())
        if errors:
            # Not chained: an error of another library may hold the secret.
            raise _translated(errors[0], self._backend) from None
        if not values:
            raise KeyringUnavailableError(
                f"{self._backend.description} did not answer within {self._timeout.total_seconds():g} s",
                hint=f"look for its dialog, perhaps behind another window, or restart it; {use_the_file()}",
            )
        return values[0]


def _load(backend: Backend) -> Any:
    try:
        ring = _class(backend)()
    except (ImportError, RuntimeError) as error:
        raise KeyringUnavailableError(
            f"{backend.description} cannot be used here: {escape_control(str(error))}",
            hint=f"install what it needs; {use_the_file()}",
        ) from error
    if backend == WINDOWS:
        # By default the key would roam to other machines with the user.
        ring.persist = "local machine"
    return ring


def _class(backend: Backend) -> Any:
    module, _, name = backend.class_name.rpartition(".")
    try:
        ring_class = getattr(importlib.import_module(module), name)
    except (AttributeError, ValueError) as error:
        raise ImportError(str(error)) from error
    for ancestor in ring_class.__mro__:
        check_keeps_secrets(f"{ancestor.__module__}.{ancestor.__qualname__}", place=backend.class_name)
    ring_class.priority  # noqa: B018  raises a RuntimeError where the back end cannot work
    return ring_class


def _translated(error: Exception, backend: Backend) -> MFASessionError:
    from keyring.errors import InitError, KeyringLocked

    number = _number(error)
    if isinstance(error, MFASessionError):
        return error
    if number in _BY_NUMBER:
        family, message, hint = _BY_NUMBER[number]
        return family(message, hint=f"{hint}; {use_the_file()}")
    if isinstance(error, KeyringLocked):
        return KeyringLockedError(
            f"{backend.description} is locked, or refused access",
            hint=f"unlock it or allow the access, then run this again; {use_the_file()}",
        )
    family = KeyringUnavailableError if isinstance(error, InitError) else StoreError
    # Its text is not shown: it may quote the secret.
    return family(
        f"{backend.description} failed: {type(error).__name__} {number or ''}".rstrip(),
        hint=f"look for the key in the program that shows your keychain; {use_the_file()}",
    )


def _number(error: BaseException) -> int:
    """Return the number of the operating system's error, 0 if there is none."""
    if isinstance(number := getattr(error, "winerror", None), int):
        return number
    cause = error.__cause__
    return cause.args[0] if cause and cause.args and isinstance(cause.args[0], int) else 0
