"""A connection to the D-Bus session on which no wait is without a limit.

The libraries that speak to a Secret Service wait for ever in four places: for the bus,
for the service, for the person at its dialog, and for a service that died meanwhile.
"""

import time
from collections import deque
from collections.abc import Mapping
from datetime import timedelta
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

_SERVICE = "org.freedesktop.secrets"


def address(environ: Mapping[str, str]) -> str:
    """Return the address of the session bus; jeepney does not know where systemd puts its socket.

    Raises:
        KeyringUnavailableError: there is no session bus.
    """
    if named := environ.get("DBUS_SESSION_BUS_ADDRESS"):
        return named
    runtime = environ.get("XDG_RUNTIME_DIR")
    if runtime and (bus := Path(runtime, "bus")).is_socket():
        return f"unix:path={quote(str(bus))}"
    raise KeyringUnavailableError(
        "there is no D-Bus session here, and so no Secret Service keyring",
        hint=f"WSL has no keyring of its own, {use_the_file()}"
        if "WSL_DISTRO_NAME" in environ
        else f"run this in your desktop session; {use_the_file()}",
    )


class SessionBus(DBusConnection):  # type: ignore[misc]  # jeepney has no types
    """A connection for one reading or writing of a Secret Service, which it limits as a whole.

    The time in which a dialog is open counts apart. With *may_ask* false, none is opened.
    """

    def __init__(self, environ: Mapping[str, str], *, limits: TimeLimits, may_ask: bool) -> None:
        self._limits = limits
        self._may_ask = may_ask
        self._until = time.monotonic() + limits.answer.total_seconds()
        self._owner_changes: deque[Any] = deque()
        connected = _connected(address(environ), timeout=limits.answer)
        try:
            super().__init__(connected)
            self._watch_the_service()
        except BaseException:
            connected.close()
            raise

    def _watch_the_service(self) -> None:
        changes = MatchRule(
            type="signal", sender=message_bus.bus_name, interface=message_bus.interface, member="NameOwnerChanged"
        )
        changes.add_arg_condition(0, _SERVICE)
        self.filter(changes, queue=self._owner_changes)
        Proxy(message_bus, self).AddMatch(changes)

    def send_and_get_reply(self, message: Any, *, timeout: float | None = None) -> Any:
        """Call a method, in what is left of the time.

        Raises:
            TimeoutError: no answer came.
            KeyringLockedError: this would open a dialog, and none may be opened.
        """
        if message.header.fields.get(HeaderFields.member) == "Prompt" and not self._may_ask:
            raise KeyringLockedError(
                "the Secret Service keyring is locked, and its dialog would open where nobody sees it",
                hint=f"unlock it at the desktop, then run this again; {use_the_file()}",
            )
        return super().send_and_get_reply(message, timeout=self._until - time.monotonic())

    def recv_until_filtered(self, queue: "deque[Any]", *, timeout: float | None = None) -> Any:
        """Wait for the answer to a dialog.

        A dialog that nobody answers stays open: gnome-keyring aborts when it is told to
        dismiss one, and an answer that comes later still unlocks the keyring.

        Raises:
            PromptTimeoutError: nobody answered.
            KeyringUnavailableError: the service ended, and will never say.
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
                    f"nobody answered the dialog of the Secret Service keyring within {limit:g} s",
                    hint=f"run this again and answer it: it may be behind another window; {use_the_file()}",
                ) from None
        self._until += time.monotonic() - asked
        return queue.popleft()


def _connected(bus: str, *, timeout: timedelta) -> socket:
    try:
        path = get_bus(bus)
    except (ValueError, RuntimeError, StopIteration):
        raise KeyringUnavailableError(
            f"the address of the D-Bus session is not one of a socket: {escape_control(bus)}",
            hint=f"set DBUS_SESSION_BUS_ADDRESS as your desktop does: unix:path=…; {use_the_file()}",
        ) from None
    try:
        connected: socket = prep_socket(path, timeout=timeout.total_seconds())
    except TimeoutError:
        raise
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it does not let you in"
        raise KeyringUnavailableError(
            f"the D-Bus session at {escape_control(bus)} cannot be used: {reason}",
            hint=f"run this in your own desktop session; {use_the_file()}",
        ) from error
    return connected
