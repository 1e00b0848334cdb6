"""Make sure that a Secret Service has written a new item to disk, and not only to its memory.

gnome-keyring writes before it answers. KWallet writes seconds later and meanwhile gives the
item back as if it were safe; it has a call that makes it write at once. Of any other, such as
KeePassXC, it is only known that it writes soon.
"""

import configparser
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from jeepney import DBusAddress, DBusErrorResponse, MessageType, new_method_call
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import Proxy

from mfa_session.filesystem.paths import home
from mfa_session.keystore.keyring_backends import WRITE_DELAY

_SECRETS = "org.freedesktop.secrets"
_GNOME_KEYRING = "org.gnome.keyring"

# The name on the bus, and the path of its object, of KDE Frameworks 5 and 6.
_KWALLET = {"org.kde.kwalletd5": "/modules/kwalletd5", "org.kde.kwalletd6": "/modules/kwalletd6"}

# Under this name KWallet shows who has a wallet open.
_OUR_NAME = "mfa-session"


def sync(bus: Any, environ: Mapping[str, str], *, keyring: str) -> timedelta:
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
