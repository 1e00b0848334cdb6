"""The Secret Service of a Linux desktop: gnome-keyring, KWallet, KeePassXC.

Items have the attributes that ``keyring`` gives to its own, so that its command shows
them too. gnome-keyring writes an item to disk before it answers. KWallet writes seconds later, and at once
when its ``sync`` is called; of any other, such as KeePassXC, it is only known that it writes soon.
"""

import configparser
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from jeepney import DBusAddress, DBusErrorResponse, MessageType, new_method_call
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import Proxy
from secretstorage import Collection, Item, create_collection
from secretstorage.exceptions import (
    ItemNotFoundException,
    LockedException,
    PromptDismissedException,
    SecretServiceNotAvailableException,
    SecretStorageException,
)
from secretstorage.util import add_match_rules

from mfa_session.errors import (
    KeyringLockedError,
    KeyringUnavailableError,
    MFASessionError,
    NoDefaultKeyringError,
    PromptCancelledError,
)
from mfa_session.filesystem.paths import home
from mfa_session.keystore.dbus import SessionBus
from mfa_session.keystore.keyring_backends import WRITE_DELAY, TimeLimits, use_the_file
from mfa_session.text import escape_control

Value = TypeVar("Value")

_NO_SUCH_OBJECT = "org.qtproject.QtDBus.Error.InvalidObjectPath"


class SecretService:
    """The default keyring of the Secret Service that *environ* leads to.

    Each call raises a ``KeyringUnavailableError`` or a ``KeyringLockedError``, and with
    *may_ask* a ``PromptCancelledError`` or a ``PromptTimeoutError``, when it does not do
    what it says.
    """

    def __init__(self, environ: Mapping[str, str], *, limits: TimeLimits, may_ask: bool) -> None:
        self._environ = environ
        self._limits = limits
        self._may_ask = may_ask

    def get(self, service: str, user: str) -> str | None:
        """Return the text kept for *user* of *service*, ``None`` where there is none."""

        def read(keyring: Collection) -> str | None:
            for item in keyring.search_items(_attributes(service, user)):
                # KeePassXC may ask for each item, although its keyring is open.
                unlock(item)
                return str(item.get_secret().decode("utf-8", "replace"))
            return None

        return self._done(read)

    def set(self, service: str, user: str, text: str) -> None:
        """Keep *text*, in one step in the place of what was there."""
        attributes = {**_attributes(service, user), "application": "Python keyring library"}
        label = f"AWS access key of {user}"
        self._done(lambda keyring: keyring.create_item(label, attributes, text.encode(), replace=True))

    def delete(self, service: str, user: str) -> None:
        """Delete what is kept, if anything is."""

        def erase(keyring: Collection) -> None:
            for item in list(keyring.search_items(_attributes(service, user))):
                unlock(item)
                item.delete()

        self._done(erase)

    def sync(self) -> timedelta:
        """Have what was kept or deleted written to disk; return how long that may still take."""
        with self.connected() as bus:
            return _sync(bus, self._environ, keyring=self._default_keyring(bus).get_label())

    def _done(self, work: Callable[[Collection], Value]) -> Value:
        """Do the idempotent *work* on the default keyring, and again if the service lost our session meanwhile.

        KWallet does, on a busy machine, when the connection before has just been closed.
        """
        try:
            with self._keyring() as keyring:
                return work(keyring)
        except KeyringUnavailableError as error:
            if getattr(error.__cause__, "name", None) != _NO_SUCH_OBJECT:
                raise
        with self._keyring() as keyring:
            return work(keyring)

    def create(self) -> None:
        """Have the service make a default keyring, whose password it asks its user for."""
        with self.connected() as bus:
            create_collection(bus, "Default", "default")

    @contextmanager
    def _keyring(self) -> Iterator[Collection]:
        with self.connected() as bus:
            keyring = self._default_keyring(bus)
            unlock(keyring)
            yield keyring

    @contextmanager
    def connected(self) -> Iterator[SessionBus]:
        """Yield a connection; whatever the service does not do meanwhile is said in our words."""
        try:
            with closing(SessionBus(self._environ, limits=self._limits, may_ask=self._may_ask)) as bus:
                # Not every service addresses the end of a dialog to the one who opened it.
                add_match_rules(bus)
                yield bus
        except (SecretStorageException, DBusErrorResponse, OSError) as error:
            raise self._in_our_words(error) from error

    def _default_keyring(self, bus: SessionBus) -> Collection:
        try:
            return Collection(bus)
        except ItemNotFoundException:
            raise NoDefaultKeyringError(
                "the Secret Service has no default keyring yet",
                hint=f"make one at the desktop, by logging in or in Passwords and Keys; {use_the_file()}",
            ) from None

    def _in_our_words(self, error: Exception) -> MFASessionError:
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


_SECRETS = "org.freedesktop.secrets"
_GNOME_KEYRING = "org.gnome.keyring"

# The name on the bus, and the path of its object, of KDE Frameworks 5 and 6.
_KWALLET = {"org.kde.kwalletd5": "/modules/kwalletd5", "org.kde.kwalletd6": "/modules/kwalletd6"}

# Under this name KWallet shows who has a wallet open.
_OUR_NAME = "mfa-session"


def _sync(bus: Any, environ: Mapping[str, str], *, keyring: str) -> timedelta:
    """Have the service write *keyring*, by its label, to disk; return how long that may still take.

    Opens no dialog.
    """
    owner = _owner(bus, _SECRETS)
    if owner is not None and owner == _owner(bus, _GNOME_KEYRING):
        return timedelta(0)
    for name, path in _KWALLET.items():
        if owner is not None and owner == _owner(bus, name) and _sync_wallet(bus, name, path, environ, wallet=keyring):
            return timedelta(0)
    return WRITE_DELAY


def _sync_wallet(bus: Any, name: str, path: str, environ: Mapping[str, str], *, wallet: str) -> bool:
    """Make KWallet write *wallet*; return whether it did."""
    if _asks_about_each_program(environ):
        return False
    kwallet = DBusAddress(path, bus_name=name, interface="org.kde.KWallet")

    def call(method: str, signature: str, *body: object) -> Any:
        reply = bus.send_and_get_reply(new_method_call(kwallet, method, signature, body))
        if reply.header.message_type is MessageType.error:
            raise DBusErrorResponse(reply)
        return reply.body[0] if reply.body else None

    try:
        # To open one that was closed meanwhile would ask for its password.
        if not call("isOpen", "s", wallet):
            return False
        handle = call("open", "sxs", wallet, 0, _OUR_NAME)
        if handle < 0:
            return False
        call("sync", "is", handle, _OUR_NAME)
    except DBusErrorResponse:
        return False
    return True


def _asks_about_each_program(environ: Mapping[str, str]) -> bool:
    """Tell whether KWallet opens a dialog for a program that is new to it, although the wallet is open."""
    configuration = configparser.RawConfigParser(strict=False)
    try:
        configuration.read(Path(environ.get("XDG_CONFIG_HOME") or home(environ) / ".config", "kwalletrc"), "utf-8")
        return configuration.get("Wallet", "Prompt on Open", fallback="false").strip().lower() != "false"
    except (configparser.Error, OSError, UnicodeDecodeError):
        return True


def _owner(bus: Any, name: str) -> str | None:
    try:
        owner: str = Proxy(message_bus, bus).GetNameOwner(name)[0]
    except DBusErrorResponse:
        return None
    return owner
