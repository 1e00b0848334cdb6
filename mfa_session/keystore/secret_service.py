"""The Secret Service of a Linux desktop: gnome-keyring, KWallet, KeePassXC.

Items have the attributes that ``keyring`` gives to its own, so that its command shows them too. A key is
written to the default keyring, and searched in all: the default may be another one tomorrow.

KeePassXC asks for each item and each connection, so there is one connection for a whole command.
"""

import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from typing import Any, TypeVar

from jeepney import DBusErrorResponse
from secretstorage import Collection, Item, create_collection, get_all_collections, get_collection_by_alias
from secretstorage.exceptions import (
    ItemNotFoundException,
    LockedException,
    PromptDismissedException,
    SecretServiceNotAvailableException,
    SecretStorageException,
)
from secretstorage.util import add_match_rules, open_session

from mfa_session.errors import (
    KeyringLockedError,
    KeyringUnavailableError,
    MFASessionError,
    NoDefaultKeyringError,
    PromptCancelledError,
)
from mfa_session.keystore.dbus import SessionBus
from mfa_session.keystore.keyring_backends import Place, TimeLimits, use_the_file
from mfa_session.keystore.providers import KEEPASSXC, provider, sync
from mfa_session.text import escape_control

Value = TypeVar("Value")

_NO_SUCH_OBJECT = "org.qtproject.QtDBus.Error.InvalidObjectPath"


