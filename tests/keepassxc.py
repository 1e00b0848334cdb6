"""A KeePassXC of one's own: the real program under Xvfb, as Secret Service of a private D-Bus, with one open database.

Its dialogs are answered by xdotool, and counted. Debian and Ubuntu:
``apt-get install --no-install-recommends dbus keepassxc xvfb xdotool``.
"""

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from jeepney import DBusAddress, MessageType, new_method_call
from jeepney.io.blocking import open_dbus_connection

from tests.clean_environment import clean_environment
from tests.secret_service import session_bus

_PROGRAMS = ("dbus-daemon", "keepassxc", "keepassxc-cli", "Xvfb", "xdotool")
_MISSING = [program for program in _PROGRAMS if shutil.which(program) is None]
needs_keepassxc = pytest.mark.skipif(bool(_MISSING), reason=f"needs {' and '.join(_MISSING)}")

PASSWORD = "open sesame"

_CONFIGURATION = """[General]
ConfigVersion=2
UpdateCheckMessageShown=true

[GUI]
CheckForUpdates=false

[FdoSecrets]
Enabled=true
ShowNotification=false
"""

# A database is offered on the bus once one of its groups is exposed.
_DATABASE = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<KeePassFile><Meta><DatabaseName>Passwords</DatabaseName><RecycleBinEnabled>True</RecycleBinEnabled><CustomData><Item>
<Key>FDO_SECRETS_EXPOSED_GROUP</Key><Value>{00112233-4455-6677-8899-aabbccddeeff}</Value></Item></CustomData></Meta>
<Root><Group><UUID>ABEiM0RVZneImaq7zN3u/w==</UUID><Name>Root</Name></Group></Root></KeePassFile>
"""

_KEYRING = DBusAddress(
    "/org/freedesktop/secrets/aliases/default", "org.freedesktop.secrets", "org.freedesktop.DBus.Properties"
)
_WINDOW = DBusAddress("/keepassxc", "org.keepassxc.KeePassXC.MainWindow", "org.keepassxc.KeePassXC.MainWindow")

_START_SECONDS = 30.0


class KeePassXC:
    """The running program, and what can befall it. Its requests for access are granted while *answers* is true."""

    def __init__(self, home: Path, *, address: str, display: str) -> None:
        self.address = address
        self.display = display
        self.home = home
        self.database = home / "passwords.kdbx"
        self.configuration = home / ".config" / "keepassxc" / "keepassxc.ini"
        self.answers = True
        self.dialogs: list[str] = []
        self._seen: set[str] = set()
        self._is_over = threading.Event()
        self._program: subprocess.Popen[bytes] | None = None
        self._environ = clean_environment(
            home, DBUS_SESSION_BUS_ADDRESS=address, DISPLAY=display, XDG_RUNTIME_DIR=str(home), TMPDIR=str(home)
        )

    def prepare(self) -> None:
        """Lay down the files of a user who has a database."""
        self.configuration.parent.mkdir(parents=True)
        self.configuration.write_text(_CONFIGURATION)
        source = self.home / "database.xml"
        source.write_text(_DATABASE)
        subprocess.run(
            ["keepassxc-cli", "import", "-q", "-p", "-t", "100", source, self.database],
            env=self._environ,
            input=f"{PASSWORD}\n{PASSWORD}\n".encode(),
            stderr=subprocess.DEVNULL,
            check=True,
        )
        source.unlink()
        self._answerer = threading.Thread(target=self._answer_dialogs)
        self._answerer.start()
        self.start()

    def start(self) -> None:
        """Start it, and open the database as its user does after the log-in."""
        self._program = subprocess.Popen(
            ["keepassxc", "--pw-stdin", self.database],
            env=self._environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert self._program.stdin is not None
        self._program.stdin.write(f"{PASSWORD}\n".encode())
        self._program.stdin.close()
        give_up = time.monotonic() + _START_SECONDS
        while self._is_locked() is not False:
            if self._program.poll() is not None or time.monotonic() > give_up:
                self.end(kill=True)
                pytest.skip("keepassxc does not come up here")
            time.sleep(0.05)

    def lock(self) -> None:
        """Lock the database, as soon as it is saved."""
        give_up = time.monotonic() + _START_SECONDS
        while not self._is_locked():
            assert time.monotonic() < give_up
            self._call(_WINDOW, "lockAllDatabases")
            time.sleep(0.1)

    def _is_locked(self) -> object:
        value = self._call(_KEYRING, "Get", "ss", "org.freedesktop.Secret.Collection", "Locked")
        return value[1] if isinstance(value, tuple) else None

    def end(self, *, kill: bool = False) -> None:
        """End it by SIGTERM, or by SIGKILL."""
        if self._program is not None:
            (self._program.kill if kill else self._program.terminate)()
            self._program.wait(_START_SECONDS)
            self._program = None

    def stop(self) -> None:
        """End it and the answering of its dialogs."""
        self._is_over.set()
        self._answerer.join()
        self.end(kill=True)

    def export(self) -> str:
        """Return the database on disk as XML, with all secrets."""
        exported = subprocess.run(
            ["keepassxc-cli", "export", "-q", self.database],
            env=self._environ,
            input=f"{PASSWORD}\n",
            capture_output=True,
            text=True,
        )
        return exported.stdout

    def _call(self, to: DBusAddress, method: str, signature: str | None = None, *body: object) -> object:
        with open_dbus_connection(self.address) as connection:
            call = new_method_call(to, method, signature, body)
            reply = connection.send_and_get_reply(call, timeout=_START_SECONDS)
        return reply.body[0] if reply.header.message_type is MessageType.method_return and reply.body else None

    def _answer_dialogs(self) -> None:
        while not self._is_over.wait(0.1):
            for title, typed in (("Access Request", ""), ("Unlock Database", PASSWORD)):
                for window in self._xdotool("search", "--name", title).split():
                    if window not in self._seen:
                        self._seen.add(window)
                        self.dialogs.append(title)
                        if self.answers:
                            self._answer(window, typed)

    def _answer(self, window: str, typed: str) -> None:
        time.sleep(0.3)  # it does not listen while it is being drawn
        self._xdotool("windowfocus", window)
        if typed:
            time.sleep(0.3)
            self._xdotool("type", "--delay", "60", typed)
        self._xdotool("key", "Return")

    def _xdotool(self, *arguments: str) -> str:
        return subprocess.run(
            ["xdotool", *arguments], env=self._environ, capture_output=True, text=True, timeout=20
        ).stdout


@contextmanager
def keepassxc(home: Path) -> Iterator[KeePassXC]:
    """Yield a KeePassXC with one open database, which is exposed as the default keyring."""
    with session_bus() as address, _display() as display:
        program = KeePassXC(home, address=address, display=display)
        try:
            program.prepare()
            yield program
        finally:
            program.stop()


@contextmanager
def _display() -> Iterator[str]:
    """Yield the name of a display that nobody sees."""
    reader, writer = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writer), "-screen", "0", "1024x768x24", "-nolisten", "tcp"],
        pass_fds=[writer],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(writer)
    try:
        with open(reader) as numbers:
            yield f":{numbers.readline().strip()}"
    finally:
        server.terminate()
        server.wait(10)
