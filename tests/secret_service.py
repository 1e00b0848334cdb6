"""A Secret Service of one's own: the real gnome-keyring on a private D-Bus, in a private home.

Debian and Ubuntu: ``apt-get install --no-install-recommends dbus gnome-keyring``.
"""

import contextlib
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from jeepney import DBusAddress, new_method_call
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import Proxy, open_dbus_connection

from tests.clean_environment import clean_environment

PROGRAMS = ("dbus-daemon", "gnome-keyring-daemon")
MISSING = [program for program in PROGRAMS if shutil.which(program) is None]
needs_secret_service = pytest.mark.skipif(bool(MISSING), reason=f"needs {' and '.join(MISSING)}")

# The daemon takes an empty password for "none given", and then makes no keyring at all.
PASSWORD = "open sesame"

_START_SECONDS = 10.0

_BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type><listen>unix:path={folder}/bus</listen><servicedir>{folder}</servicedir><auth>EXTERNAL</auth>
  <policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy>
</busconfig>
"""


@contextlib.contextmanager
def session_bus(*, activates: str | None = None) -> Iterator[str]:
    """Yield the address of a private session bus; *activates* is the program it starts for the Secret Service."""
    # The path of a socket holds 107 bytes: the folders of pytest are too deep for it.
    with tempfile.TemporaryDirectory(prefix="bus-") as name:
        folder = Path(name)
        configuration = folder / "bus.conf"
        configuration.write_text(_BUS.format(folder=folder))
        if activates is not None:
            service = f"[D-BUS Service]\nName=org.freedesktop.secrets\nExec={activates}\n"
            (folder / "org.freedesktop.secrets.service").write_text(service)
        bus = subprocess.Popen(
            ["dbus-daemon", f"--config-file={configuration}", "--nofork", "--nopidfile", "--print-address=1"],
            env=clean_environment(folder),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        with _ended(bus):
            assert bus.stdout is not None
            yield bus.stdout.readline().strip()


@contextlib.contextmanager
def secret_service(home: Path) -> Iterator["SecretService"]:
    """Yield a Secret Service with one unlocked keyring, whose password is :data:`PASSWORD`."""
    with session_bus() as address, tempfile.TemporaryDirectory(prefix="control-") as control:
        service = SecretService(home, address=address, control=Path(control))
        service.start()
        try:
            yield service
        finally:
            service.resume()
            service.end()


class SecretService:
    """The running daemon, and what can befall it."""

    def __init__(self, home: Path, *, address: str, control: Path) -> None:
        self.address = address
        self._home = home
        self._control = control / "control"

    def start(self) -> None:
        """Start the daemon, and unlock its keyring."""
        self._daemon = _start_daemon(self._home, address=self.address, control=self._control.parent)
        _wait_until_owned(self.address, self._daemon)

    def end(self, *, kill: bool = False) -> None:
        """End the daemon by SIGTERM, or by SIGKILL; the bus stays."""
        (self._daemon.kill if kill else self._daemon.terminate)()
        try:
            self._daemon.wait(_START_SECONDS)
        except subprocess.TimeoutExpired:
            self._daemon.kill()
            self._daemon.wait()

    def lock(self) -> None:
        """Lock the keyring, as the desktop does when its user logs out."""
        service = DBusAddress("/org/freedesktop/secrets", "org.freedesktop.secrets", "org.freedesktop.Secret.Service")
        keyrings = ["/org/freedesktop/secrets/aliases/default"]
        with open_dbus_connection(self.address) as connection:
            connection.send_and_get_reply(new_method_call(service, "Lock", "ao", (keyrings,)), timeout=5)

    def unlock(self) -> None:
        """Unlock the keyring without a dialog, as the log-in to a desktop does."""
        password = PASSWORD.encode()
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(str(self._control))
            connection.sendall(b"\0")
            connection.sendall(struct.pack(">III", 12 + len(password), 1, len(password)) + password)
            _length, refused = struct.unpack(">II", connection.recv(8))
        assert not refused

    def hang(self) -> None:
        """Stop the daemon: it is there, and answers nothing."""
        self._daemon.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let the daemon go on where it hung."""
        self._daemon.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """Kill the daemon; the bus stays, and knows nobody else who could serve."""
        self.end(kill=True)


def runnable_daemon(folder: Path) -> Path:
    """Return the program of the daemon; where that may not be run, a copy of it in *folder* that may."""
    program = Path(shutil.which("gnome-keyring-daemon") or "gnome-keyring-daemon")
    try:
        subprocess.run([program, "--version"], capture_output=True, check=True)
    except PermissionError:
        # A container may refuse the capability of the file (cap_ipc_lock); a copy has none.
        program = shutil.copyfile(program, folder / program.name)
        program.chmod(0o700)
    return program


def _start_daemon(home: Path, *, address: str, control: Path) -> "subprocess.Popen[bytes]":
    daemon = subprocess.Popen(
        [
            runnable_daemon(control),
            "--foreground",
            "--unlock",
            "--components=secrets",
            f"--control-directory={control}",
        ],
        env=clean_environment(home, DBUS_SESSION_BUS_ADDRESS=address, XDG_RUNTIME_DIR=str(control)),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    assert daemon.stdin is not None
    daemon.stdin.write(PASSWORD.encode())
    daemon.stdin.close()
    return daemon


def _wait_until_owned(address: str, daemon: "subprocess.Popen[bytes]") -> None:
    give_up = time.monotonic() + _START_SECONDS
    with open_dbus_connection(address) as connection:
        bus = Proxy(message_bus, connection, timeout=5)
        while not bus.NameHasOwner("org.freedesktop.secrets")[0]:
            if daemon.poll() is not None or time.monotonic() > give_up:
                pytest.skip("gnome-keyring-daemon does not come up here")
            time.sleep(0.005)


@contextlib.contextmanager
def _ended(process: "subprocess.Popen[bytes] | subprocess.Popen[str]") -> Iterator[None]:
    try:
        yield
    finally:
        # A stopped process does not see SIGTERM until it goes on.
        process.send_signal(signal.SIGCONT)
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()