class SecretService:
    """The Secret Service that *environ* leads to.

    Each call raises a ``KeyringUnavailableError`` or a ``KeyringLockedError``, and with
    *may_ask* a ``PromptCancelledError`` or a ``PromptTimeoutError``, if it cannot do its work.
    """

    def __init__(self, environ: Mapping[str, str], *, limits: TimeLimits, may_ask: bool) -> None:
        self._environ = environ
        self._limits = limits
        self._may_ask = may_ask
        self._bus: SessionBus | None = None
        self._session: Any = None
        self._one_at_a_time = threading.RLock()

    def get(self, service: str, user: str, *, kept_in: str | None = None) -> tuple[str, Place] | None:
        """Return the text kept for *user* of *service*, and where; ``None`` if there is none.

        The keyring *kept_in* is searched first; if it is locked, the user is asked to unlock it.
        """

        def read(bus: SessionBus) -> tuple[str, Place] | None:
            for keyring, item in self._find(bus, service, user, kept_in):
                self._unlock_item(bus, item)
                return str(item.get_secret().decode("utf-8", "replace")), self._place(bus, keyring)
            self._default_keyring(bus)
            return None

        return self._run(read)

    def set(self, service: str, user: str, text: str) -> Place:
        """Keep *text*, in one step in the place of what was there; return where."""

        def write(bus: SessionBus) -> Place:
            keyring: Collection | None = None
            for keyring, item in self._find(bus, service, user, None):  # noqa: B007  the last one is used below
                self._unlock_item(bus, item)
                break
            keyring = keyring or self._default_keyring(bus)
            unlock(keyring)
            attributes = {**_attributes(service, user), "application": "Python keyring library"}
            with self._prompts_of_keepassxc(bus):
                self._with_session(bus, keyring).create_item(
                    f"AWS access key of {user}", attributes, text.encode(), replace=True
                )
            return self._place(bus, keyring)

        return self._run(write)

    def delete(self, service: str, user: str) -> bool:
        """Delete what is kept, from all keyrings; return whether there was something."""

        def erase(bus: SessionBus) -> bool:
            found = list(self._find(bus, service, user, None))
            for keyring, item in found:
                self._unlock_item(bus, item)
                if provider(bus) == KEEPASSXC:
                    # Its recycle bin keeps the entry as it was last.
                    item.set_secret(b"deleted")
                with self._prompts_of_keepassxc(bus):
                    item.delete()
                # Not waited for: a crash could bring the key back, and lose none.
                sync(bus, self._environ, keyring=keyring.get_label())
            if not found:
                self._default_keyring(bus)
            return bool(found)

        return self._run(erase)

    def sync(self, place: Place) -> timedelta:
        """Have what was kept in *place* written to disk; return how long that may still take."""
        return self._run(lambda bus: sync(bus, self._environ, keyring=place.keyring))

    def create(self) -> None:
        """Create a default keyring; the service asks the user for its password."""
        with self.connected() as bus:
            create_collection(bus, "Default", "default")

    def prepare(self) -> bool:
        """Unlock the default keyring; return whether an item can be written to it and deleted without a question."""

        def open_it(bus: SessionBus) -> bool:
            unlock(self._default_keyring(bus))
            return provider(bus) != KEEPASSXC

        return self._run(open_it)

    def places(self) -> list[Place]:
        """Return the keyrings that there are."""
        return self._run(lambda bus: [self._place(bus, keyring) for keyring in get_all_collections(bus)])

    def leftovers(self) -> str | None:
        """Return what the provider keeps of an item that was deleted or replaced."""
        if self._run(provider) != KEEPASSXC:
            return None
        return "KeePassXC keeps old values in the history of the entry, and deleted entries in its recycle bin"

    def _find(self, bus: SessionBus, service: str, user: str, kept_in: str | None) -> Iterator[tuple[Collection, Item]]:
        """Yield each item, those of the keyring *kept_in* first, then those of the default, which is unlocked."""
        try:
            default = get_collection_by_alias(bus, "default")
        except ItemNotFoundException:
            default = None
        for keyring in _in_order(bus, default, kept_in):
            if keyring is default or keyring.get_label() == kept_in:
                unlock(keyring)
            elif provider(bus) == KEEPASSXC and keyring.is_locked():
                continue  # it would open a dialog for a search
            for item in self._with_session(bus, keyring).search_items(_attributes(service, user)):
                yield keyring, item

    def _unlock_item(self, bus: SessionBus, item: Item) -> None:
        before = bus.dialog_reason
        bus.dialog_reason = f"{provider(bus)} asks before it gives a key to a program"
        unlock(item)
        bus.dialog_reason = before

    def _prompts_of_keepassxc(self, bus: SessionBus) -> Any:
        """Allow the prompts of KeePassXC, which has one for each change and opens no dialog for an unlocked item."""
        return bus.without_dialog() if provider(bus) == KEEPASSXC else nullcontext()

    def _place(self, bus: SessionBus, keyring: Collection) -> Place:
        return Place(provider(bus), keyring.get_label())

    def _run(self, work: Callable[[SessionBus], Value]) -> Value:
        """Do the idempotent *work*, and again if the service lost our session, or an item that it has just listed.

        On a busy machine KWallet does the first, when the connection before has just been closed, and
        KeePassXC the second, while it saves its database.
        """
        try:
            with self.connected() as bus:
                return work(bus)
        except KeyringUnavailableError as error:
            is_passing = isinstance(error.__cause__, ItemNotFoundException)
            if not is_passing and getattr(error.__cause__, "name", None) != _NO_SUCH_OBJECT:
                raise
        with self.connected() as bus:
            return work(bus)

    @contextmanager
    def connected(self) -> Iterator[SessionBus]:
        """Yield the connection, and translate its errors."""
        with self._one_at_a_time:
            try:
                yield self._open()
            except BaseException as error:
                self.reset()
                if isinstance(error, (SecretStorageException, DBusErrorResponse, OSError)):
                    raise self._translated(error) from error
                raise

    def reset(self) -> None:
        """Begin again with a new connection and a new session."""
        with self._one_at_a_time:
            if self._bus is not None:
                self._bus.close()
            self._bus = self._session = None

    def _with_session(self, bus: SessionBus, keyring: Collection) -> Collection:
        """Give *keyring* the one session of the connection, so that it opens none of its own."""
        if self._session is None:
            self._session = open_session(bus)
        keyring.session = self._session
        return keyring

    def _open(self) -> SessionBus:
        if self._bus is None:
            self._bus = SessionBus(self._environ, limits=self._limits, may_ask=self._may_ask)
            weakref.finalize(self, self._bus.close)
            # Not every service addresses the end of a dialog to the connection that opened it.
            add_match_rules(self._bus)
        self._bus.begin()
        return self._bus

    def _default_keyring(self, bus: SessionBus) -> Collection:
        try:
            return get_collection_by_alias(bus, "default")
        except ItemNotFoundException:
            raise NoDefaultKeyringError(
                "the Secret Service has no default keyring yet",
                hint=f"make one at the desktop, by logging in or in Passwords and Keys; {use_the_file()}",
            ) from None

    def _translated(self, error: Exception) -> MFASessionError:
        match error:
            case TimeoutError():
                return KeyringUnavailableError(
                    f"the Secret Service did not answer within {self._limits.answer.total_seconds():g} s",
                    hint=f"it hangs: restart it, or log out of the desktop and in again; {use_the_file()}",
                )
            case PromptDismissedException():
                return _dismissed()
            case LockedException():
                return _still_locked()
            case DBusErrorResponse():
                return _refused(error)
            case SecretServiceNotAvailableException(__cause__=DBusErrorResponse() as cause):
                return _refused(cause)
        return KeyringUnavailableError(
            f"the Secret Service broke off: {escape_control(getattr(error, 'strerror', None) or str(error))}",
            hint=f"run this again; {use_the_file()}",
        )


