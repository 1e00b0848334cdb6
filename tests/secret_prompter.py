"""The dialog of gnome-keyring, answered by a script: it is typed into, closed, or left alone.

The daemon asks a program of the desktop to show its dialogs, over the session bus. This
stands in that program's place and speaks its protocol, so that the daemon, the bus
and the time that passes are real.
"""

import base64
import contextlib
import hashlib
import hmac
import os
import socket
import threading
import time
from collections.abc import Iterator

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from jeepney import DBusAddress, HeaderFields, Message, MessageType, new_method_call, new_method_return
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import DBusConnection, Proxy, open_dbus_connection

_BUS_NAME = "org.gnome.keyring.SystemPrompter"
_CALLBACK = "org.gnome.keyring.internal.Prompter.Callback"

# RFC 3526, group 5: what gcr's "sx-aes-1" exchanges the password's key with.
_PRIME = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F"
    "83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA237327FFFFFFFFFFFFFFFF",
    16,
)
_PRIME_BYTES = 192


class Prompter:
    """What is done with each dialog: *password* is typed, ``""`` closes it, ``None`` leaves it alone."""

    def __init__(self, connection: DBusConnection, password: str | None, *, after: float) -> None:
        self.opened = 0
        self.is_open = threading.Event()
        self._connection = connection
        self._password = password
        self._seconds = after

    def serve(self) -> None:
        """Answer the daemon until the connection is closed."""
        with contextlib.suppress(OSError, ValueError):
            while True:
                message = self._connection.receive()
                if message.header.message_type is MessageType.method_call:
                    self._connection.send(new_method_return(message))
                    self._answer(message)

    def _answer(self, message: Message) -> None:
        sender = message.header.fields[HeaderFields.sender]
        callback = DBusAddress(message.body[0], bus_name=sender, interface=_CALLBACK)
        match message.header.fields[HeaderFields.member]:
            case "BeginPrompting":
                self._ready(callback, reply="", exchange="")
            case "PerformPrompt":
                self.opened += 1
                self.is_open.set()
                time.sleep(self._seconds)
                if self._password == "":
                    self._ready(callback, reply="no", exchange="")
                elif self._password is not None:
                    self._ready(callback, reply="yes", exchange=_sealed(self._password, exchange=message.body[3]))
            case "StopPrompting":
                self._connection.send(new_method_call(callback, "PromptDone"))

    def _ready(self, callback: DBusAddress, *, reply: str, exchange: str) -> None:
        self._connection.send(new_method_call(callback, "PromptReady", "sa{sv}s", (reply, {}, exchange)))


@contextlib.contextmanager
def prompter(address: str, *, password: str | None, after: float = 0) -> Iterator[Prompter]:
    """Answer the dialogs of the daemon on the bus at *address*, each when it has been open for *after* seconds."""
    with open_dbus_connection(address) as connection:
        Proxy(message_bus, connection, timeout=5).RequestName(_BUS_NAME)
        prompter = Prompter(connection, password, after=after)
        thread = threading.Thread(target=prompter.serve, daemon=True)
        thread.start()
        yield prompter
        connection.sock.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def _sealed(password: str, *, exchange: str) -> str:
    """Return *password* as gcr's prompter sends it in answer to the daemon's half of the *exchange*."""
    fields = dict(line.split("=", 1) for line in exchange.splitlines() if "=" in line)
    private = int.from_bytes(os.urandom(_PRIME_BYTES)) % _PRIME
    shared = pow(int.from_bytes(base64.b64decode(fields["public"])), private, _PRIME)
    pseudo_random_key = hmac.digest(bytes(32), shared.to_bytes(_PRIME_BYTES), hashlib.sha256)
    key = hmac.digest(pseudo_random_key, b"\1", hashlib.sha256)[:16]
    vector = os.urandom(16)
    padding = 16 - len(password) % 16
    encryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).encryptor()
    secret = encryptor.update(password.encode() + bytes([padding]) * padding) + encryptor.finalize()
    public = pow(2, private, _PRIME).to_bytes(_PRIME_BYTES)
    halves = {"public": public, "secret": secret, "iv": vector}
    return "[sx-aes-1]\n" + "".join(f"{name}={base64.b64encode(half).decode()}\n" for name, half in halves.items())
