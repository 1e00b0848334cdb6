"""The keyring back ends that may hold a key: known by name, never discovered.

``keyring`` itself takes the best of what is installed. On a machine without a
desktop that may be a plain file, or one that throws away what it is given; and it runs
whatever code ``PYTHON_KEYRING_BACKEND`` or ``keyringrc.cfg`` name. So each system has
its own back end here, and what those two name is looked up in a list.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from mfa_session.errors import KeyringUnavailableError
from mfa_session.filesystem.paths import home
from mfa_session.text import escape_control

# Ends the hint wherever a keyring does not do: the way out that every machine has.
USE_THE_FILE = "or keep the key in the encrypted file: mfa-session keys add --store file"


@dataclass(frozen=True, slots=True)
class BackEnd:
    """A back end of ``keyring``: the dotted name of its class, and what its users call it.

    One that *opens_dialogs* does so whenever it is locked, and cannot be told not to.
    """

    class_name: str
    description: str
    opens_dialogs: bool = False


SECRET_SERVICE = BackEnd("keyring.backends.SecretService.Keyring", "the Secret Service keyring")
MACOS = BackEnd("keyring.backends.macOS.Keyring", "the macOS keychain")
WINDOWS = BackEnd("keyring.backends.Windows.WinVaultKeyring", "the Windows Credential Manager")
LIBSECRET = BackEnd("keyring.backends.libsecret.Keyring", "the Secret Service keyring", opens_dialogs=True)
KWALLET = BackEnd("keyring.backends.kwallet.DBusKeyring", "the KDE wallet", opens_dialogs=True)

_ALLOWED = {
    "darwin": (MACOS,),
    "win32": (WINDOWS,),
    # Unless another is named it is the first, whatever the session: a key that was stored from the desktop
    # must be found from a terminal too. KDE's wallet answers as a Secret Service since 2022.
    "linux": (SECRET_SERVICE, LIBSECRET, KWALLET),
}

# The end of a class's dotted name, and why it may hold no key, whoever names it.
_NEVER = {
    "PlaintextKeyring": "keeps secrets in plain text",
    "backends.null.Keyring": "throws away what it is given",
    "backends.fail.Keyring": "keeps nothing at all",
    "backends.chainer.ChainerBackend": "passes secrets on to whatever is installed",
}


class _Named(NamedTuple):
    class_name: str
    place: str


def back_end(environ: Mapping[str, str], *, platform: str, insisted: str | None) -> BackEnd:
    """Return the back end that holds the keys of this user on *platform*, as ``sys.platform`` names it.

    *insisted* is the class that ``mfa_session_keyring`` names. It goes before what is
    named for every program that uses ``keyring``, and need not be in our list.

    Raises:
        KeyringUnavailableError: a back end is named that may not hold a key.
    """
    allowed = _ALLOWED.get(platform, _ALLOWED["linux"])
    named = _Named(insisted, "mfa_session_keyring") if insisted else _named_for_all_programs(environ, platform)
    if named is None:
        return allowed[0]
    refuse_what_keeps_no_secret(named.class_name, place=named.place)
    for known in allowed:
        if known.class_name == named.class_name:
            return known
    if not insisted:
        raise KeyringUnavailableError(
            f"{named.place}: {escape_control(named.class_name)} is not known to keep secrets",
            hint=f"unset it; if you trust it, set mfa_session_keyring = {escape_control(named.class_name)}; "
            f"{USE_THE_FILE}",
        )
    return BackEnd(named.class_name, f"the keyring {escape_control(named.class_name)}")


def refuse_what_keeps_no_secret(class_name: str, *, place: str) -> None:
    """Refuse the class of this dotted name, for which *place* is to blame, if it may hold no key.

    Raises:
        KeyringUnavailableError: it keeps secrets in plain text, or does not keep them.
    """
    for name, fault in _NEVER.items():
        if class_name.endswith(name):
            raise KeyringUnavailableError(
                f"{place}: {escape_control(class_name)} {fault}",
                hint=f"unset it, or set mfa_session_keyring = {SECRET_SERVICE.class_name}; {USE_THE_FILE}",
            )


def _named_for_all_programs(environ: Mapping[str, str], platform: str) -> _Named | None:
    if name := environ.get("PYTHON_KEYRING_BACKEND"):
        return _Named(name, "PYTHON_KEYRING_BACKEND")
    path = _keyring_configuration(environ, platform)
    if not path.is_file():
        return None
    import configparser  # only here: most people have no such file

    configuration = configparser.RawConfigParser()
    try:
        configuration.read(path, encoding="utf-8")
        name = configuration.get("backend", "default-keyring", fallback="").strip()
    except (configparser.Error, OSError, UnicodeDecodeError):
        return None  # what cannot be read names nothing, and the first of the list is safe
    return _Named(name, escape_control(str(path))) if name else None


def _keyring_configuration(environ: Mapping[str, str], platform: str) -> Path:
    """Return where ``keyring`` looks for its configuration on *platform*."""
    if platform == "win32":
        folder = Path(environ.get("LOCALAPPDATA") or environ.get("PROGRAMDATA") or ".", "Python Keyring")
    else:
        folder = Path(environ.get("XDG_CONFIG_HOME") or home(environ) / ".config", "python_keyring")
    return folder / "keyringrc.cfg"


# How long a keyring may keep a change in memory alone; KWallet does so for 5 seconds.
WRITE_DELAY = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """The longest that one reading or writing waits: for an *answer*, and while a *dialog* is open."""

    answer: timedelta = timedelta(seconds=10)
    dialog: timedelta = timedelta(seconds=60)
