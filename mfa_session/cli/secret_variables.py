"""The secrets in the environment of this process, which Linux shows in /proc/PID/environ."""

import contextlib
import os
import sys

from mfa_session.environment import SECRET


def take_secret_variables() -> dict[str, str]:
    """Remove every variable with a secret from the environment of this process, and return them."""
    taken = {name: os.environ[name] for name in SECRET if name in os.environ}
    for name in taken:
        _overwrite(name)
        del os.environ[name]
    return taken


def _overwrite(name: str) -> None:
    """Overwrite the value where the process was given it, which to unset a variable leaves as it was."""
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):  # another C library than we know
            getenv = ctypes.CDLL(None).getenv
            getenv.argtypes, getenv.restype = [ctypes.c_char_p], ctypes.c_void_p
            if value := getenv(os.fsencode(name)):
                ctypes.memset(value, ord("-"), len(ctypes.string_at(value)))
