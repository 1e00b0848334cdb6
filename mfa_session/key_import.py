"""Move a long-term access key out of a plain file into the store."""

from typing import Protocol

from mfa_session.credentials import AccessKey
from mfa_session.profiles import Profile


class Store(Protocol):
    """Where the key is to rest."""

    name: str

    def set(self, profile: str, key: AccessKey) -> None:
        """Keep the key, and read it back.

        Raises:
            StoreError: it is not kept, or something else is.
        """


class PlainKeys(Protocol):
    """Where the key lies now."""

    def remove(self, profile: str) -> None:
        """Delete it.

        Raises:
            SharedFileError: it could not be deleted.
        """


class Settings(Protocol):
    """What the config file says about the profile."""

    def check_can_answer(self, profile: Profile) -> None:
        """Raise what :meth:`answer` would raise, and change nothing."""

    def answer(self, profile: Profile, *, store: str) -> None:
        """Write down which store has the key, and make this program the profile's ``credential_process``.

        Raises:
            ConfigurationError: the profile has credentials from elsewhere, or the file cannot be changed.
        """


def move_key(profile: Profile, key: AccessKey, *, store: Store, plain: PlainKeys, settings: Settings) -> None:
    """Move a *key* that AWS has just accepted from the credentials file into *store*.

    The lines are deleted last: killed at any point, the key is in the file, and whoever
    finds it there moves it again. Until then AWS tools use the lines, as they did before.

    Raises:
        StoreError: the store did not take it; the file is as it was.
        ConfigurationError: a file could not be changed.
    """
    settings.check_can_answer(profile)
    store.set(profile.name, key)
    settings.answer(profile, store=store.name)
    plain.remove(profile.name)
