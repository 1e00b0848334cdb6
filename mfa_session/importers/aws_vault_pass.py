"""The items of aws-vault in pass, the password store; GnuPG decrypts them and shows its own pinentry."""

import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from mfa_session.errors import StoreError
from mfa_session.filesystem.paths import home
from mfa_session.importers.aws_vault import is_session
from mfa_session.system.commands import find_program
from mfa_session.text import escape_control

# Time to type the password of a GnuPG key.
_TIMEOUT_SECONDS = 60.0


class AWSVaultPass:
    """The password store that *environ* leads to."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._program = environ.get("AWS_VAULT_PASS_CMD") or "pass"
        self._prefix = environ.get("AWS_VAULT_PASS_PREFIX", "").strip("/")
        folder = environ.get("AWS_VAULT_PASS_PASSWORD_STORE_DIR") or environ.get("PASSWORD_STORE_DIR")
        self._store = Path(folder) if folder else home(environ) / ".password-store"

    @property
    def description(self) -> str:
        """Which store it is."""
        return f"aws-vault's part of the password store {escape_control(str(self._store))}"

    def profiles(self) -> Iterator[str]:
        """Yield each profile with a key; none without a prefix, as any password could be aws-vault's."""
        folder = self._store / self._prefix
        if self._prefix and folder.is_dir():
            for file in sorted(folder.rglob("*.gpg")):
                name = str(file.relative_to(folder)).removesuffix(".gpg")
                if not is_session(name):
                    yield name

    def has(self, profile: str) -> bool:
        """Tell whether there is a key of *profile*."""
        return (self._store / self._prefix / f"{profile}.gpg").is_file()

    def item(self, profile: str) -> bytes:
        """Return what aws-vault has written about *profile*."""
        program = find_program(self._program, self._environ)
        if program is None:
            raise StoreError(
                f"there is no program {escape_control(self._program)}",
                hint="install pass, or name it: AWS_VAULT_PASS_CMD",
            )
        try:
            shown = subprocess.run(
                [program, "show", "--", f"{self._prefix}/{profile}".lstrip("/")],
                env={**self._environ, "PASSWORD_STORE_DIR": str(self._store)},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_TIMEOUT_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            reason = "took too long" if isinstance(error, subprocess.TimeoutExpired) else "cannot be run"
            # Cut off: what came in time may be the secret.
            raise StoreError(
                f"{escape_control(program)} {reason}", hint=f"try it by hand: {escape_control(self._program)} show NAME"
            ) from None
        if shown.returncode != 0:
            said = shown.stderr.decode("utf-8", "replace").strip().splitlines()
            problem = escape_control(said[-1]) if said else shown.returncode
            raise StoreError(
                f"pass does not open what aws-vault keeps in it: {problem}",
                hint="unlock the key of GnuPG in a terminal: gpg-connect-agent reloadagent /bye; pass show NAME",
            )
        return shown.stdout
