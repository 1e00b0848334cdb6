"""A pseudo console with a program in it, as Windows Terminal has one: what it asks is read, and answered."""

import ctypes
import importlib
import os
import re
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from ctypes import wintypes
from pathlib import Path
from typing import Any, Self

TIMEOUT_SECONDS = 30.0

_kernel: Any = getattr(ctypes, "WinDLL")("kernel32")  # noqa: B009  typeshed has it for Windows alone
_msvcrt: Any = importlib.import_module("msvcrt")
_kernel.CreatePseudoConsole.argtypes = (wintypes._COORD, *[wintypes.HANDLE] * 2, wintypes.DWORD, ctypes.c_void_p)
_kernel.UpdateProcThreadAttribute.argtypes = (
    *(ctypes.c_void_p, wintypes.DWORD, ctypes.c_size_t, ctypes.c_void_p),
    *(ctypes.c_size_t, ctypes.c_void_p, ctypes.c_void_p),
)
_PSEUDO_CONSOLE = 0x0002_0016
_EXTENDED_STARTUP, _UNICODE_ENVIRONMENT, _USE_HANDLES = 0x8_0000, 0x400, 0x100

_FORWARD = re.compile(r"\x1b\[([0-9]+)C")
# Colours, other movements of the cursor and titles: what a terminal does not show.
_SEQUENCES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07]*\x07)")


class _StartupInfo(ctypes.Structure):
    _fields_ = (
        ("size", wintypes.DWORD),
        *((name, wintypes.LPWSTR) for name in ("reserved", "desktop", "title")),
        *((name, wintypes.DWORD) for name in ("x", "y", "width", "height", "columns", "rows", "fill", "flags")),
        ("show", wintypes.WORD),
        ("more_size", wintypes.WORD),
        ("more", ctypes.c_void_p),
        *((name, wintypes.HANDLE) for name in ("stdin", "stdout", "stderr")),
        ("attributes", ctypes.c_void_p),
    )


class _ProcessInformation(ctypes.Structure):
    _fields_ = (
        *((name, wintypes.HANDLE) for name in ("process", "thread")),
        *((name, wintypes.DWORD) for name in ("process_id", "thread_id")),
    )


class PseudoConsole:
    """A console of 80 columns, in which *command* runs; its standard streams are those files in *folder*."""

    def __init__(self, command: Sequence[str], *, folder: Path, environ: Mapping[str, str]) -> None:
        self.stdout, self.stderr = folder / "stdout", folder / "stderr"
        self._shown = bytearray()
        self._answered = 0
        inside_in, self._typed = _pipe()
        self._screen, inside_out = _pipe()
        self._console = wintypes.HANDLE()
        size = wintypes._COORD(80, 24)
        assert _kernel.CreatePseudoConsole(size, inside_in, inside_out, 0, ctypes.byref(self._console)) == 0
        self.process = self._start(command, environ)
        _kernel.CloseHandle(inside_in)
        _kernel.CloseHandle(inside_out)
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        _kernel.TerminateProcess(self.process, 1)
        _kernel.CloseHandle(self._typed)
        _kernel.ClosePseudoConsole(self._console)

    @property
    def shown(self) -> str:
        """What was shown so far."""
        text = self._shown.decode("utf-8", errors="replace")
        return _SEQUENCES.sub("", _FORWARD.sub(lambda found: " " * int(found[1]), text))

    def expect(self, text: str) -> None:
        """Wait until *text* is shown, after what was answered last."""
        end = time.monotonic() + TIMEOUT_SECONDS
        while text not in self.shown[self._answered :]:
            is_over = _kernel.WaitForSingleObject(self.process, 20) == 0 or time.monotonic() > end
            assert not is_over or text in self.shown, f"{text} is not in {self.shown}; {self.stderr.read_text()}"

    def type(self, text: str) -> None:
        """Type *text* and Enter."""
        self._answered = len(self.shown)
        data = f"{text}\r".encode()
        assert _kernel.WriteFile(self._typed, data, len(data), ctypes.byref(wintypes.DWORD()), None)

    def wait(self) -> int:
        """Return the exit code of the program."""
        assert _kernel.WaitForSingleObject(self.process, int(TIMEOUT_SECONDS * 1000)) == 0, self.shown
        code = wintypes.DWORD()
        assert _kernel.GetExitCodeProcess(self.process, ctypes.byref(code))
        return code.value

    def _start(self, command: Sequence[str], environ: Mapping[str, str]) -> Any:
        size = ctypes.c_size_t()
        _kernel.InitializeProcThreadAttributeList(None, 1, 0, ctypes.byref(size))
        attributes = ctypes.create_string_buffer(size.value)
        assert _kernel.InitializeProcThreadAttributeList(attributes, 1, 0, ctypes.byref(size))
        assert _kernel.UpdateProcThreadAttribute(attributes, 0, _PSEUDO_CONSOLE, self._console, 8, None, None)
        startup = _StartupInfo(size=ctypes.sizeof(_StartupInfo), flags=_USE_HANDLES)
        startup.attributes = ctypes.cast(attributes, ctypes.c_void_p)
        started = _ProcessInformation()
        line = ctypes.create_unicode_buffer(subprocess.list2cmdline(command))
        block = ctypes.create_unicode_buffer("".join(f"{name}={value}\0" for name, value in environ.items()))
        with Path(os.devnull).open("rb") as nothing, self.stdout.open("wb") as out, self.stderr.open("wb") as err:
            startup.stdin, startup.stdout, startup.stderr = (_inherited(file.fileno()) for file in (nothing, out, err))
            flags = _EXTENDED_STARTUP | _UNICODE_ENVIRONMENT
            where = (ctypes.byref(startup), ctypes.byref(started))
            made = _kernel.CreateProcessW(None, line, None, None, True, flags, block, None, *where)
            assert made
        return wintypes.HANDLE(started.process)

    def _read(self) -> None:
        piece, count = ctypes.create_string_buffer(4096), wintypes.DWORD()
        while _kernel.ReadFile(self._screen, piece, len(piece), ctypes.byref(count), None):
            self._shown += piece.raw[: count.value]


def _pipe() -> tuple[wintypes.HANDLE, wintypes.HANDLE]:
    ends = wintypes.HANDLE(), wintypes.HANDLE()
    assert _kernel.CreatePipe(*map(ctypes.byref, ends), None, 0)
    return ends


def _inherited(descriptor: int) -> int:
    handle: int = _msvcrt.get_osfhandle(descriptor)
    os.set_handle_inheritable(handle, True)  # type: ignore[attr-defined, unused-ignore]  # typeshed has it for Windows
    return handle
