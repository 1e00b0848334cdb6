"""A phone's camera: it reads QR codes off a screen, and out of files."""

import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

import zxingcpp

from tests.terminal import Cell, PseudoTerminal

# A screen without colours of its own: light letters on a dark ground, as most consoles are.
_DEFAULT_COLOURS = {"letter": 0xE6, "ground": 0x14}

# A cell is about twice as high as it is wide.
_PIXELS = 4

# Whether a character fills the upper half of its cell, and the lower one; letters count as ground.
_FILLED = {"▀": (True, False), "▄": (False, True), "█": (True, True)}


def read_from_screen(terminal: PseudoTerminal) -> str:
    """Return what the one QR code on the screen says."""
    rows = []
    for line in terminal.cells:
        halves = [_halves(cell) for cell in line]
        for half in (0, 1):
            rows += [b"".join(bytes([shades[half]]) * _PIXELS for shades in halves)] * _PIXELS
    return _read(rows)


def read_from_file(path: Path) -> str:
    """Return what the one QR code in a PNG says, which has one bit for each pixel, as those of QR codes have."""
    content = path.read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n"), content[:8]
    width, height, depth, colours = struct.unpack(">IIBB", content[16:26])
    assert (depth, colours) == (1, 0), "it is not black and white"
    data = zlib.decompress(b"".join(_chunks(content, b"IDAT")))
    lines = _lines(data, stride=(width + 7) // 8)
    assert len(lines) == height
    return _read([bytes(0xFF * (line[x // 8] >> (7 - x % 8) & 1) for x in range(width)) for line in lines])


def _halves(cell: Cell) -> tuple[int, int]:
    upper, lower = _FILLED.get(cell.character, (False, False))
    letter, ground = _brightness(cell.letter, "letter"), _brightness(cell.ground, "ground")
    return (letter if upper else ground, letter if lower else ground)


def _brightness(colour: str, of: str) -> int:
    return _DEFAULT_COLOURS[of] if colour == "default" else int(colour[:2], 16)


def _chunks(content: bytes, wanted: bytes) -> list[bytes]:
    found, at = [], 8
    while at < len(content):
        (length,) = struct.unpack(">I", content[at : at + 4])
        if content[at + 4 : at + 8] == wanted:
            found.append(content[at + 8 : at + 8 + length])
        at += 12 + length
    return found


def _lines(data: bytes, *, stride: int) -> list[bytes]:
    """Return the lines of a picture; each has a byte before it that says whether it stands as it is (0)."""
    lines = [bytes(stride)]
    for start in range(0, len(data), 1 + stride):
        kind, line = data[start], data[start + 1 : start + 1 + stride]
        assert kind in (0, 2), f"a line is filtered in a way that QR codes have no need of: {kind}"
        above = lines[-1] if kind == 2 else bytes(stride)
        lines.append(bytes((there + more) % 256 for there, more in zip(above, line, strict=True)))
    return lines[1:]


def _read(rows: Sequence[bytes]) -> str:
    picture = memoryview(b"".join(rows)).cast("B", shape=[len(rows), len(rows[0])])
    (code,) = zxingcpp.read_barcodes(picture, formats=zxingcpp.barcode_formats_from_str("QRCode"), try_invert=False)
    return str(code.text)
