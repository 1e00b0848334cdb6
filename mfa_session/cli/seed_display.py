"""The display of a new device's seed, from which an authenticator app learns to show its codes."""

import io
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from mfa_session.cli.context import AppContext
from mfa_session.cli.output import write_stderr
from mfa_session.errors import ConfigurationError
from mfa_session.filesystem.private_files import temporary_file
from mfa_session.model.mfa_device import VirtualMFADevice
from mfa_session.prompt.user import NoUser, User
from mfa_session.text import escape_control

if TYPE_CHECKING:
    from segno import QRCode

# Half of what the standard asks for around a code, and enough for the readers in use.
_BORDER = 2

_PIXELS_A_MODULE = 8


def rows(text: str) -> list[str]:
    """Return the QR code of *text* in rows of block characters, each of them two modules, one above the other.

    The light modules are the blocks: it is right where letters are lighter than what is behind them.
    """
    drawn = io.StringIO()
    _code(text).terminal(drawn, border=_BORDER, compact=True)
    return drawn.getvalue().splitlines()


def png(text: str) -> bytes:
    """Return the QR code of *text* as a PNG."""
    drawn = io.BytesIO()
    _code(text).save(drawn, kind="png", scale=_PIXELS_A_MODULE)
    return drawn.getvalue()


def _code(text: str) -> "QRCode":
    # It takes seventy milliseconds to load, and one command of many needs it.
    import segno

    return segno.make_qr(text, error="L")


Show: TypeAlias = Callable[[VirtualMFADevice], None]

# A name of 128 characters makes a QR code of 57 modules, and two stand on either side.
_WIDEST_PICTURE = 61

_BLOCKS = "█▀▄"


@contextmanager
def seed_display(app: AppContext, user: User | NoUser, *, file: str | None, seed_too: bool) -> Iterator[Show]:
    """Have a place where the seed can be shown: a *file* that is deleted in the end, or the terminal.

    Whether it will do is found out at once, before there is a device. The seed is shown as
    text only where it is wanted: *seed_too*.

    Raises:
        ConfigurationError: the terminal cannot show a QR code, or the file cannot be written.
        UsageError: there is a file of this name.
    """

    def show_seed(made: VirtualMFADevice) -> None:
        if seed_too:
            user.tell(f"Or type this key into the app: {made.seed}")

    if file is None:
        _check_that_a_picture_fits()

        def show(made: VirtualMFADevice) -> None:
            user.tell("Scan this QR code with an authenticator app:")
            user.show_picture(rows(made.key_uri), coloured=_colours_are_welcome(app))
            show_seed(made)

        yield show
        return

    with temporary_file(Path(file)) as write:

        def write_and_tell(made: VirtualMFADevice) -> None:
            write(png(made.key_uri))
            user.tell(f"The QR code is in {file}. Scan it with an authenticator app.")
            show_seed(made)

        yield write_and_tell
    write_stderr(f"mfa-session: {escape_control(file)} is deleted")


def _check_that_a_picture_fits() -> None:
    try:
        _BLOCKS.encode(sys.getfilesystemencoding())
    except UnicodeEncodeError:
        raise ConfigurationError(
            "this terminal cannot show a QR code: its character set has no blocks",
            hint="take a picture instead: --qr-file FILE; or set LANG to a language in UTF-8",
        ) from None
    columns = shutil.get_terminal_size().columns
    if columns < _WIDEST_PICTURE:
        raise ConfigurationError(
            f"the terminal is {columns} columns wide, and a QR code may need {_WIDEST_PICTURE}",
            hint="widen it, or take a picture instead: --qr-file FILE",
        )


def _colours_are_welcome(app: AppContext) -> bool:
    # A Windows console may take an escape sequence for text.
    return not app.environ.get("NO_COLOR") and app.environ.get("TERM") != "dumb" and os.name != "nt"
