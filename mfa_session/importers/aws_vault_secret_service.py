"""The items of aws-vault in its own keyring of the Secret Service."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from mfa_session.errors import KeyringUnavailableError
from mfa_session.importers.aws_vault import is_session
from mfa_session.keystore.keyring_backends import TimeLimits
from mfa_session.keystore.keyring_store import can_show_dialog
from mfa_session.text import escape_control

# Imported on use: jeepney and secretstorage are on Linux only, and take 20 ms.
if TYPE_CHECKING:
    from secretstorage import Collection

    from mfa_session.keystore.secret_service import SecretService

_DEFAULT_KEYRING = "awsvault"


class AWSVaultSecretService:
    """The keyring that *environ* names, in the Secret Service it leads to; *interactive* lets a dialog open."""

    def __init__(self, environ: Mapping[str, str], *, interactive: bool) -> None:
        self._environ = environ
        self._interactive = interactive
        self._keyring = environ.get("AWS_VAULT_SECRET_SERVICE_COLLECTION_NAME") or _DEFAULT_KEYRING

    @property
    def description(self) -> str:
        """Which keyring it is."""
        return f"aws-vault's keyring {escape_control(self._keyring)}"

    def profiles(self) -> Iterator[str]:
        """Yield every profile that has a key here; nothing is unlocked for that."""
        with self._opened() as keyring:
            names = [item.get_label() for item in keyring.get_all_items()] if keyring else []
        yield from (name for name in names if not is_session(name))

    def has(self, profile: str) -> bool:
        """Tell whether there is a key of *profile*."""
        with self._opened() as keyring:
            return keyring is not None and any(keyring.search_items({"profile": profile}))

    def item(self, profile: str) -> bytes:
        """Return what aws-vault has written about *profile*."""
        from mfa_session.keystore.secret_service import unlock

        with self._opened() as keyring:
            for item in keyring.search_items({"profile": profile}) if keyring else ():
                unlock(item)
                return bytes(item.get_secret())
        raise KeyringUnavailableError(
            f"{self.description} has nothing of profile {escape_control(profile)} any more",
            hint="look with: aws-vault list",
        )

    @contextmanager
    def _opened(self) -> "Iterator[Collection | None]":
        from secretstorage import get_all_collections

        with self._service.connected() as bus:
            # aws-vault goes by the path, which some services make up themselves.
            yield next(
                (
                    each
                    for each in get_all_collections(bus)
                    if self._keyring in (each.collection_path.rpartition("/")[2], each.get_label())
                ),
                None,
            )

    @cached_property
    def _service(self) -> "SecretService":
        try:
            from mfa_session.keystore.secret_service import SecretService
        except ImportError as error:
            raise KeyringUnavailableError(
                f"the Secret Service cannot be used here: {escape_control(str(error))}",
                hint="install SecretStorage and jeepney beside mfa-session",
            ) from error
        may_ask = self._interactive and can_show_dialog(self._environ)
        return SecretService(self._environ, limits=TimeLimits(), may_ask=may_ask)
