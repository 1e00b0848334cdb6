"""A KWallet of one's own: the real kwalletd5 on a private D-Bus, in a private home, with one open wallet.

Debian and Ubuntu: ``apt-get install --no-install-recommends dbus libkf5wallet-bin libqca-qt5-2-plugins``.
"""

import hashlib
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from jeepney import DBusAddress, MessageType, new_method_call
from jeepney.io.blocking import open_dbus_connection

from tests.clean_environment import clean_environment
from tests.secret_service import session_bus

_PROGRAMS = ("dbus-daemon", "kwalletd5")
_MISSING = [program for program in _PROGRAMS if shutil.which(program) is None]
# What hands a secret over is a plug-in, without which kwalletd5 starts all the same.
_PLUGIN = "qca-qt5/crypto/libqca-ossl.so"
if not any(Path("/usr/lib").glob(f"*/{_PLUGIN}")):
    _MISSING.append(_PLUGIN)
needs_kwallet = pytest.mark.skipif(bool(_MISSING), reason=f"needs {' and '.join(_MISSING)}")

_WALLET = "kdewallet"
_KWALLETD = DBusAddress("/modules/kwalletd5", "org.kde.kwalletd5", "org.kde.KWallet")
_SERVICE = DBusAddress("/org/freedesktop/secrets", "org.freedesktop.secrets", "org.freedesktop.Secret.Service")

# What a desktop that was used before says; otherwise a wizard opens.
_CONFIGURATION = """[Wallet]
Enabled=true
First Use=false
Default Wallet=kdewallet

[org.freedesktop.secrets]
apiEnabled=true
"""

# kwalletd5 derives the key of a wallet so, and is given the result when the user logs in to the desktop.
_SALT = bytes(range(56))
_HASH = hashlib.pbkdf2_hmac("sha512", b"open sesame", _SALT, 50_000, 56)

_START_SECONDS = 20.0


class KWallet:
    """The running daemon, and what can befall it; *configuration* is its ``kwalletrc``."""

    def __init__(self, home: Path, *, address: str) -> None:
        self.address = address
        self.configuration = home / ".config" / "kwalletrc"
        self._home = home
        self._daemon: subprocess.Popen[bytes] | None = None

    def prepare(self, *, is_new: bool) -> None:
        """Lay down the files of a user who has a wallet."""
        self.configuration.parent.mkdir(parents=True)
        self.configuration.write_text(_CONFIGURATION)
        salt = self._home / ".local" / "share" / "kwalletd" / f"{_WALLET}.salt"
        salt.parent.mkdir(parents=True)
        salt.write_bytes(_SALT)
        # It offers only the wallets that were there when it started.
        self.start(is_new=True)
        if not is_new:
            self.end()
            self.start()

    def start(self, *, is_new: bool = False) -> None:
        """Start it, and open the wallet as the log-in to the desktop does."""
        self._daemon = subprocess.Popen(
            ["kwalletd5"],
            env=clean_environment(
                self._home,
                DBUS_SESSION_BUS_ADDRESS=self.address,
                XDG_RUNTIME_DIR=str(self._home),
                QT_QPA_PLATFORM="offscreen",
            ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        give_up = time.monotonic() + _START_SECONDS
        while not (self._open_the_wallet() and (is_new or self._offers_the_wallet())):
            if self._daemon.poll() is not None or time.monotonic() > give_up:
                self.end()
                pytest.skip("kwalletd5 does not come up here")
            time.sleep(0.02)

    def _open_the_wallet(self) -> bool:
        self._answer(_KWALLETD, "pamOpen", "sayi", _WALLET, _HASH, 0)
        return self._answer(_KWALLETD, "isOpen", "s", _WALLET) is True

    def _offers_the_wallet(self) -> bool:
        return self._answer(_SERVICE, "ReadAlias", "s", "default") not in (None, "/")

    def _answer(self, to: DBusAddress, method: str, signature: str, *body: object) -> object:
        with open_dbus_connection(self.address) as connection:
            call = new_method_call(to, method, signature, body)
            reply = connection.send_and_get_reply(call, timeout=_START_SECONDS)
        return reply.body[0] if reply.header.message_type is MessageType.method_return and reply.body else None

    def end(self, *, kill: bool = False) -> None:
        """End it by SIGTERM, or by SIGKILL."""
        if self._daemon is not None:
            (self._daemon.kill if kill else self._daemon.terminate)()
            self._daemon.wait(_START_SECONDS)
            self._daemon = None


@contextmanager
def kwallet(home: Path, *, is_new: bool = False) -> Iterator[KWallet]:
    """Yield a KWallet with one open wallet, which nobody but KDE's programs can use where it *is_new*."""
    with session_bus() as address:
        wallet = KWallet(home, address=address)
        try:
            wallet.prepare(is_new=is_new)
            yield wallet
        finally:
            wallet.end(kill=True)
