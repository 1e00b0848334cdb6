"""A back end of the ``keyring`` library, held to our time limits and put into our words.

The keychains of macOS and Windows are reached through it, and what a user insists on.
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
    """The back end *backend*, of which each call ends *within* that time.

    Each raises a member of the ``StoreError`` family when it does not do what it says, or
    a ``PromptCancelledError`` where a person was asked and refused.
    """

    def __init__(self, backend: Backend, *, timeout: timedelta) -> None:
        self._back_end = backend
        self._timeout = timeout
        self._loaded: Any = None

    def get(self, service: str, user: str) -> str | None:
        """Return the text kept for *user* of *service*, ``None`` where there is none."""
        kept: str | None = self._in_time(lambda: self._ring.get_password(service, user))
        return kept

    def set(self, service: str, user: str, text: str) -> None:
        """Keep *text* in the place of what was there."""
        self._in_time(lambda: self._write(service, user, text))

    def delete(self, service: str, user: str) -> None:
        """Delete what is kept, if anything is."""
        self._in_time(lambda: self._erase(service, user))

    def create(self) -> None:
        """Make nothing: these back ends have a default keyring, or ask for one themselves."""

    def sync(self) -> timedelta:
        """Have what was kept or deleted written to disk; return how long that may still take."""
        if self._back_end == KWALLET:
            self._in_time(lambda: self._ring.iface.sync(self._ring.handle, self._ring.appid))
        # macOS and Windows write before they answer; libsecret may speak to any Secret Service.
        return WRITE_DELAY if self._back_end == LIBSECRET else timedelta(0)

    def _write(self, service: str, user: str, text: str) -> None:
        if self._back_end == WINDOWS:
            # `set_password` would first copy the old secret to a second name, user@service, where it would stay;
            # to delete it before would leave nothing, should we be killed in between.
            self._ring._set_password(service, user, text)
        else:
            self._ring.set_password(service, user, text)

    def _erase(self, service: str, user: str) -> None:
        from keyring.errors import PasswordDeleteError

        # Back ends raise the same for "not there" and for "not allowed": what is left tells which it was.
        with suppress(PasswordDeleteError):
            self._ring.delete_password(service, user)
        if self._ring.get_password(service, user) is not None:
            raise StoreError(
                f"{self._back_end.description} did not delete {escape_control(service)}",
                hint="delete it in the program that shows your keychain",
            )

    @property
    def _ring(self) -> Any:
        if self._loaded is None:
            self._loaded = _load(self._back_end)
        return self._loaded

    def _in_time(self, call: Callable[[], Value]) -> Value:
        """Return what *call* returns. One that does not end in time is left behind: its thread ends with us."""
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
            # Not chained: what an error of a stranger carries is not known.
            raise _in_our_words(errors[0], self._back_end) from None
        if not values:
            raise KeyringUnavailableError(
                f"{self._back_end.description} did not answer within {self._timeout.total_seconds():g} s",
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
        # A key is given to one machine; by default it would roam to others with its user.
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


def _in_our_words(error: Exception, backend: Backend) -> MFASessionError:
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
    # Its text is not shown: it is a stranger's, and may quote what it was given.
    return family(
        f"{backend.description} failed: {type(error).__name__} {number or ''}".rstrip(),
        hint=f"look for the key in the program that shows your keychain; {use_the_file()}",
    )


def _number(error: BaseException) -> int:
    """Return the number by which the operating system says what went wrong, 0 where it says none."""
    if isinstance(number := getattr(error, "winerror", None), int):
        return number
    cause = error.__cause__
    return cause.args[0] if cause and cause.args and isinstance(cause.args[0], int) else 0
