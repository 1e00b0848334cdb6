"""The long-term keys that aws-vault has: read with the owner's consent, and left where they are.

aws-vault keeps them in one of several back ends. Its encrypted files, the Secret Service
and pass can be read by others with what the owner knows; a keychain that asks which program
it is that reads cannot. Where nothing else will do, aws-vault itself hands a key over.
"""

from collections.abc import Iterator, Mapping
from typing import Protocol

from mfa_session.errors import AccessKeyNotFoundError, ConfigurationError, StoreError
from mfa_session.importers.aws_vault_item import key_of
from mfa_session.model.credentials import AccessKey
from mfa_session.text import escape_control


class BackEnd(Protocol):
    """One kind of place where aws-vault keeps items; each call may raise a ``StoreError``."""

    @property
    def description(self) -> str:
        """What users call it."""

    def profiles(self) -> Iterator[str]:
        """Yield every profile that has a key there, as far as that can be told without opening anything."""

    def has(self, profile: str) -> bool:
        """Tell whether there is a key of *profile*."""

    def item(self, profile: str) -> bytes:
        """Return what aws-vault has written about *profile*."""


class AWSVaultKeys:
    """The keys in *back_ends*, which are named as aws-vault names them; *environ* may say which of them counts."""

    def __init__(self, environ: Mapping[str, str], back_ends: Mapping[str, BackEnd]) -> None:
        self._chosen = environ.get("AWS_VAULT_BACKEND") or None
        self._back_ends = back_ends

    @property
    def description(self) -> str:
        """What users call it."""
        return "aws-vault"

    def profiles(self) -> Iterator[str]:
        """Yield every profile that has a key with aws-vault.

        Raises:
            ConfigurationError: it uses a back end that only itself can read.
            StoreError: the back end that it is set to does not open.
        """
        yield from dict.fromkeys(profile for back_end in self._in_use() for profile in self._profiles_in(back_end))

    def has(self, profile: str) -> bool:
        """Tell whether aws-vault has a key of *profile*.

        Raises:
            ConfigurationError: it uses a back end that only itself can read.
            StoreError: the back end that it is set to does not open.
        """
        return self._back_end_with(profile) is not None

    def get(self, profile: str) -> AccessKey:
        """Return the long-term key of *profile*.

        Raises:
            AccessKeyNotFoundError: there is none that can be read.
            StoreError: what there is cannot be opened, or is no key.
        """
        back_end = self._back_end_with(profile)
        if back_end is None:
            raise AccessKeyNotFoundError(
                f"aws-vault has no key for profile {escape_control(profile)} in any place that others can read",
                hint=_let_it_hand_over(profile),
            )
        return key_of(back_end.item(profile), place=back_end.description)

    def device(self, profile: str) -> None:
        """Return ``None``: aws-vault reads it where everybody does."""

    def check_can_remove(self, profile: str) -> None:
        """Do nothing: what aws-vault keeps is not ours to delete."""

    def remove(self, profile: str, key: AccessKey) -> None:
        """Do nothing."""

    def manual_steps(self, profile: str) -> str:
        """Return how the owner has aws-vault forget the key."""
        return f"aws-vault still has it; when you no longer use that: aws-vault remove {profile}"

    def _back_end_with(self, profile: str) -> BackEnd | None:
        return next((back_end for back_end in self._in_use() if self._has(back_end, profile)), None)

    def _in_use(self) -> list[BackEnd]:
        if self._chosen is None:
            return list(self._back_ends.values())
        if self._chosen not in self._back_ends:
            raise ConfigurationError(
                f"AWS_VAULT_BACKEND is {escape_control(self._chosen)}, which only aws-vault itself can read",
                hint=_let_it_hand_over("NAME"),
            )
        return [self._back_ends[self._chosen]]

    def _has(self, back_end: BackEnd, profile: str) -> bool:
        try:
            return back_end.has(profile)
        except StoreError:
            if self._chosen is None:
                return False  # one of several places where it might have been
            raise

    def _profiles_in(self, back_end: BackEnd) -> list[str]:
        try:
            return list(back_end.profiles())
        except StoreError:
            if self._chosen is None:
                return []
            raise


def _let_it_hand_over(profile: str) -> str:
    return (
        f"let it hand the key over: aws-vault exec --no-session {escape_control(profile)} -- "
        f"mfa-session keys import --from environment --profile {escape_control(profile)}"
    )
