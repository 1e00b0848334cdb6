"""The allow-list of keyring backends; none is discovered.

``keyring.get_keyring()`` takes the best backend that is installed, which may store plain text or
nothing, and runs any code that ``PYTHON_KEYRING_BACKEND`` or ``keyringrc.cfg`` name.
"""

import configparser
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from mfa_session.errors import KeyringUnavailableError, hint_command
from mfa_session.filesystem.paths import home
from mfa_session.text import escape_control

# Ends every hint about a keyring that cannot be used.


def use_the_file() -> str:
    """Return the end of a hint: where the key can be kept without a keyring."""
    return f"or keep the key in the encrypted file: {hint_command('keys add', '--store', 'file')}"


@dataclass(frozen=True, slots=True)
class Backend:
    """A backend of ``keyring``: its class, what users call it, and whether it always *opens_dialogs* when locked."""

    class_name: str
    description: str
    opens_dialogs: bool = False


SECRET_SERVICE = Backend("keyring.backends.SecretService.Keyring", "the Secret Service keyring")
MACOS = Backend("keyring.backends.macOS.Keyring", "the macOS keychain")
WINDOWS = Backend("keyring.backends.Windows.WinVaultKeyring", "the Windows Credential Manager")
LIBSECRET = Backend("keyring.backends.libsecret.Keyring", "the Secret Service keyring", opens_dialogs=True)
KWALLET = Backend("keyring.backends.kwallet.DBusKeyring", "the KDE wallet", opens_dialogs=True)

_ALLOWED = {
    "darwin": (MACOS,),
    "win32": (WINDOWS,),
    # The first is the default, in a terminal too, so that a key stored at the desktop is found there.
    # KDE's wallet is a Secret Service since 2022.
    "linux": (SECRET_SERVICE, LIBSECRET, KWALLET),
}

# The end of a class's dotted name, and why it is never used.
_NEVER = {
    "PlaintextKeyring": "keeps secrets in plain text",
    "backends.null.Keyring": "throws away what it is given",
    "backends.fail.Keyring": "keeps nothing at all",
    "backends.chainer.ChainerBackend": "passes secrets on to whatever is installed",
}


def choose_backend(environ: Mapping[str, str], *, platform: str, named: str | None) -> Backend:
    """Return the keyring backend to use on *platform*, as ``sys.platform`` names it.

    *named* is the class in ``mfa_session_keyring``. It overrides ``PYTHON_KEYRING_BACKEND`` and
    ``keyringrc.cfg``, and need not be in the list.

    Raises:
        KeyringUnavailableError: the backend that is named may not hold a key.
    """
    allowed = _ALLOWED.get(platform, _ALLOWED["linux"])
    class_name, place = (named, "mfa_session_keyring") if named else _keyring_setting(environ, platform)
    if not class_name:
        return allowed[0]
    check_keeps_secrets(class_name, place=place)
    for known in allowed:
        if known.class_name == class_name:
            return known
    if not named:
        raise KeyringUnavailableError(
            f"{place}: {escape_control(class_name)} is not known to keep secrets",
            hint=f"unset it; if you trust it, set mfa_session_keyring = {escape_control(class_name)}; {use_the_file()}",
        )
    return Backend(class_name, f"the keyring {escape_control(class_name)}")


def check_keeps_secrets(class_name: str, *, place: str) -> None:
    """Raise KeyringUnavailableError if this class, which *place* names, stores plain text or nothing."""
    for name, fault in _NEVER.items():
        if class_name.endswith(name):
            raise KeyringUnavailableError(
                f"{place}: {escape_control(class_name)} {fault}",
                hint=f"unset it, or set mfa_session_keyring = {SECRET_SERVICE.class_name}; {use_the_file()}",
            )


def _keyring_setting(environ: Mapping[str, str], platform: str) -> tuple[str, str]:
    """Return the class that is set for all programs that use ``keyring``, or "", and where it is set."""
    if name := environ.get("PYTHON_KEYRING_BACKEND"):
        return name, "PYTHON_KEYRING_BACKEND"
    path = _keyring_configuration(environ, platform)
    place = escape_control(str(path))
    configuration = configparser.RawConfigParser()
    try:
        configuration.read(path, encoding="utf-8")
        name = configuration.get("backend", "default-keyring", fallback="").strip()
    except (configparser.Error, OSError, UnicodeDecodeError):
        return "", place  # the default is safe
    return name, place


def _keyring_configuration(environ: Mapping[str, str], platform: str) -> Path:
    if platform == "win32":
        folder = Path(environ.get("LOCALAPPDATA") or environ.get("PROGRAMDATA") or ".", "Python Keyring")
    else:
        folder = Path(environ.get("XDG_CONFIG_HOME") or home(environ) / ".config", "python_keyring")
    return folder / "keyringrc.cfg"


class Place(NamedTuple):
    """Where an item is: the program that answers as the keyring, and which of its keyrings."""

    provider: str
    keyring: str = ""

    def in_words(self) -> str:
        """Return the place as users know it."""
        return f"{self.provider} ({escape_control(self.keyring)})" if self.keyring else self.provider


# How long a keyring may keep a change in memory alone; KWallet does so for 5 seconds.
WRITE_DELAY = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """The longest that one reading or writing waits: for an *answer*, and while a *dialog* is open."""

    answer: timedelta = timedelta(seconds=10)
    dialog: timedelta = timedelta(seconds=60)
