"""Tell whether a dialog could be seen: whether there is a display, and not behind SSH."""

import re
import sys
from collections.abc import Mapping
from pathlib import Path

# A display that does not accept a connection soon shows nothing.
_TIMEOUT_SECONDS = 1.0

# Of X11: the screen behind the point does not matter.
_X11_DISPLAY = re.compile(r"(?P<host>[^:]*):(?P<number>[0-9]{1,5})(\.[0-9]+)?")
_X11_FIRST_PORT = 6000


def has_screen(environ: Mapping[str, str]) -> bool:
    """Tell whether the user would see a dialog.

    Over SSH it would open on another screen. The display must accept a connection: its
    variable outlives it in terminal multiplexers.
    """
    if "SSH_CONNECTION" in environ:
        return False
    if sys.platform == "win32":
        from mfa_session.prompt.windows_console import has_desktop  # of Windows alone

        return has_desktop()
    if sys.platform == "darwin":
        return True
    return _wayland_is_there(environ) or _x11_is_there(environ)


if sys.platform == "win32":

    def _accepts_a_connection(_: str) -> bool:
        return False

else:

    def _accepts_a_connection(path: str) -> bool:
        import socket  # 2.3 ms, and a terminal needs no display

        with socket.socket(socket.AF_UNIX) as display:
            display.settimeout(_TIMEOUT_SECONDS)
            try:
                display.connect(path)
            except OSError:
                return False
        return True


def _wayland_is_there(environ: Mapping[str, str]) -> bool:
    name = environ.get("WAYLAND_DISPLAY", "")
    # An absolute name stands for itself.
    return name != "" and _accepts_a_connection(str(Path(environ.get("XDG_RUNTIME_DIR", "/"), name)))


def _x11_is_there(environ: Mapping[str, str]) -> bool:
    display = _X11_DISPLAY.fullmatch(environ.get("DISPLAY", ""))
    if not display:
        return False
    number = int(display["number"])
    if display["host"] in ("", "unix"):
        path = f"/tmp/.X11-unix/X{number}"  # noqa: S108  where X11 has it
        return _accepts_a_connection(path) or (sys.platform == "linux" and _accepts_a_connection(f"\0{path}"))
    import socket

    try:
        socket.create_connection((display["host"], _X11_FIRST_PORT + number), _TIMEOUT_SECONDS).close()
    except OSError:
        return False
    return True
