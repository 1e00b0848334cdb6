"""A connection to the D-Bus session bus on which every wait has a limit.

jeepney and secretstorage wait without one for the bus, for the service, for its dialog, and for a
service that has ended.
"""

import os
import re
import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from socket import socket
from typing import Any
from urllib.parse import quote

from jeepney import HeaderFields, MatchRule
from jeepney.bus import get_bus
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import DBusConnection, Proxy, prep_socket

from mfa_session.errors import KeyringLockedError, KeyringUnavailableError, PromptTimeoutError
from mfa_session.keystore.keyring_backends import TimeLimits, use_the_file
from mfa_session.text import escape_control

SECRET_SERVICE_NAME = "org.freedesktop.secrets"  # noqa: S105  no password

# Where systemd puts the socket of a user, whose number it names.
_RUNTIME_FOLDER = re.compile(r"/run/user/(\d+)/")


def addresses(environ: Mapping[str, str]) -> list[str]:
    """Return the addresses of the session bus, in the order in which they are tried.

    ``DBUS_SESSION_BUS_ADDRESS`` may be a list, and is stale in a tmux from before the login. Last comes
    the socket of systemd, which jeepney does not know.

    Raises:
        KeyringUnavailableError: there is none.
    """
    named = environ.get("DBUS_SESSION_BUS_ADDRESS", "")
    found = [each for each in named.split(";") if each] or [named] * bool(named)
    runtime = environ.get("XDG_RUNTIME_DIR")
    # os.path, as Path.is_socket raises where the folder of another user may not be read.
    if runtime and os.path.exists(bus := os.path.join(runtime, "bus")) and Path(bus).is_socket():  # noqa: PTH110, PTH118  a folder may be closed to us
        found.append(f"unix:path={quote(bus)}")
    if found:
        return list(dict.fromkeys(found))
    raise KeyringUnavailableError(
        "no OS keyring found (no D-Bus session)",
        hint=f"WSL has no keyring of its own, {use_the_file()}"
        if "WSL_DISTRO_NAME" in environ
        else f"run this in your desktop session; {use_the_file()}",
    )


