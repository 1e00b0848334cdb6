"""The address of the session bus: a list, a stale one, one of another user."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from mfa_session.errors import KeyringUnavailableError
from mfa_session.keystore.dbus import SessionBus, addresses
from mfa_session.keystore.keyring_backends import TimeLimits
from tests.clean_environment import clean_environment
from tests.secret_service import MISSING, session_bus

needs_bus = pytest.mark.skipif("dbus-daemon" in MISSING, reason="needs dbus-daemon")


def connect(**environ: str) -> None:
    SessionBus(environ, limits=TimeLimits(), may_ask=False).close()


@needs_bus
@pytest.mark.parametrize("stale", ["unix:path=/nowhere/bus", "unix:abstract=/tmp/dbus-gone", "tcp:host=x,port=1", ";"])
def test_a_stale_address_is_passed_over_for_the_socket_of_systemd(stale: str) -> None:
    with session_bus() as address, tempfile.TemporaryDirectory() as runtime:
        Path(runtime, "bus").symlink_to(address.removeprefix("unix:path=").split(",")[0])

        connect(DBUS_SESSION_BUS_ADDRESS=stale, XDG_RUNTIME_DIR=runtime)


@needs_bus
def test_the_next_address_of_a_list_is_tried() -> None:
    with session_bus() as address:
        connect(DBUS_SESSION_BUS_ADDRESS=f"unix:path=/nowhere/bus;{address}")


def test_where_none_has_a_bus_the_error_is_about_the_first() -> None:
    with pytest.raises(KeyringUnavailableError, match="/nowhere/first"):
        connect(DBUS_SESSION_BUS_ADDRESS="unix:path=/nowhere/first;unix:path=/nowhere/second")


def test_a_runtime_folder_without_a_socket_is_no_session(tmp_path: Path) -> None:
    (tmp_path / "bus").touch()

    with pytest.raises(KeyringUnavailableError, match="no D-Bus session"):
        addresses({"XDG_RUNTIME_DIR": str(tmp_path)})


@needs_bus
@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="needs root and setpriv")
def test_the_bus_of_another_user_is_named_as_that() -> None:
    """As with ``sudo -E``, which keeps the variable and changes the user."""
    program = (
        "from tests.keystore.test_session_bus import connect; import sys; connect(DBUS_SESSION_BUS_ADDRESS=sys.argv[1])"
    )
    with session_bus() as address:
        folder = Path(address.removeprefix("unix:path=").split(",")[0]).parent
        folder.chmod(0o755)
        ran = subprocess.run(
            ["setpriv", "--reuid=65534", "--clear-groups", sys.executable, "-c", program, address],
            env=clean_environment(folder),
            capture_output=True,
            text=True,
        )

    if "as nobody" not in ran.stderr and any(word in ran.stderr for word in ("Permission denied", "ModuleNotFound")):
        pytest.skip("another user cannot run this Python")
    assert "is that of root, and this runs as nobody" in ran.stderr
    assert "run this as root, without sudo" in ran.stderr
