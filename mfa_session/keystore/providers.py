"""What the programs that answer as a Secret Service do differently: gnome-keyring, KWallet, KeePassXC.

gnome-keyring writes an item to disk before it answers. KWallet writes seconds later, and at once when
its ``sync`` is called; of any other, such as KeePassXC, it is only known that it writes soon.
"""

import configparser
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from jeepney import DBusAddress, DBusErrorResponse, MessageType, new_method_call
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import Proxy

from mfa_session.errors import StoreError
from mfa_session.filesystem.paths import home
from mfa_session.keystore.dbus import SECRET_SERVICE_NAME, SessionBus
from mfa_session.keystore.keyring_backends import WRITE_DELAY
from mfa_session.text import escape_control

GNOME_KEYRING, KWALLET, KEEPASSXC = "gnome-keyring", "KWallet", "KeePassXC"

# The name that each provider has on the bus beside the one of the Secret Service.
_PROVIDERS = {
    "org.gnome.keyring": GNOME_KEYRING,
    "org.kde.kwalletd5": KWALLET,
    "org.kde.kwalletd6": KWALLET,
    "org.keepassxc.KeePassXC.MainWindow": KEEPASSXC,
}

# The path of the object of KWallet, of KDE Frameworks 5 and 6.
_KWALLET_PATHS = {"org.kde.kwalletd5": "/modules/kwalletd5", "org.kde.kwalletd6": "/modules/kwalletd6"}

# The file, section and name of each setting.
_AUTO_SAVE = ("keepassxc/keepassxc.ini", "General", "AutoSaveAfterEveryChange")
_ASKS_FOR_EACH_PROGRAM = ("kwalletrc", "Wallet", "Prompt on Open")

# Under this name KWallet shows who has a wallet open.
_OUR_NAME = "mfa-session"


def provider(bus: SessionBus) -> str:
    """Return the name of the program that answers as the Secret Service, as users call it."""
    owner = _owner(bus, SECRET_SERVICE_NAME)
    for name, program in _PROVIDERS.items():
        if owner is not None and owner == _owner(bus, name):
            return program
    try:
        process = Proxy(message_bus, bus).GetConnectionUnixProcessID(SECRET_SERVICE_NAME)[0]
        program = Path(f"/proc/{process}/comm").read_text(encoding="utf-8").strip()
    except (DBusErrorResponse, OSError, UnicodeDecodeError):
        return "another keyring"
    return KWALLET if program == "ksecretd" else escape_control(program)


def sync(bus: SessionBus, environ: Mapping[str, str], *, keyring: str) -> timedelta:
    """Have the service write *keyring*, by its label, to disk; return how long that may still take.

    Opens no dialog.

    Raises:
        StoreError: it writes only when the user says so.
    """
    match provider(bus):
        case "gnome-keyring":
            return timedelta(0)
        case "KWallet":
            owner = _owner(bus, SECRET_SERVICE_NAME)
            for name, path in _KWALLET_PATHS.items():
                if owner == _owner(bus, name) and _sync_wallet(bus, name, path, environ, wallet=keyring):
                    return timedelta(0)
        case "KeePassXC" if not _setting(environ, *_AUTO_SAVE, default=True, unreadable=True):
            raise StoreError(
                "KeePassXC does not save the key: it is set to save only when you say so",
                hint="turn on Settings > General > File Management > Automatically save after every change; "
                "then run this again",
            )
    return WRITE_DELAY


def _sync_wallet(bus: SessionBus, name: str, path: str, environ: Mapping[str, str], *, wallet: str) -> bool:
    """Make KWallet write *wallet*; return whether it did."""
    if _setting(environ, *_ASKS_FOR_EACH_PROGRAM, default=False, unreadable=True):
        return False  # it opens a dialog for each new program, although the wallet is open
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


def _setting(
    environ: Mapping[str, str], file: str, section: str, name: str, *, default: bool, unreadable: bool
) -> bool:
    """Return a setting of a provider from its configuration *file*."""
    configuration = configparser.RawConfigParser(strict=False)
    try:
        configuration.read(Path(environ.get("XDG_CONFIG_HOME") or home(environ) / ".config", file), "utf-8")
        return configuration.get(section, name, fallback=str(default)).strip().lower() != "false"
    except (configparser.Error, OSError, UnicodeDecodeError):
        return unreadable


def _owner(bus: SessionBus, name: str) -> str | None:
    try:
        owner: str = Proxy(message_bus, bus).GetNameOwner(name)[0]
    except DBusErrorResponse:
        return None
    return owner
