"""How other programs start this one: by its path, and isolated from the environment's Python settings.

Python runs `sitecustomize` from any folder of ``PYTHONPATH``, the current one if an entry is
empty, before a line of ours. Installers write scripts without options, and drop those of a
script in a wheel. So the interpreter is named, with ``-I``, and the script behind it.
"""

import os
import re
import site
import sys
from collections.abc import Mapping
from pathlib import Path

import mfa_session
from mfa_session.system.commands import find_program
from mfa_session.system.credential_process_line import is_plain_path

# What pip, uv and distributions write; the second is for an interpreter whose path is long or has blanks.
_SCRIPT_OF_PYTHON = re.compile(rb"#!.*\b(?:python|pypy)[0-9.]*(?P<options> .*)?\r?\n|#! ?/bin/sh\n'''exec' ")
_ZIP = b"PK\x03\x04"
_HEAD_BYTES = 4096


def program_path() -> str:
    """Return the absolute path of the script or program that starts this one."""
    name = "mfa-session.exe" if sys.platform == "win32" else "mfa-session"
    beside = Path(sys.executable).with_name(name)
    called = Path(sys.argv[0]).absolute()
    # All of it may lie in one file, which has more behind its name (mfa-session.pyz) and which Python was told to run.
    started = find_program(str(called), os.environ) if called.name.startswith("mfa-session") else None
    found = started or (beside if beside.exists() else find_program(name, os.environ) or beside)
    return _startable(Path(found).absolute())


def program_command(environ: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Return the words that start this program, isolated from ``PYTHON*`` variables wherever it can be.

    It cannot where the program is no Python script (a wrapper that a distribution wrote), or
    where Python finds our modules by ``PYTHONPATH`` alone.
    """
    program = program_path()
    # A launcher of Windows starts a second process; its interpreter does the same alone.
    is_launcher = program.lower().endswith(".exe")
    head = b"" if is_launcher else _head(program)
    script = _SCRIPT_OF_PYTHON.match(head)
    is_isolated = script is not None and re.search(rb" -\w*I", script["options"] or b"") is not None
    is_script = script is not None or head.startswith(_ZIP)
    if not sys.executable or is_isolated or not (is_launcher or is_script):
        return (program,)
    python = _startable(Path(sys.executable))
    if _has_its_own_modules(head):
        return (python, "-I", program)
    package = Path(mfa_session.__file__).parent.parent
    is_found_alone = str(package) in (*site.getsitepackages(), site.getusersitepackages())
    if not is_found_alone and str(package) in environ.get("PYTHONPATH", "").split(os.pathsep):
        return (program,)
    # What was installed for the user alone is not found with -I, whose other two halves are -E and -P.
    options = "-EP" if package == Path(site.getusersitepackages()) else "-I"
    return (python, options, "-m", "mfa_session") if is_launcher else (python, options, program)


def _head(program: str) -> bytes:
    try:
        with open(program, "rb") as file:
            return file.read(_HEAD_BYTES)
    except OSError:
        return b""


def _has_its_own_modules(head: bytes) -> bool:
    """Tell whether a file that begins so has all modules in it, as the single file does behind its first line."""
    return head.startswith(_ZIP) or head.partition(b"\n")[2].startswith(_ZIP)


if sys.platform == "win32":

    def _startable(path: Path) -> str:
        """Return *path* with the short name of its folder where not every AWS SDK could start it by the long one."""
        return str(path if is_plain_path(str(path)) else _short(path.parent) / path.name)

    def _short(folder: Path) -> Path:
        """Return *folder* by the short name that Windows keeps for most; it may be longer than the long one."""
        import ctypes  # of Windows alone

        short_name = ctypes.windll.kernel32.GetShortPathNameW
        size = short_name(str(folder), None, 0)
        short = ctypes.create_unicode_buffer(size)
        return Path(short.value) if size and 0 < short_name(str(folder), short, size) < size else folder

else:
    _startable = str
