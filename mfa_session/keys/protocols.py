"""The Protocols of keys: what they need from the outside, each declared once."""

from datetime import datetime
from typing import Protocol

from mfa_session.model.credentials import AccessKey
from mfa_session.model.profile import Profile
from mfa_session.model.rotation_record import Rotation


class KeyStore(Protocol):
    """The OS keyring or the encrypted file. Every call may raise a ``StoreError``."""

    name: str

    @property
    def description(self) -> str:
        """The store's name in messages."""

    def get(self, profile: str) -> AccessKey | None:
        """Return the key of *profile*, ``None`` if there is none."""

    def set(self, profile: str, key: AccessKey) -> None:
        """Store *key*, and read it back."""

    def delete(self, profile: str) -> bool:
        """Delete the key of *profile*; return whether there was one."""


class KeySource(Protocol):
    """Where a key is imported from."""

    @property
    def description(self) -> str:
        """The source's name in messages."""

    def check_can_remove(self, profile: str) -> None:
        """Raise what would keep :meth:`remove` from its work, as far as that can be told."""

    def remove(self, profile: str, key: AccessKey) -> None:
        """Delete the key, or raise SharedFileError if that is not possible, or another key is there now."""

    def manual_steps(self, profile: str) -> str | None:
        """Return what the user has to do so that the key is nowhere else, ``None`` for nothing."""


class KeySettings(Protocol):
    """The settings of a profile in the config file. Every call may raise a ``ConfigurationError``."""

    def check_can_answer(self, profile: Profile) -> None:
        """Raise what :meth:`answer` would raise, and change nothing."""

    def answer(self, profile: Profile, *, store: str, key_date: datetime | None = None) -> None:
        """Write which store has the key, and set this program as the profile's ``credential_process``."""

    def remember_store(self, profile: Profile, store: str) -> None:
        """Write which store has the key."""

    def remember_key_date(self, profile: Profile, key_date: datetime | None) -> None:
        """Write when AWS created the key."""


class RotationRecords(Protocol):
    """How far the rotation of each key has come. Every call may raise a ``StateError``."""

    def read(self, profile: Profile) -> Rotation | None:
        """Return the last rotation of the profile's key, ``None`` if there is no record."""

    def write(self, profile: Profile, rotation: Rotation) -> None:
        """Record how far the rotation has come; it is on disk when this returns."""

    def forget(self, profile: Profile) -> None:
        """Delete the record."""


class KeyPrompter(Protocol):
    """The user at a terminal or dialog."""

    @property
    def command(self) -> str:
        """The command to run where the user can be asked."""

    @property
    def is_there(self) -> bool:
        """Whether the user can be asked."""

    def tell(self, text: str) -> None:
        """Show *text* before the next question."""

    def agrees(self, question: str, *, by_default: bool) -> bool:
        """Ask a yes/no question."""

    def access_key(self, profile: Profile) -> AccessKey:
        """Ask for the key ID and the secret."""

    def secret_of(self, key_id: str) -> AccessKey:
        """Ask for the secret of the key with this ID."""
