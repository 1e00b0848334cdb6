"""QR codes: as block characters for a terminal, and as a picture for a file."""

import io
from typing import TYPE_CHECKING

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
