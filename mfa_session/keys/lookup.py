"""Find the long-term access key of a profile: in its store, in the credentials file, or in its owner's hands."""

from typing import Protocol

from mfa_session.errors import AccessKeyNotFoundError, ConfigurationError
from mfa_session.model.credentials import AccessKey
from mfa_session.model.profile import Profile


class Stored(Protocol):
    """The keys that are in a store."""

    def get(self, profile: str, store: str) -> AccessKey | None:
        """Return the key that the store of this name has for *profile*.

        Raises:
            StoreError: it cannot be known whether there is one.
        """


class Plain(Protocol):
    """The keys that lie in the credentials file."""

    def get(self, profile: str) -> AccessKey | None:
        """Return the key of *profile*.

        Raises:
            ConfigurationError: something else lies there.
        """


class KeyPrompter(Protocol):
    """What is done for a profile that has no key yet."""

    def access_key(self, profile: Profile) -> AccessKey | None:
        """Return a key that somebody has given, proven and stored, ``None`` where there is nobody to give one."""


class KeyLookup:
    """The key of a profile, wherever it is; *plain* is set once it was found to lie in the credentials file.

    A *newcomer* of ``None`` says that a profile without a key is an error.
    """

    def __init__(self, *, stored: Stored, in_file: Plain, key_prompt: KeyPrompter | None = None) -> None:
        self._stored = stored
        self._in_file = in_file
        self._key_prompt = key_prompt
        self.plain: AccessKey | None = None

    def access_key(self, profile: Profile) -> AccessKey:
        """Return the long-term access key of *profile*.

        Raises:
            AccessKeyNotFoundError: there is none, and nobody is to be asked for one.
            StoreError: its store does not answer.
            ConfigurationError: something else lies in its place in the credentials file.
        """
        if profile.store is not None and (key := self._stored.get(profile.name, profile.store)):
            self.plain = key if self._lies_in_the_file_too(profile, key) else None
            return key
        if key := self._in_file.get(profile.name):
            self.plain = key
            return key
        if self._key_prompt is not None and (key := self._key_prompt.access_key(profile)):
            return key
        where = f" in the store ({profile.store}) that the config file names" if profile.store else ""
        raise AccessKeyNotFoundError(
            f"there is no access key for profile {profile.name}{where}",
            hint=f"give it in a terminal: mfa-session login --profile {profile.name}",
        )

    def _lies_in_the_file_too(self, profile: Profile, key: AccessKey) -> bool:
        """Tell whether a move was cut short between the storing of the key and the deletion of its lines."""
        try:
            plain = self._in_file.get(profile.name)
        except ConfigurationError:
            return False  # whatever lies there, it is not the key
        return plain is not None and plain.access_key_id == key.access_key_id