def _attributes(service: str, user: str) -> dict[str, str]:
    return {"service": service, "username": user}


def unlock(locked: Collection | Item) -> None:
    """Unlock a keyring or an item; the service asks its user where it must.

    Raises:
        PromptCancelledError: the user closed the dialog.
        KeyringLockedError: it is as locked as before.
    """
    if locked.is_locked():
        if locked.unlock():
            raise _dismissed()
        if locked.is_locked():
            raise _still_locked()


def _dismissed() -> PromptCancelledError:
    return PromptCancelledError(
        "the dialog of the Secret Service keyring was closed without an answer, or could not open",
        hint=f"run this again and answer it, or unlock the keyring at the desktop; {use_the_file()}",
    )


def _still_locked() -> KeyringLockedError:
    return KeyringLockedError(
        "the Secret Service keyring is locked",
        hint=f"unlock it at the desktop, then run this again; {use_the_file()}",
    )


def _refused(error: DBusErrorResponse) -> MFASessionError:
    """Return what an error means that came over the bus; its name tells who sent it."""
    name = str(error.name)
    kind = name.removeprefix("org.freedesktop.DBus.Error.")
    if kind in ("ServiceUnknown", "NameHasNoOwner"):
        return KeyringUnavailableError(
            "no Secret Service is running in this D-Bus session",
            hint=f"start one, such as gnome-keyring, KWallet or KeePassXC; {use_the_file()}",
        )
    if kind.startswith("Spawn.") or kind == "TimedOut":
        return KeyringUnavailableError(
            "the Secret Service does not start when D-Bus tries to start it",
            hint=f"start it by hand to see why, such as gnome-keyring-daemon; {use_the_file()}",
        )
    if kind in ("NoReply", "Disconnected"):
        return KeyringUnavailableError(
            "the Secret Service ended before it answered",
            hint=f"start it again (log out of the desktop and in), then run this again; {use_the_file()}",
        )
    if name == "org.freedesktop.Secret.Error.IsLocked":
        return _still_locked()
    return KeyringUnavailableError(
        f"the Secret Service refused: {escape_control(name)}", hint=f"restart it, then run this again; {use_the_file()}"
    )


def _in_order(bus: SessionBus, default: Collection | None, kept_in: str | None) -> Iterator[Collection]:
    if default is not None and kept_in in (None, default.get_label()):
        yield default
        yield from (each for each in get_all_collections(bus) if each.collection_path != default.collection_path)
        return
    others = [
        each for each in get_all_collections(bus) if not default or each.collection_path != default.collection_path
    ]
    yield from sorted([*filter(None, [default]), *others], key=lambda each: each.get_label() != kept_in)
