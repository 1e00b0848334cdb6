"""The long-term keys of aws-vault: read, and left where they are.

Its encrypted files, its keyring in the Secret Service and pass can be read by another program; the
macOS keychain and Windows' cannot. For those, `aws-vault exec --no-session` passes the key on.
"""

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Protocol

from mfa_session.errors import AccessKeyNotFoundError, ConfigurationError, StoreError, UsageError, hint_command
from mfa_session.model.credentials import AccessKey
from mfa_session.text import escape_control, quoted


class Backend(Protocol):
    """A backend of aws-vault; each call may raise ``StoreError``."""

    @property
    def description(self) -> str:
        """What users call it."""

    def profiles(self) -> Iterator[str]:
        """Yield each profile with a key, without opening or unlocking anything."""

    def has(self, profile: str) -> bool:
        """Tell whether there is a key of *profile*."""

    def item(self, profile: str) -> bytes:
        """Return the item of *profile*, as aws-vault wrote it."""


class AWSVaultKeys:
    """The keys in *backends*, by aws-vault's names; ``AWS_VAULT_BACKEND`` in *environ* chooses one."""

    def __init__(self, environ: Mapping[str, str], backends: Mapping[str, Backend]) -> None:
        self._chosen = environ.get("AWS_VAULT_BACKEND") or None
        self._backends = backends

    @property
    def description(self) -> str:
        """What users call it."""
        return "aws-vault"

    def profiles(self) -> Iterator[str]:
        """Yield every profile that has a key with aws-vault."""
        yield from dict.fromkeys(profile for backend in self._in_use() for profile in self._profiles_in(backend))

    def has(self, profile: str) -> bool:
        """Tell whether aws-vault has a key of *profile*."""
        return self._backend_with(profile) is not None

    def get(self, profile: str) -> AccessKey:
        """Return the long-term key of *profile*."""
        backend = self._backend_with(profile)
        if backend is None:
            raise AccessKeyNotFoundError(
                f"aws-vault has no key for profile {escape_control(profile)} in any place that others can read",
                hint=_let_it_hand_over(profile),
            )
        return key_of(backend.item(profile), place=backend.description)

    def device(self, profile: str) -> None:
        """Return ``None``: aws-vault reads it from the config file, as we do."""

    def check_can_remove(self, profile: str) -> None:
        """Do nothing: aws-vault's items are left alone."""

    def remove(self, profile: str, key: AccessKey) -> None:
        """Do nothing."""

    def manual_steps(self, profile: str) -> str:
        """Return how to remove the key from aws-vault."""
        return f"aws-vault still has it; when you no longer use that: aws-vault remove {profile}"

    def _backend_with(self, profile: str) -> Backend | None:
        return next((backend for backend in self._in_use() if self._has(backend, profile)), None)

    def _in_use(self) -> list[Backend]:
        if self._chosen is None:
            return list(self._backends.values())
        if self._chosen not in self._backends:
            raise ConfigurationError(
                f"AWS_VAULT_BACKEND is {escape_control(self._chosen)}, which only aws-vault itself can read",
                hint=_let_it_hand_over("NAME"),
            )
        return [self._backends[self._chosen]]

    def _has(self, backend: Backend, profile: str) -> bool:
        try:
            return backend.has(profile)
        except StoreError:
            if self._chosen is None:
                return False  # one of several places where it might have been
            raise

    def _profiles_in(self, backend: Backend) -> list[str]:
        try:
            return list(backend.profiles())
        except StoreError:
            if self._chosen is None:
                return []
            raise


def _let_it_hand_over(profile: str) -> str:
    return (
        f"let it hand the key over: aws-vault exec --no-session {quoted(escape_control(profile))} -- "
        f"{hint_command('keys import', '--from', 'environment', profile=profile)}"
    )


def is_session(name: str) -> bool:
    """Tell whether aws-vault keeps a session under *name*, and not a long-term key."""
    return "," in name or name.startswith(("session:", "oidc:")) or " session (" in name


def key_of(item: str | bytes, *, place: str) -> AccessKey:
    """Return the long-term key that *item* holds, which was found in *place*.

    Raises:
        StoreError: it holds none. The message quotes nothing of it.
    """
    try:
        fields = json.loads(base64.b64decode(json.loads(item)["Data"], validate=True))
        if fields.get("SessionToken"):
            raise StoreError(
                f"what {place} holds for this profile is a session, and no long-term key",
                hint="import the profile that has the key of the user",
            )
        return AccessKey(fields["AccessKeyID"], fields["SecretAccessKey"])
    except UsageError as error:
        raise StoreError(f"what {place} holds for this profile: {error}", hint=error.hint) from None
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        # Cut off: the original may quote the secret.
        raise StoreError(
            f"what {place} holds for this profile is not what aws-vault writes",
            hint=f"look at it with: aws-vault list; then add the key again, to aws-vault or here: "
            f"{hint_command('keys add')}",
        ) from None