class SessionBus(DBusConnection):  # type: ignore[misc]  # jeepney has no types
    """A connection for many operations, each of which has one time limit that begins with :meth:`begin`.

    The time in which a dialog is open counts apart. With *may_ask* false, no dialog opens.
    """

    def __init__(self, environ: Mapping[str, str], *, limits: TimeLimits, may_ask: bool) -> None:
        self._limits = limits
        self._may_ask = may_ask
        # What the next dialog is about, for the error where none may open.
        self.dialog_reason = "the Secret Service keyring is locked"
        self._owner_changes: deque[Any] = deque()
        self.begin()
        self._connect(addresses(environ))
        self._watch_the_service()

    def _connect(self, found: list[str]) -> None:
        """Connect to the first address that has a bus; the error is that of the first."""
        errors: list[KeyringUnavailableError] = []
        for address in found:
            try:
                connected = _connected(address, timeout=self._until - time.monotonic())
                try:
                    super().__init__(connected)  # a bus refuses a user only now, at our first message
                except BaseException:
                    connected.close()
                    raise
                return
            except TimeoutError:
                raise
            except (OSError, ValueError) as error:
                errors.append(_unusable(address, error))
                errors[-1].__cause__ = error
            except KeyringUnavailableError as error:
                errors.append(error)
        raise errors[0]

    def begin(self) -> None:
        """Begin the time limit of the next operation."""
        self._until = time.monotonic() + self._limits.answer.total_seconds()
        self._owner_changes.clear()

    @contextmanager
    def without_dialog(self) -> Iterator[None]:
        """Let the service complete a prompt of which it is known that it opens no dialog."""
        before, self._may_ask = self._may_ask, True
        try:
            yield
        finally:
            self._may_ask = before

    def _watch_the_service(self) -> None:
        changes = MatchRule(
            type="signal", sender=message_bus.bus_name, interface=message_bus.interface, member="NameOwnerChanged"
        )
        changes.add_arg_condition(0, SECRET_SERVICE_NAME)
        self.filter(changes, queue=self._owner_changes)
        Proxy(message_bus, self).AddMatch(changes)

    def send_and_get_reply(self, message: Any, *, timeout: float | None = None) -> Any:
        """Call a method, within what is left of the time limit.

        Raises:
            TimeoutError: no answer came.
            KeyringLockedError: this would open a dialog, and none may open.
        """
        if message.header.fields.get(HeaderFields.member) == "Prompt" and not self._may_ask:
            raise KeyringLockedError(
                f"{self.dialog_reason}, and no dialog may open here",
                hint=f"unlock it at the desktop, then run this again there; {use_the_file()}",
            )
        return super().send_and_get_reply(message, timeout=self._until - time.monotonic())

    def recv_until_filtered(self, queue: "deque[Any]", *, timeout: float | None = None) -> Any:
        """Wait for the answer to a dialog.

        A dialog without an answer stays open: gnome-keyring aborts when it is told to
        dismiss one, and a late answer still unlocks the keyring.

        Raises:
            PromptTimeoutError: no answer came.
            KeyringUnavailableError: the service ended.
        """
        asked = time.monotonic()
        limit = self._limits.dialog.total_seconds()
        while not queue:
            # Each is the name, its owner before, and its owner now.
            if any(change.body[2] == "" for change in self._owner_changes):
                raise KeyringUnavailableError(
                    "the Secret Service ended while its dialog was open",
                    hint=f"start it again (log out of the desktop and in), then run this again; {use_the_file()}",
                )
            try:
                self.recv_messages(timeout=asked + limit - time.monotonic())
            except TimeoutError:
                raise PromptTimeoutError(
                    f"the dialog of the Secret Service keyring was not answered within {limit:g} s",
                    hint=f"run this again and answer it: it may be behind another window; {use_the_file()}",
                ) from None
        self._until += time.monotonic() - asked
        return queue.popleft()


def _connected(bus: str, *, timeout: float) -> socket:
    try:
        path = get_bus(bus)
    except (ValueError, RuntimeError, StopIteration):
        raise KeyringUnavailableError(
            f"the address of the D-Bus session is not one of a socket: {escape_control(bus)}",
            hint=f"set DBUS_SESSION_BUS_ADDRESS as your desktop does: unix:path=…; {use_the_file()}",
        ) from None
    connected: socket = prep_socket(path, timeout=timeout)
    return connected


def _unusable(bus: str, error: Exception) -> KeyringUnavailableError:
    owner = _owner_of(str(get_bus(bus)))
    if sys.platform != "win32" and owner not in (None, os.geteuid()):
        return KeyringUnavailableError(
            f"the D-Bus session at {escape_control(bus)} is that of {_user_name(owner)}, "
            f"and this runs as {_user_name(os.geteuid())}",
            hint=f"run this as {_user_name(owner)}, without sudo; {use_the_file()}",
        )
    reason = getattr(error, "strerror", None) or "it refuses this user"
    return KeyringUnavailableError(
        f"the D-Bus session at {escape_control(bus)} cannot be used: {reason}",
        hint=f"run this in your own desktop session; {use_the_file()}",
    )


def _owner_of(path: str) -> int | None:
    """Return whose socket this is, ``None`` where that cannot be told."""
    if found := _RUNTIME_FOLDER.match(path):
        return int(found[1])
    try:
        return Path(path).stat().st_uid
    except (OSError, ValueError):  # missing, or an abstract socket
        return None


def _user_name(user: int | None) -> str:
    if sys.platform == "win32":
        return f"user {user}"
    import pwd  # not on Windows

    try:
        return pwd.getpwuid(user or 0).pw_name
    except KeyError:
        return f"user {user}"
